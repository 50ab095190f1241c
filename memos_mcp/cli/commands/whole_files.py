"""Files that an owner asks for: written whole or not at all, for the owner alone."""

import glob
import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import psutil

from memos_mcp.backends.local.directory import LEDGER_FILE
from memos_mcp.core.errors import InvalidRequest, Unavailable


def check_target(file: Path, *, data_dir: Path, force: bool) -> None:
    """Refuse to write where something is that would be lost."""
    if file.is_dir():
        raise InvalidRequest(f"{file} is a folder: name a file.")
    if file.resolve().name.startswith(LEDGER_FILE) and file.resolve().parent == data_dir.resolve():
        raise InvalidRequest(f"{file} is part of the store itself: name another file.")
    if file.exists() and not force:
        raise InvalidRequest(f"{file} exists already: name another file, or add --force to replace it.")


def sweep(folder: Path, pattern: str) -> None:
    """Remove what dead processes have left: files that have a process's number where the asterisk stands."""
    before, _, after = pattern.partition("*")
    for left in folder.glob(f"{glob.escape(before)}*{after}"):
        number = left.name.removeprefix(before).removesuffix(after).partition("-")[0]
        if number.isdecimal() and not psutil.pid_exists(int(number)):
            left.unlink(missing_ok=True)


@contextmanager
def written_whole(file: Path) -> Generator[Path]:
    """Yield an empty file beside the one that is wanted, and put it in its place once the block is through."""
    part = file.with_name(f".{file.name}.{os.getpid()}.part")
    try:
        os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        try:
            yield part
            with part.open("rb+") as written:
                os.fsync(written.fileno())
            part.replace(file)
        finally:
            part.unlink(missing_ok=True)
    except OSError as exc:
        sentence = f"{file} cannot be written ({exc.strerror}): check the folder, or name another file."
        raise Unavailable(sentence) from exc
