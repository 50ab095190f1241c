"""What every request goes through: failures in words, word of long calls, and writes in their order."""

import asyncio
import logging
from contextlib import nullcontext, suppress
from contextvars import ContextVar
from typing import Any, Final

import anyio
from mcp import MCPError
from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.server.session import ServerSession
from mcp.types import INTERNAL_ERROR
from pydantic import ValidationError

from memos_mcp.mcp.sdk import connection_of

logger = logging.getLogger(__name__)

BROKEN = "The server failed at this; its log says why. Other calls still work."

_MAY_TAKE_LONG: Final = frozenset({"tools/call", "prompts/get", "resources/read"})

_EVERY: Final = 1.0
"""Seconds between two notices of a call that is at work: one that takes less sends none."""

_WRITES: Final = frozenset({"add_message", "add_feedback"})
"""A deletion may wait for the user's answer, and what comes after it does not depend on it."""

_KEY: Final = "memos_mcp.order"

_order: ContextVar[anyio.Lock | None] = ContextVar("order", default=None)


async def in_words(ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
    """Have what nobody foresaw be an internal error; the SDK answers it with the code 0, or with nothing said."""
    try:
        return await call_next(ctx)
    except (MCPError, ValidationError):  # the SDK says what is wrong with parameters
        raise
    except Exception as exc:
        logger.exception("%s failed", ctx.method)
        raise MCPError(code=INTERNAL_ERROR, message=BROKEN) from exc


async def reporting(ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
    """Send the seconds that a call has taken, each second; the SDK leaves it where its request has no token."""
    if ctx.method not in _MAY_TAKE_LONG:
        return await call_next(ctx)
    beside: list[asyncio.Task[None]] = []
    timer = asyncio.get_running_loop().call_later(
        _EVERY, lambda: beside.append(asyncio.create_task(_report(ctx.session)))
    )
    try:
        return await call_next(ctx)
    finally:
        timer.cancel()
        for task in beside:
            task.cancel()


async def _report(session: ServerSession) -> None:
    seconds = _EVERY
    with suppress(anyio.BrokenResourceError, anyio.ClosedResourceError):  # the host is gone
        while True:
            await session.report_progress(seconds, message="still at work")
            await anyio.sleep(_EVERY)
            seconds += _EVERY


def begin_order() -> None:
    """Have all writes of the current task, and of those that it starts, follow each other."""
    _order.set(anyio.Lock())


async def in_order(ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
    """Let a write begin when the one before it has ended; the lock lets in whoever waits longest."""
    is_write = ctx.method == "tools/call" and (ctx.params or {}).get("name") in _WRITES
    order = _order.get() or connection_of(ctx.session).state.setdefault(_KEY, anyio.Lock())
    async with order if is_write else nullcontext():
        return await call_next(ctx)
