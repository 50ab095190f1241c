"""Messages as agents, frameworks and hosts send them, read alike at every edge."""

import json
from typing import Annotated, Any, cast, get_args

from pydantic import BeforeValidator, JsonValue, model_validator

from memos_mcp.core.content_parts import content_text
from memos_mcp.core.models import Message, Role
from memos_mcp.core.timestamps import ChatTime

ROLES: frozenset[str] = frozenset(get_args(Role))
_MEANT: dict[str, Role] = {
    "human": "user",
    "you": "user",
    "ai": "assistant",
    "model": "assistant",
    "gemini": "assistant",
    "agent": "assistant",
    "bot": "assistant",
    "developer": "system",
    "function": "tool",
}
"""What makers call the roles."""
_CALLS = ("tool_calls", "function_call")


def read_role(value: object) -> object:
    """Return the role that a maker's name for it means."""
    if not isinstance(value, str):
        return value
    name = value.strip().lower()
    return _MEANT.get(name, name)


class GivenMessage(Message):
    """A message as a caller gives it; keys that are not known are passed over."""

    role: Annotated[Role, BeforeValidator(read_role)]
    content: Annotated[str, BeforeValidator(content_text)]
    chat_time: ChatTime = None

    @model_validator(mode="before")
    @classmethod
    def _find_content(cls, raw: object) -> object:
        """Take the parts of a message of Gemini's, or the calls of one without words, for its content."""
        if not isinstance(raw, dict):
            return raw
        fields = cast("dict[str, Any]", raw)
        if fields.get("content") or not any(fields.get(key) for key in ("parts", *_CALLS)):
            return fields
        if fields.get("parts"):
            return fields | {"content": fields["parts"]}
        calls = next(fields[key] for key in _CALLS if fields.get(key))
        return fields | {"content": json.dumps(calls, ensure_ascii=False)}


def read_json(value: JsonValue) -> JsonValue:
    """Return the list or object that a text holds; everything else as it is."""
    if isinstance(value, str):
        try:
            parsed: JsonValue = json.loads(value)
        except (ValueError, RecursionError):
            return value
        return parsed if isinstance(parsed, list | dict) else value
    return value


def read_messages(value: JsonValue) -> JsonValue:
    """Return a list of messages for a list, one message, or a text.

    A text is one message of the user, word for word, unless it is JSON of a message or of a list of them, as some hosts
    send it: `null`, `{"k": 1}` and `[1]` are stored as they stand.
    """
    match value:
        case str():
            return _from_text(value)
        case dict():
            return [value]
        case list():
            return cast("JsonValue", [_user(one) if isinstance(one, str) else one for one in value])
        case _:
            return value


def _from_text(text: str) -> JsonValue:
    parsed = read_json(text)
    if isinstance(parsed, dict):
        parsed = [parsed]
    if isinstance(parsed, list) and parsed and all(map(_is_message, parsed)):
        return cast("JsonValue", parsed)
    return cast("JsonValue", [_user(text)])


def _user(text: str) -> JsonValue:
    return {"role": "user", "content": text}


def _is_message(value: JsonValue) -> bool:
    return isinstance(value, dict) and "role" in value and any(key in value for key in ("content", "parts", *_CALLS))


def read_ids(value: JsonValue) -> JsonValue:
    """Return a list of ids for a list, a single id, or JSON text of a list."""
    parsed = read_json(value)
    return parsed if isinstance(parsed, list) or parsed is None else [parsed]
