"""Whether the engine runs and takes calls, for probes, which have no token: they are told that and nothing else."""

from collections.abc import Awaitable, Callable
from functools import partial
from http import HTTPStatus
from typing import Final

import anyio
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from memos_mcp.core.errors import MemosError

PROBES: Final = frozenset({"/livez", "/readyz", "/health"})

PATIENCE: Final = 2.0
"""Seconds in which a store that is ready answers."""

Opening = Callable[[], Awaitable[object]]
"""Opens the store where it is not open; what it raises, a `MemosError`, says that it cannot be."""


def probes(opening: Opening | None) -> list[Route]:
    """Return the routes of the probes; without `opening` the store is open for as long as the app runs."""
    ready = partial(_ready, opening)
    return [Route("/livez", _live), Route("/readyz", ready), Route("/health", ready)]


async def _live(_: Request) -> Response:
    return JSONResponse({"live": True})


async def _ready(opening: Opening | None, _: Request) -> Response:
    is_ready = opening is None
    if opening is not None:
        with anyio.move_on_after(PATIENCE):
            try:
                await opening()
                is_ready = True
            except MemosError:
                pass
    status = HTTPStatus.OK if is_ready else HTTPStatus.SERVICE_UNAVAILABLE
    return JSONResponse({"ready": is_ready}, status_code=status)
