"""The ledger as a command uses it: a file of the data directory, or in PostgreSQL."""

from collections.abc import Generator
from contextlib import closing, contextmanager

from rich.console import Console

from memos_mcp.backends.local.directory import LEDGER_FILE
from memos_mcp.backends.local.ledger.database import SqliteDatabase
from memos_mcp.backends.local.ledger.database_interface import Database
from memos_mcp.backends.local.ledger.ledger import Ledger
from memos_mcp.backends.local.ledger.shared import connect
from memos_mcp.cli.commands.holding import held_alone, is_held
from memos_mcp.cli.commands.status import kept_in
from memos_mcp.core.errors import ConfigurationError
from memos_mcp.core.settings import Settings


def with_own_ledger(settings: Settings) -> Settings:
    """Return settings whose ledger is a file of the data directory."""
    if settings.ledger_url.get_secret_value():
        raise ConfigurationError(
            "A ledger in PostgreSQL is backed up by pg_dump and brought back by pg_restore, see docs/replicas.md: "
            "memos-mcp backup and restore are for a ledger that is a file."
        )
    return settings


@contextmanager
def shared_ledger(settings: Settings) -> Generator[Ledger | None]:
    """Open the ledger in PostgreSQL while others use it; None where it is a file."""
    url = settings.ledger_url.get_secret_value()
    if not url:
        yield None
        return
    with closing(connect(url)) as ledger:
        yield ledger


@contextmanager
def database_to_read(settings: Settings, *, for_long: bool = True) -> Generator[Database | None]:
    """Open what is kept, while others use it; None where nothing is.

    Not `for_long`, of a file that nobody has open, nothing is made beside it: a process that begins to write meanwhile
    is not reckoned with.
    """
    with shared_ledger(settings) as shared:
        if shared is not None:
            yield shared.database
            return
    file = settings.data_dir / LEDGER_FILE
    if kept_in(file) is None:
        yield None
        return
    with closing(SqliteDatabase.look(file, in_use=for_long or is_held(settings.data_dir))) as database:
        yield database


@contextmanager
def ledger_to_change(settings: Settings, *, progress: Console) -> Generator[Ledger]:
    """Open the ledger; an engine lets go of a file meanwhile, and replicas share a database with the command."""
    with shared_ledger(settings) as shared:
        if shared is not None:
            yield shared
            return
    with (
        held_alone(settings.data_dir, progress=progress),
        closing(Ledger.open(settings.data_dir / LEDGER_FILE)) as ledger,
    ):
        yield ledger
