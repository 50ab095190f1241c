"""`memos-mcp backup FILE`: a checked copy of everything that is kept, made while everything runs."""

from contextlib import closing
from pathlib import Path

from rich.console import Console
from rich.filesize import decimal

from memos_mcp.backends.local.directory import LEDGER_FILE, note_backup
from memos_mcp.backends.local.ledger.database import SqliteDatabase
from memos_mcp.cli.commands.ledger_files import copy, damaged_texts, named, problem_of
from memos_mcp.cli.commands.status import kept, kept_in
from memos_mcp.cli.commands.whole_files import check_target, sweep, written_whole
from memos_mcp.cli.printing import say
from memos_mcp.core.errors import InvalidRequest, Unavailable


def back_up(data_dir: Path, file: Path, *, force: bool, console: Console, progress: Console) -> None:
    """Write what is kept into one file for its owner alone, whole or not at all."""
    ledger = data_dir / LEDGER_FILE
    if kept_in(ledger) is None:
        raise InvalidRequest(f"Nothing is kept in {data_dir}, so there is nothing to back up.")
    check_target(file, data_dir=data_dir, force=force)
    sweep(file.parent, f".{file.name}.*.part")
    with written_whole(file) as part:
        with closing(SqliteDatabase.look(ledger, in_use=True)) as database:
            copy(database, part, progress=progress)
        with progress.status("Checking the copy"):
            problem = problem_of(part)
        if problem:
            raise Unavailable(
                f"No backup was made: the copy of {ledger} is not good, {problem}. Run `memos-mcp doctor`."
            )
        damaged = damaged_texts(part)
    note_backup(data_dir, file)
    store = kept_in(file)
    assert store is not None  # noqa: S101  # it was checked
    size = decimal(file.stat().st_size)
    say(console, f"Backed up {kept(store)} to {file} ({size}), and checked it.")
    if damaged:
        told = f"It has {named(damaged)}. They are kept as they are; an older backup may have them whole."
        say(console, told)
