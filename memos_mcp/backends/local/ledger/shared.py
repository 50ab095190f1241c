"""A ledger in PostgreSQL, where the extra that it needs is installed."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass

from memos_mcp.backends.local.ledger.access import Access
from memos_mcp.backends.local.ledger.ledger import Ledger
from memos_mcp.backends.local.ledger.schema import FORMAT
from memos_mcp.core.errors import ConfigurationError
from memos_mcp.core.models import StoreStatus

_MISSING = "MEMOS_LEDGER_URL needs psycopg, which is not installed: pip install 'memos-memory-mcp[postgres]'."


@dataclass(frozen=True, slots=True)
class Examined:
    """What is in a database: the format of its ledger (0: none), and how much where this version reads it.

    `unguarded` says that its user sees the rows of everybody, whatever the policies say.
    """

    format: int
    identity: str
    unguarded: bool
    status: StoreStatus | None


@contextmanager
def _needing_psycopg() -> Generator[None]:
    """Say in an import of what needs the extra how to install it."""
    try:
        yield
    except ImportError as exc:
        raise ConfigurationError(_MISSING) from exc


def connect(url: str) -> Ledger:
    """Open or create a ledger in a PostgreSQL database.

    Raises:
        ConfigurationError: the database refuses the address, or was written by a newer version.
        Unavailable: it cannot be reached or used.
    """
    with _needing_psycopg():
        from memos_mcp.backends.local.ledger.postgres.migrations import open_postgres  # noqa: PLC0415
    return Ledger(open_postgres(url))


def open_access(url: str) -> Access:
    """Open the tokens and counts of calls beside a ledger in PostgreSQL; what is not there yet is made.

    Raises:
        ConfigurationError: the database refuses the address, or was written by a newer version.
        Unavailable: it cannot be reached or used.
    """
    with _needing_psycopg():
        from memos_mcp.backends.local.ledger.postgres.migrations import open_postgres  # noqa: PLC0415
    return Access(open_postgres(url, most=2))


def examine(url: str, *, by_writing: bool = False) -> Examined:
    """Look into a database and change nothing; `by_writing` writes to it and takes that back.

    Raises:
        ConfigurationError: the database refuses the address.
        Unavailable: it cannot be reached or read, or written to.
    """
    with _needing_psycopg():
        from memos_mcp.backends.local.ledger.postgres.database import PostgresDatabase  # noqa: PLC0415
    database = PostgresDatabase.open(url)
    try:
        found = database.format()
        if by_writing and found <= FORMAT:
            database.try_to_write()
        ledger = Ledger(database)
        return Examined(
            format=found,
            identity=ledger.noted("identity") if found else "",
            unguarded=database.is_unguarded(),
            status=ledger.status() if found == FORMAT else None,
        )
    finally:
        database.close()
