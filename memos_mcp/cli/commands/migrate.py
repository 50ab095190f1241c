"""`memos-mcp migrate`: move a store between a data directory and PostgreSQL, with a progress bar."""

from collections.abc import Generator
from contextlib import closing, contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from memos_mcp.backends.local.directory import LEDGER_FILE
from memos_mcp.backends.local.ledger.ledger import Ledger
from memos_mcp.backends.local.ledger.migration import Migration
from memos_mcp.backends.local.ledger.shared import connect
from memos_mcp.cli.commands.holding import held_alone
from memos_mcp.cli.commands.status import kept
from memos_mcp.cli.printing import say
from memos_mcp.core.errors import InvalidRequest


def migrate(source: str, target: str, *, console: Console, progress: Console) -> None:
    """Copy everything of a store into an empty one, and compare them; where it was ended, it goes on.

    Each is a folder or the address of a database. Vectors come along; the index over them is made anew at the start.
    """
    if not _is_database(source) and not (Path(source) / LEDGER_FILE).is_file():
        raise InvalidRequest(f"There is no store in {source}; nothing was changed.")
    with (
        _opened(source, progress) as here,
        _opened(target, progress) as there,
        Progress(console=progress, transient=True) as bars,
    ):
        moving = Migration(here.database, there.database)
        moving.check(here.identity())
        bar = bars.add_task("Moving", total=moving.count())
        moving.copy(lambda rows: bars.advance(bar, rows))
        bars.update(bar, description="Comparing")
        moving.compare(lambda rows: bars.advance(bar, rows))
        moved = kept(there.status())
    say(console, f"Moved and compared: {moved}. What it was moved from is as it was.")


@contextmanager
def _opened(place: str, progress: Console) -> Generator[Ledger]:
    if _is_database(place):
        with closing(connect(place)) as ledger:
            yield ledger
        return
    folder = Path(place)
    with held_alone(folder, progress=progress), closing(Ledger.open(folder / LEDGER_FILE)) as ledger:
        yield ledger


def _is_database(place: str) -> bool:
    if not place.startswith(("postgresql://", "postgres://")) and "://" in place:
        raise InvalidRequest("A ledger is in a folder or at postgresql://...; nothing was changed.")
    return "://" in place
