"""Who holds a data directory, and having it to oneself."""

import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import anyio
from filelock import FileLock, Timeout
from rich.console import Console

from memos_mcp.backends.local.directory import LOCK_FILE, hold
from memos_mcp.engine.address import Address, read_address
from memos_mcp.engine.service import finish
from memos_mcp.engine.starting import start_lock
from memos_mcp.errors import ConfigurationError, Unavailable

PATIENCE = 30.0
"""Seconds that an engine gets to answer its open calls and close its store."""

PATIENCE_WITH_A_STRANGER = 10.0
"""Seconds in which a process that holds the store may turn out to be an engine that is starting, or ending."""

LOOK_AGAIN = 0.1

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


async def end_engine(data_dir: Path) -> Address | None:
    """Have the engine finish, if there is one, and wait until nobody holds the store; give the one that did.

    Raises:
        ConfigurationError: a process holds the store that is no engine.
        Unavailable: the engine does not end.
    """
    asked: Address | None = None
    deadline = time.monotonic() + PATIENCE_WITH_A_STRANGER
    while is_held(data_dir):
        found = read_address(data_dir)
        if found is not None and found != asked:
            asked = found
            deadline = time.monotonic() + PATIENCE
            with anyio.move_on_after(PATIENCE):
                await finish(data_dir)
        if time.monotonic() > deadline:
            raise _still_held(data_dir, asked)
        await anyio.sleep(LOOK_AGAIN)
    return asked


def _still_held(data_dir: Path, asked: Address | None) -> ConfigurationError | Unavailable:
    if asked is None:
        return ConfigurationError(
            f"A memos-mcp holds {data_dir} that is no shared engine (MEMOS_ENGINE=embedded). End the host that runs "
            "it, then repeat the command."
        )
    return Unavailable(
        f"The engine (process {asked.pid}) was asked to finish and has not done so within {PATIENCE:.0f} seconds. "
        "End that process by hand (what was acknowledged is on disk), then repeat the command."
    )


@contextmanager
def held_alone(data_dir: Path, *, progress: Console) -> Generator[None]:
    """Hold the store while the block runs; an engine finishes first. Hosts start another afterwards.

    Raises:
        ConfigurationError: a process holds the store that is no engine.
        Unavailable: the engine does not end, or the directory cannot be used.
    """
    with progress.status(FINISHING):
        starting = start_lock(data_dir)
        try:
            anyio.run(end_engine, data_dir)
            lock = hold(data_dir, patience=LOOK_AGAIN)
        finally:
            starting.release()
    try:
        yield
    finally:
        lock.release()
