"""Leaving nothing of deleted rows in the ledger's files.

SQLite overwrites a row that is deleted, but as pages were split and joined before, it may have left copies of it in
their unused parts: only writing the file anew (`VACUUM`) is sure to be rid of them.
"""

from typing import Final

from memos_mcp.backends.local.ledger.database import SqliteDatabase
from memos_mcp.backends.local.ledger.database_interface import Database

AT_ONCE: Final = 50_000_000
"""Bytes of a ledger that is written anew at once, in half a second; a larger one in the background."""

HOLDS_DELETED: Final = "ledger_holds_deleted"
"""The name under which is noted that a ledger is still to be written anew."""


def wipe(database: Database) -> None:
    """Write the ledger anew after a deletion, or note that it has to be."""
    if not isinstance(database, SqliteDatabase):  # a server clears up by itself
        return
    if database.size() > AT_ONCE:
        database.execute("INSERT OR REPLACE INTO meta VALUES (?, 'yes')", (HOLDS_DELETED,))
        database.empty_log()
    else:
        write_anew(database)


def write_anew(database: Database) -> None:
    """Write the ledger anew."""
    if not isinstance(database, SqliteDatabase):
        return
    database.execute("DELETE FROM meta WHERE name = ?", (HOLDS_DELETED,))
    database.execute("VACUUM")
    database.empty_log()
