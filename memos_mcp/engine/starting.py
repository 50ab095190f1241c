"""Finding the engine of a data directory, or starting one."""

import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any, Literal

from filelock import FileLock, Timeout
from packaging.version import Version

from memos_mcp import __version__
from memos_mcp.backends.local.directory import locked
from memos_mcp.engine.address import Address, read_address
from memos_mcp.errors import ConfigurationError, Unavailable

START_LOCK = "start.lock"
FAILURE_FILE = "engine.failed"
LOG_FILE = "engine.log"

PATIENCE = 60.0
"""Seconds that an engine may take to start: 2 on a quiet machine, many times that when twenty start at once."""

LOOK_AGAIN = 0.02
"""Seconds between two looks for the address of an engine that is starting."""


def find_or_start(data_dir: Path, gone: Address | None) -> Address:
    """Give the address of the directory's engine, other than the one that is known to be gone; start one if need be.

    However many processes call this at once, one of them starts an engine and the others find it. An engine of an
    older version is found like any other: the caller decides.

    Raises:
        Unavailable: the directory cannot be used, or the engine did not start in time.
        ConfigurationError: the engine cannot start; the sentence is its own.
    """
    found = read_address(data_dir)
    if found is not None and found != gone:
        return found
    lock = start_lock(data_dir)
    try:
        found = read_address(data_dir)
        return found if found is not None and found != gone else _start(data_dir, gone)
    finally:
        lock.release()


def check_version(address: Address) -> Literal["same", "older"]:
    """Hold the engine's version against this one's.

    Raises:
        ConfigurationError: the engine is newer: this process is out of date.
    """
    if Version(address.version) > Version(__version__):
        raise ConfigurationError(
            f"The engine of this store is memos-mcp {address.version}, newer than this server ({__version__}). "
            "Restart this host, so that it starts the newer version."
        )
    return "same" if address.version == __version__ else "older"


def start_lock(data_dir: Path) -> FileLock:
    """Take the lock of whoever starts an engine: while it is held, nobody else does.

    Raises:
        Unavailable: the directory cannot be used, or another process has held it for too long.
    """
    try:
        return locked(data_dir, START_LOCK, patience=PATIENCE)
    except Timeout as exc:
        raise Unavailable(
            f"Another process has been starting the engine of {data_dir} for {PATIENCE:.0f} seconds. Run "
            "`memos-mcp doctor`, or repeat the call."
        ) from exc


def _start(data_dir: Path, gone: Address | None) -> Address:
    failure = data_dir / FAILURE_FILE
    failure.unlink(missing_ok=True)
    engine = _spawn(data_dir)
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        found = read_address(data_dir)
        if found is not None and found != gone:
            return found
        if engine.poll() is not None and failure.exists():
            raise ConfigurationError(failure.read_text(encoding="utf-8"))
        if engine.poll() is not None:
            engine = _spawn(data_dir)  # another one held the lock and has ended since, or this one was killed
            time.sleep(LOOK_AGAIN)
        time.sleep(LOOK_AGAIN)
    raise Unavailable(
        f"The engine of {data_dir} did not start within {PATIENCE:.0f} seconds. Look into {data_dir / LOG_FILE}, "
        "or repeat the call."
    )


def _spawn(data_dir: Path) -> "subprocess.Popen[str]":
    """Start an engine that outlives this process and shares none of its streams."""
    apart: dict[str, Any] = {"start_new_session": True}
    if sys.platform == "win32":
        apart = {"creationflags": subprocess.DETACHED_PROCESS | subprocess.CREATE_NEW_PROCESS_GROUP}
    engine = subprocess.Popen(  # our own module, no shell
        [sys.executable, "-m", "memos_mcp", "engine"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=data_dir,
        env={**os.environ, "MEMOS_DATA_DIR": str(data_dir)},
        close_fds=True,
        **apart,
    )
    # Should it end before this process does, somebody has to take note, or it stays a zombie.
    threading.Thread(target=engine.wait, name="engine-reaper", daemon=True).start()
    return engine
