"""A recalled text in the form in which each host takes it from its hook."""

import json
from typing import Final

from memos_mcp.hooks.events import Event

_NAMES: Final = {"start": "SessionStart", "prompt": "UserPromptSubmit"}


def takes_context(event: Event) -> bool:
    """Say whether the host gives its model what the hook of this event prints."""
    return event.kind == "start" or (event.kind == "prompt" and event.host != "vscode")


def answer(event: Event, recalled: str) -> str:
    """Write the answer of a hook; empty where there is nothing to say."""
    if not recalled:
        return ""
    if event.host == "cursor":
        told: dict[str, object] = {"additional_context": recalled}
        return _json(told | ({"continue": True} if event.kind == "prompt" else {}))
    name = "BeforeAgent" if (event.host, event.kind) == ("gemini", "prompt") else _NAMES[event.kind]
    return _json({"hookSpecificOutput": {"hookEventName": name, "additionalContext": recalled}})


def _json(told: dict[str, object]) -> str:
    return json.dumps(told, ensure_ascii=False)
