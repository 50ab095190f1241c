"""`memos-mcp backup FILE`: a checked copy of everything that is kept, made while everything runs."""

import os
from collections.abc import Generator
from contextlib import closing, contextmanager
from pathlib import Path

from rich.console import Console
from rich.filesize import decimal

from memos_mcp.backends.local.backend import LEDGER_FILE
from memos_mcp.backends.local.ledger.database import Database
from memos_mcp.errors import InvalidRequest, Unavailable
from memos_mcp.operations.ledger_files import copy, problem_of
from memos_mcp.operations.status import kept, kept_in


def back_up(data_dir: Path, file: Path, *, force: bool, console: Console, progress: Console) -> None:
    """Write what is kept into one file for its owner alone, whole or not at all.

    Raises:
        InvalidRequest: nothing is kept, or there is a file already and `force` does not allow to replace it.
        Unavailable: the copy cannot be written, or what was written is not whole.
    """
    ledger = data_dir / LEDGER_FILE
    if kept_in(ledger) is None:
        raise InvalidRequest(f"Nothing is kept in {data_dir}, so there is nothing to back up.")
    _check(file, ledger=ledger, force=force)
    with _written_whole(file) as part:
        with closing(Database.look(ledger, in_use=True)) as database:
            copy(database, part, progress=progress)
        with progress.status("Checking the copy"):
            problem = problem_of(part)
        if problem:
            raise Unavailable(
                f"No backup was made: the copy of {ledger} is not good, {problem}. Run `memos-mcp doctor`."
            )
    store = kept_in(file)
    assert store is not None  # noqa: S101  # it was checked
    size = decimal(file.stat().st_size)
    console.print(f"Backed up {kept(store)} to {file} ({size}), and checked it.", highlight=False, soft_wrap=True)


def _check(file: Path, *, ledger: Path, force: bool) -> None:
    if file.is_dir():
        raise InvalidRequest(f"{file} is a folder: name a file.")
    if file.resolve().name.startswith(ledger.name) and file.resolve().parent == ledger.resolve().parent:
        raise InvalidRequest(f"{file} is part of the store itself: name another file.")
    if file.exists() and not force:
        raise InvalidRequest(f"{file} exists already: name another file, or add --force to replace it.")


@contextmanager
def _written_whole(file: Path) -> Generator[Path]:
    """Give an empty file beside the one that is wanted, and put it in its place once the block is through."""
    part = file.with_name(f".{file.name}.{os.getpid()}.part")
    try:
        os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        yield part
        with part.open("rb+") as written:
            os.fsync(written.fileno())
        part.replace(file)
    except OSError as exc:
        raise Unavailable(
            f"{file} cannot be written ({exc.strerror}): check the folder, or name another file."
        ) from exc
    finally:
        part.unlink(missing_ok=True)
