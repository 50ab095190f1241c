"""Who holds a data directory, and having it to oneself."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout
from rich.console import Console

from memos_mcp.backends.local.directory import LOCK_FILE, hold
from memos_mcp.core.errors import Unavailable
from memos_mcp.engine.client import asked

PATIENCE = 30.0
"""Seconds that an engine gets to answer its open calls and close its store."""

PATIENCE_WITH_A_STRANGER = 10.0
"""Seconds in which a process that holds the store may let go of it."""

FINISHING = "Waiting for the engine to answer its open calls and close its store"


def is_held(data_dir: Path) -> bool:
    """Say whether a process has the store open. Creates nothing."""
    path = data_dir / LOCK_FILE
    lock = FileLock(path, thread_local=False)
    try:
        if not path.exists():
            return False
        lock.acquire(timeout=0)
    except Timeout:
        return True
    except OSError as exc:
        raise Unavailable(f"{path} cannot be used ({exc.strerror}). Check its owner and permissions.") from exc
    lock.release()
    return False


@contextmanager
def held_alone(data_dir: Path, *, progress: Console) -> Generator[None]:
    """Hold the store while the block runs; an engine closes it meanwhile, and takes it up again afterwards."""
    waiting = progress.status(FINISHING)
    waiting.start()
    try:
        with asked(str(data_dir), "pause", patience=PATIENCE):
            lock = hold(data_dir, patience=PATIENCE_WITH_A_STRANGER)
            waiting.stop()
            try:
                yield
            finally:
                lock.release()
    finally:
        waiting.stop()
