"""The ledger for those who move what it keeps into or out of it; each call hops once to a thread."""

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from anyio.to_thread import run_sync

from memos_mcp.backends.local.ledger.database import SqliteDatabase
from memos_mcp.backends.local.ledger.database_interface import Database
from memos_mcp.backends.local.ledger.ledger import Ledger
from memos_mcp.backends.local.ledger.user_thread import acting_for
from memos_mcp.core.errors import InvalidRequest

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Transferring:
    """Lends the ledger to what reads all of it, or adds much to it.

    `changed` is called where the background has to follow; `redacts` tells that secrets are not kept.
    """

    ledger: Ledger
    changed: Callable[[], None]
    redacts: bool

    async def read(self, call: Callable[[Database], T], *, user_id: str = "") -> T:
        """Call with the ledger as others write to it, to read what is a user's (empty: anybody's)."""
        own = self.ledger.database

        def reading() -> T:
            if not isinstance(own, SqliteDatabase):
                return call(own)
            with closing(SqliteDatabase.look(own.path, in_use=True)) as database:
                return call(database)

        return await (acting_for(user_id, self.ledger, reading) if user_id else run_sync(reading))

    async def copy_to(self, file: Path) -> None:
        """Write a copy of the ledger's file.

        Raises:
            InvalidRequest: the ledger is no file.
        """

        def copying(database: Database) -> None:
            if not isinstance(database, SqliteDatabase):
                raise InvalidRequest("The ledger is in PostgreSQL: back it up with pg_dump, see docs/replicas.md.")
            database.copy_to(file)

        await self.read(copying)

    async def write(self, call: Callable[[Ledger, bool], T]) -> T:
        """Call with the ledger, and whether secrets are to be left out."""
        try:
            return await run_sync(call, self.ledger, self.redacts)
        finally:
            self.changed()
