"""Carrying out what a session writes in the order in which it came, however many calls are under way."""

from contextlib import nullcontext
from contextvars import ContextVar
from typing import Any, Final

import anyio
from mcp.server.context import CallNext, HandlerResult, ServerRequestContext

from memos_mcp.mcp.sdk import connection_of

_WRITES: Final = frozenset({"add_message", "add_feedback"})
"""A deletion may wait for the user's answer, and what comes after it does not depend on it."""

_KEY: Final = "memos_mcp.order"

_order: ContextVar[anyio.Lock | None] = ContextVar("order", default=None)


def begin_order() -> None:
    """Have all writes of the current task, and of those that it starts, follow each other."""
    _order.set(anyio.Lock())


async def in_order(ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
    """Let a write begin when the one before it has ended; the lock lets in whoever waits longest."""
    is_write = ctx.method == "tools/call" and (ctx.params or {}).get("name") in _WRITES
    order = _order.get() or connection_of(ctx.session).state.setdefault(_KEY, anyio.Lock())
    async with order if is_write else nullcontext():
        return await call_next(ctx)
