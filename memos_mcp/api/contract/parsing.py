"""From the bytes of a request to a body: what makes no sense is refused by the code that the contract has for it."""

import json
import re
from typing import Any, NoReturn, TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails
from starlette.requests import Request

from memos_mcp.api.contract.base_body import Body
from memos_mcp.core.errors import InvalidRequest
from memos_mcp.core.validation_messages import problem

Parsed = TypeVar("Parsed", bound=Body)

_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_TOO_LONG = {"user_id": 40010, "conversation_id": 40011}


async def parse(request: Request, model: type[Parsed]) -> tuple[Parsed, list[str]]:
    """Return a body, and words on what of it is not done as asked.

    Raises:
        InvalidRequest: it is no JSON object, or not what the endpoint takes.
    """
    try:
        fields = json_object(await request.body())
        body = model.model_validate(fields)
    except ValidationError as exc:
        error = exc.errors(include_url=False)[0]
        said, code = problem(error), _code(error)
    except InvalidRequest as exc:
        said, code = str(exc), exc.code
    else:
        return body, [*_cut(body, fields), *(f"ignored {ignored}" for ignored in body.ignored())]
    raise InvalidRequest(f"{said} {model.UNDONE}".strip(), code=code)


def _cut(body: Body, fields: dict[str, Any]) -> list[str]:
    """Say which limits were too high."""
    read = {name: getattr(body, name) for name in type(body).model_fields if name.endswith(("size", "limit_number"))}
    return [
        f"{name} is {most} at most"
        for name, most in read.items()
        if isinstance(fields.get(name), int | float) and fields[name] > most
    ]


def json_object(raw: bytes) -> dict[str, Any]:
    """Read a JSON object of whole characters.

    Raises:
        InvalidRequest: it is none.
    """
    try:
        text = raw.decode()
        value = json.loads(text, parse_constant=_no_number)
    except (ValueError, RecursionError) as exc:
        raise InvalidRequest("The body is not JSON in UTF-8: send one JSON object.") from exc
    if not isinstance(value, dict):
        raise InvalidRequest("The body is not a JSON object: send one.")
    if _SURROGATE.search(text):
        _refuse_half_characters(value)  # pyright: ignore[reportUnknownArgumentType]
    return value  # pyright: ignore[reportUnknownVariableType]


def _no_number(name: str) -> NoReturn:
    raise ValueError(name)


def _refuse_half_characters(value: dict[str, Any]) -> None:
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError as exc:
        raise InvalidRequest("A text holds half a character (a lone surrogate): send whole characters.") from exc


def _code(error: ErrorDetails) -> int:
    name = error["loc"][0] if error["loc"] else ""
    match error["type"]:
        case "missing" | "string_too_short":
            return 40002
        case "too_short":
            return 40003
        case "string_too_long" if name in _TOO_LONG:
            return _TOO_LONG[str(name)]
        case _:
            return 40012 if name == "relativity" else 40000
