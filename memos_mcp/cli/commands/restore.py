"""`memos-mcp restore FILE`: put a backup in the place of what is kept, which stays beside it."""

import os
import shutil
from collections.abc import Generator
from contextlib import closing, contextmanager, suppress
from datetime import datetime
from pathlib import Path

from rich.console import Console

from memos_mcp.backends.local.directory import CHROMA_FOLDER, LEDGER_FILE
from memos_mcp.backends.local.ledger.database import SqliteDatabase, as_sentences
from memos_mcp.backends.local.ledger.ledger import Ledger
from memos_mcp.backends.local.vectors.locations import collection_prefix
from memos_mcp.cli.commands.chroma_server import index_on_server
from memos_mcp.cli.commands.holding import held_alone
from memos_mcp.cli.commands.ledger_files import copy, problem_of
from memos_mcp.cli.commands.status import kept, kept_in
from memos_mcp.cli.commands.whole_files import sweep
from memos_mcp.cli.printing import say
from memos_mcp.core.errors import InvalidRequest, Unavailable
from memos_mcp.core.settings import Settings


def restore(settings: Settings, file: Path, *, console: Console, progress: Console) -> None:
    """Check a backup, have the engine finish, and put the backup in place; hosts go on with it at their next call."""
    data_dir = settings.data_dir
    _check(file, ledger=data_dir / LEDGER_FILE, progress=progress)
    with _prepared(data_dir, file, progress=progress) as copied, held_alone(data_dir, progress=progress):
        before = _exchange(data_dir, copied)
    store = kept_in(data_dir / LEDGER_FILE)
    assert store is not None  # noqa: S101  # it was checked
    say(console, f"Restored {kept(store)} from {file}.")
    if before is not None:
        told = f"What was kept before is in {before}. Remove it when you need it no longer: it can be restored too."
        say(console, told)
        if settings.chroma_url:
            _forget_on_server(settings, before)


def _check(file: Path, *, ledger: Path, progress: Console) -> None:
    if not file.is_file():
        raise InvalidRequest(f"There is no file {file}; nothing was changed.")
    if file.resolve() == ledger.resolve():
        raise InvalidRequest(f"{file} is what is kept now; nothing was changed.")
    with progress.status("Checking the backup"):
        problem = problem_of(file)
    if problem:
        raise InvalidRequest(f"{file} cannot be restored: {problem}. Nothing was changed.")


@contextmanager
def _prepared(data_dir: Path, file: Path, *, progress: Console) -> Generator[Path]:
    """Copy a backup into the data directory, ready to take the ledger's place; removed if it does not."""
    copied = data_dir / f"{LEDGER_FILE}.restoring-{os.getpid()}"
    with as_sentences(copied):
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        sweep(data_dir, f"{LEDGER_FILE}.restoring-*")
        os.close(os.open(copied, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
        try:
            with closing(SqliteDatabase.look(file)) as database:
                copy(database, copied, progress=progress)
            _make_independent(copied)
            yield copied
        finally:
            copied.unlink(missing_ok=True)


def _make_independent(copied: Path) -> None:
    """Let it share nothing with the vector index of the store that it was copied from: all is indexed anew."""
    ledger = Ledger(SqliteDatabase.open(copied))
    try:
        ledger.note("index_place", "a backup")
        ledger.forget_note("identity")
    finally:
        ledger.close()


def _exchange(data_dir: Path, copied: Path) -> Path | None:
    """Change the ledgers over; a crash leaves the one or the other, and an index that is made anew."""
    before = _keep_present(data_dir / LEDGER_FILE)
    with suppress(FileNotFoundError):
        shutil.rmtree(data_dir / CHROMA_FOLDER)
    copied.replace(data_dir / LEDGER_FILE)
    if os.name != "nt":  # Windows has no way to, and needs none
        folder = os.open(data_dir, os.O_RDONLY)
        os.fsync(folder)
        os.close(folder)
    return before


def _keep_present(ledger: Path) -> Path | None:
    """Keep the ledger under another name too, whole by itself, or with its log where it is damaged."""
    if not ledger.exists():
        return None
    _write_log_back(ledger)
    stamp = datetime.now().astimezone().strftime("%Y%m%d-%H%M%S-%f")
    before = ledger.with_name(f"ledger.before-restore-{stamp}.sqlite3")
    try:
        before.hardlink_to(ledger)
    except OSError:  # a file system without links
        shutil.copy2(ledger, before)
    for suffix in ("-wal", "-shm"):
        with suppress(FileNotFoundError):
            Path(f"{ledger}{suffix}").rename(f"{before}{suffix}")
    return before


def _write_log_back(ledger: Path) -> None:
    """Make the ledger one file that nobody has open."""
    try:
        with closing(SqliteDatabase.open(ledger)) as database:
            database.rows("PRAGMA journal_mode=DELETE")
    except Unavailable as exc:
        if getattr(exc.__cause__, "sqlite_errorname", "").startswith("SQLITE_BUSY"):
            raise


def _forget_on_server(settings: Settings, before: Path) -> None:
    """Take the vectors of a ledger off the Chroma server: what is restored gets collections of its own."""
    with closing(SqliteDatabase.look(before)) as database:
        identity = Ledger(database).noted("identity")
    try:
        with closing(index_on_server(settings, identity)) as index:
            for user in list(index.counts()):
                index.forget(user)
    except Unavailable as exc:
        raise Unavailable(
            f"The backup is restored, but the vectors of before are still on the Chroma server: delete the collections "
            f'there whose names begin with "{collection_prefix(identity)}".'
        ) from exc
