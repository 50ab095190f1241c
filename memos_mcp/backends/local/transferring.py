"""The ledger for those who move what it keeps into or out of it; each call hops once to a thread."""

from collections.abc import Callable
from contextlib import closing
from functools import partial
from typing import TypeVar

from anyio.to_thread import run_sync

from memos_mcp.backends.local.ledger.database import Database
from memos_mcp.backends.local.ledger.ledger import Ledger

T = TypeVar("T")


class Transferring:
    """Lends the ledger to what reads all of it, or adds much to it."""

    def __init__(self, ledger: Ledger, *, changed: Callable[[], None], redacts: bool) -> None:
        """Take the ledger.

        `changed` is called where the background has to follow; `redacts` tells that secrets are not kept.
        """
        self._ledger = ledger
        self._changed = changed
        self._redacts = redacts

    async def read(self, call: Callable[[Database], T]) -> T:
        """Call with the ledger's file as others write to it, to read it."""
        return await run_sync(partial(self._read, call))

    async def write(self, call: Callable[[Ledger, bool], T]) -> T:
        """Call with the ledger, and whether secrets are to be left out."""
        return await run_sync(partial(self._write, call))

    def _read(self, call: Callable[[Database], T]) -> T:
        with closing(Database.look(self._ledger.database.path, in_use=True)) as database:
            return call(database)

    def _write(self, call: Callable[[Ledger, bool], T]) -> T:
        try:
            return call(self._ledger, self._redacts)
        finally:
            self._changed()
