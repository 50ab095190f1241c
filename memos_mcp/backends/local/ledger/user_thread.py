"""Doing what a user asked for, in a thread that sees what is theirs."""

from collections.abc import Callable
from typing import TypeVar

from anyio.to_thread import run_sync

from memos_mcp.backends.local.ledger.ledger import Ledger

T = TypeVar("T")


async def acting_for(user_id: str, ledger: Ledger, call: Callable[[], T], *, abandon: bool = False) -> T:
    """Run a call in a thread; with `abandon` it is not waited for where the caller has gone."""

    def as_asked() -> T:
        with ledger.database.of_user(user_id):
            return call()

    return await run_sync(as_asked, abandon_on_cancel=abandon)
