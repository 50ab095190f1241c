"""One line of standard input: a message, or what is to be answered to what is none."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from mcp.types import (
    INVALID_PARAMS,
    INVALID_REQUEST,
    PARSE_ERROR,
    ErrorData,
    JSONRPCError,
    JSONRPCMessage,
    RequestId,
    jsonrpc_message_adapter,
)
from pydantic import JsonValue, ValidationError

MAX_LINE_BYTES = 16 * 1024 * 1024
"""The longest line that is read; a longer one is answered with an error."""

_EDGE = 400
"""So much of both ends of a line that is too long is kept, to find the id of its request."""

_ID = rb'"id"\s*:\s*(-?\d+|"(?:[^"\\]|\\.)*")'
_ID_IN_HEAD = re.compile(rb'^\s*\{(?:(?!"params")[^{\[])*?' + _ID)
_ID_IN_TAIL = re.compile(_ID + rb"\s*\}\s*$")


@dataclass(frozen=True, slots=True)
class RefusedLine:
    """What is answered at once, in place of a message that cannot be understood."""

    answer: JSONRPCError


Line = JSONRPCMessage | RefusedLine


class Lines:
    """Puts what arrives in pieces together to lines, and forgets what is longer than a line may be."""

    def __init__(self, *, limit: int = MAX_LINE_BYTES) -> None:
        self._limit = limit
        self._kept = bytearray()
        self._dropped = 0

    def feed(self, piece: bytes) -> Iterator[Line]:
        """Take a piece, and give the lines that it completes."""
        *ends, rest = piece.split(b"\n")
        for end in ends:
            self._keep(end)
            yield from self._line()
        self._keep(rest)

    def end(self) -> Iterator[Line]:
        """Yield the last line, where the input ends without a line feed."""
        yield from self._line()

    def _keep(self, piece: bytes) -> None:
        self._kept += piece
        if len(self._kept) > self._limit:
            self._dropped += len(self._kept) - 2 * _EDGE
            del self._kept[_EDGE:-_EDGE]

    def _line(self) -> Iterator[Line]:
        line, dropped = bytes(self._kept), self._dropped
        self._kept.clear()
        self._dropped = 0
        if dropped:
            yield _too_long(line[:_EDGE], line[-_EDGE:], limit=self._limit)
        elif line.strip():
            yield read_line(line)


def read_line(line: bytes) -> Line:
    """Read a message, or say what is wrong with it: never let it go without an answer, never change its text."""
    try:
        return jsonrpc_message_adapter.validate_json(line, by_name=False)
    except ValidationError:
        pass
    try:
        content: JsonValue = json.loads(line.decode())
    except UnicodeDecodeError:
        return _refuse(None, PARSE_ERROR, "The line is not UTF-8.")
    except (ValueError, RecursionError):
        return _refuse(None, PARSE_ERROR, "The line is not JSON.")
    request_id = _id_of(content)
    if _holds_half_a_character(content):
        what = "A text holds half of a surrogate pair (such as \\ud83d alone); send whole characters."
        if isinstance(content, dict) and "method" not in content and request_id is not None:
            # an answer to a question of ours: whoever waits for it is told
            return JSONRPCError(jsonrpc="2.0", id=request_id, error=ErrorData(code=INVALID_PARAMS, message=what))
        return _refuse(request_id, INVALID_PARAMS, f"{what} Nothing was done.")
    return _refuse(request_id, INVALID_REQUEST, "The line is JSON, but not one JSON-RPC 2.0 message.")


def _too_long(first: bytes, last: bytes, *, limit: int) -> RefusedLine:
    match = _ID_IN_HEAD.search(first) or _ID_IN_TAIL.search(last)
    request_id = _id_of({"id": json.loads(match.group(1))}) if match else None
    return _refuse(request_id, INVALID_REQUEST, f"The line is longer than {limit:,} bytes. Nothing was done: split it.")


def _id_of(content: JsonValue) -> RequestId | None:
    request_id = content.get("id") if isinstance(content, dict) else None
    return request_id if isinstance(request_id, str | int) and not isinstance(request_id, bool) else None


def _holds_half_a_character(content: JsonValue) -> bool:
    try:
        json.dumps(content, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return True
    return False


def _refuse(request_id: RequestId | None, code: int, message: str) -> RefusedLine:
    return RefusedLine(JSONRPCError(jsonrpc="2.0", id=request_id, error=ErrorData(code=code, message=message)))
