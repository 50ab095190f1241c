"""Where a part of a list ended, written for the caller to bring back, and texts that a list is narrowed to."""

import base64
import json

from pydantic import TypeAdapter

from memos_mcp.core.errors import InvalidRequest

_POSITION = TypeAdapter(list[object])


def cursor_of(*position: object) -> str:
    """Write where a page ended, for the next to begin there."""
    return base64.urlsafe_b64encode(json.dumps(position).encode()).decode().rstrip("=")


def position_of(cursor: str, *types: type | tuple[type, ...]) -> list[object]:
    """Read a cursor back.

    Raises:
        InvalidRequest: it is none of this list's.
    """
    try:
        position = _POSITION.validate_json(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except ValueError:
        position = []
    if len(position) != len(types) or not all(map(isinstance, position, types)):
        raise InvalidRequest("cursor is none of this list: take next_cursor as it was answered, or leave it out.")
    return position


def containing(text: str) -> str:
    """Write the pattern of LIKE (with the escape character !) for a text within another."""
    escaped = text.lower().replace("!", "!!").replace("%", "!%").replace("_", "!_")
    return f"%{escaped}%"
