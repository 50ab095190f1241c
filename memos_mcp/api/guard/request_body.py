"""What is read of a request's body: up to a limit, and in bounded time."""

from collections import deque
from http import HTTPStatus
from typing import Final

import anyio
from starlette.datastructures import Headers
from starlette.types import Message, Receive

from memos_mcp.core.errors import InvalidRequest, TooLarge

LARGEST_BODY: Final = 10_000_000
"""Bytes of a request's body at most."""

LARGEST_FILE: Final = 1_000_000_000
"""Bytes of a file that is taken in; it is not held in memory."""

LARGEST_FORM: Final = 100_000
"""Bytes of what may be sent by anybody: to the sign-in, and to the page's door."""


class _HalfSent(InvalidRequest):
    status = HTTPStatus.REQUEST_TIMEOUT


async def whole_body(headers: Headers, receive: Receive, *, most: int, patience: float) -> Receive | None:
    """Read the body up to the limit, and return what hands it out again; None where the client left meanwhile."""
    declared = headers.get("content-length", "")
    if declared.isdecimal() and int(declared[:20]) > most:
        raise _too_large(most)
    messages: deque[Message] = deque()
    size = 0
    more = True
    while more:
        try:
            with anyio.fail_after(patience):
                message = await receive()
        except TimeoutError as exc:
            raise _HalfSent("The rest of the body did not come. Nothing was stored; send it again.") from exc
        if message["type"] == "http.disconnect":
            return None
        size += len(message.get("body", b""))
        if size > most:
            raise _too_large(most)
        messages.append(message)
        more = message.get("more_body", False)

    async def again() -> Message:
        return messages.popleft() if messages else await receive()

    return again


def bounded(receive: Receive) -> Receive:
    """Return what hands a body out piece by piece, up to the limit of files."""
    size = 0

    async def piece() -> Message:
        nonlocal size
        message = await receive()
        size += len(message.get("body", b""))
        if size > LARGEST_FILE:
            raise TooLarge(f"The file is over {LARGEST_FILE:,} bytes: run `memos-mcp import FILE`.")
        return message

    return piece


def _too_large(most: int) -> TooLarge:
    return TooLarge(f"The body is over {most:,} bytes. Nothing was stored; send it in several calls.")
