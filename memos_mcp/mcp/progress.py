"""Telling a host that asked to be told that a long call is still at work."""

import asyncio
from contextlib import suppress
from typing import Any

import anyio
from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.server.session import ServerSession

_MAY_TAKE_LONG = frozenset({"tools/call", "prompts/get", "resources/read"})

_EVERY = 1.0
"""Seconds between two notices: a call that takes less sends none."""


async def reporting(ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
    """Send the seconds that a call has taken, each second; the SDK leaves it where its request has no token."""
    if ctx.method not in _MAY_TAKE_LONG:
        return await call_next(ctx)
    beside = asyncio.create_task(_report(ctx.session))
    try:
        return await call_next(ctx)
    finally:
        beside.cancel()


async def _report(session: ServerSession) -> None:
    seconds = 0.0
    with suppress(anyio.BrokenResourceError, anyio.ClosedResourceError):  # the host is gone
        while True:
            await anyio.sleep(_EVERY)
            seconds += _EVERY
            await session.report_progress(seconds, message="still at work")
