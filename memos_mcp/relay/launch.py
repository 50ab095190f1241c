"""Finding the engine of a data directory, or starting one. Standard library only."""

import os
import socket
import sys
import threading
import time
from typing import TYPE_CHECKING, Any, Final

from memos_mcp.relay import wire

if TYPE_CHECKING:
    import subprocess

START_LOCK: Final = "start.lock"
LOG_FILE: Final = "engine.log"
LARGEST_LOG: Final = 1_000_000

ENDED_BY_SETTINGS: Final = 2
"""The exit status of an engine that cannot work with its settings."""

ENDED_FOR_ANOTHER: Final = 3
"""The exit status of an engine that found another at work."""

PATIENCE: Final = 14.0
"""Seconds in which an engine must be found or started; it listens before it imports anything."""

PAUSES: Final = (0.3, 1.0, 3.0)
"""Seconds after each engine that died at once; then no other is started for this call."""

LOOK_AGAIN: Final = 0.01


def find_or_start(data_dir: str, hello: dict[str, Any]) -> tuple[socket.socket, dict[str, Any]]:
    """Return a connection to the engine, starting one if need be, and its answer to the hello.

    However many processes call this at once, one of them starts an engine and the others find it.

    Raises:
        Refused: the engine does not take this process, or cannot work with its settings.
        Unresponsive: there is an engine, and it does not answer.
        Absent: none could be started; the message says why.
    """
    start = _Start(data_dir)
    try:
        while True:
            try:
                return wire.greet(data_dir, hello)
            except wire.Absent:
                start.go_on()
                time.sleep(LOOK_AGAIN)
    finally:
        start.end()


class _Start:
    """The start of an engine, by this process or by another that has the lock."""

    def __init__(self, data_dir: str) -> None:
        self._data_dir = data_dir
        self._until = time.monotonic() + PATIENCE
        self._pauses = list(PAUSES)
        self._not_before = 0.0
        self._lock: int | None = None
        self._child: subprocess.Popen[Any] | None = None

    def go_on(self) -> None:
        """Start an engine where nobody else does and none is starting.

        Raises:
            Refused: it cannot work with its settings.
            Absent: it dies again and again, or does not listen in time.
        """
        if self._child is not None and (status := self._child.poll()) is not None:
            self._child = None
            self._ended(status)
        if time.monotonic() > self._until:
            raise wire.Absent(self._sentence())
        if self._child is None and time.monotonic() >= self._not_before and self._is_ours():
            self._child = spawn(self._data_dir)

    def _is_ours(self) -> bool:
        try:
            os.makedirs(self._data_dir, mode=0o700, exist_ok=True)  # noqa: PTH103
            if self._lock is None:
                self._lock = wire.lock(os.path.join(self._data_dir, START_LOCK), patience=0)  # noqa: PTH118
        except OSError as exc:
            raise wire.Absent(
                f"{self._data_dir} cannot be used ({exc.strerror}). Check its owner, permissions and free space, or "
                "set MEMOS_DATA_DIR to another folder."
            ) from exc
        return self._lock is not None

    def _ended(self, status: int) -> None:
        if status == ENDED_BY_SETTINGS:
            raise wire.Refused(last_line(self._data_dir).removeprefix("memos-mcp: "))
        if status != ENDED_FOR_ANOTHER:
            if not self._pauses:
                raise wire.Absent(self._sentence())
            self._not_before = time.monotonic() + self._pauses.pop(0)

    def _sentence(self) -> str:
        told = last_line(self._data_dir)
        log = os.path.join(self._data_dir, LOG_FILE)  # noqa: PTH118
        said = f"it said: {told} (in {log})" if told else f"{log} may say why"
        return f"The engine could not be started; {said}. Run `memos-mcp doctor`, then repeat the call."

    def end(self) -> None:
        """Let others start one."""
        if self._lock is not None:
            os.close(self._lock)


def spawn(data_dir: str) -> "subprocess.Popen[Any]":
    """Start an engine that outlives this process, and writes to its log alone.

    It takes modules from where Python is installed and from nowhere else: neither the data directory nor the folder of
    a host may put one in the way.
    """
    import subprocess  # noqa: PLC0415 - most relays start none

    log = os.path.join(data_dir, LOG_FILE)  # noqa: PTH118
    if os.path.exists(log) and os.path.getsize(log) > LARGEST_LOG:  # noqa: PTH110, PTH202
        os.replace(log, f"{log}.1")  # noqa: PTH105
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        engine = subprocess.Popen(  # our own module, no shell
            [sys.executable, "-P", "-m", "memos_mcp", "engine"],
            stdin=subprocess.DEVNULL,
            stdout=descriptor,
            stderr=descriptor,
            cwd=os.path.abspath(os.sep),  # noqa: PTH100
            env=os.environ | {"MEMOS_DATA_DIR": data_dir, "PYTHONSAFEPATH": "1"},
            **_apart(),
        )
    finally:
        os.close(descriptor)
    # Should it end before this process does, somebody has to take note, or it stays a zombie.
    threading.Thread(target=engine.wait, name="engine-reaper", daemon=True).start()
    return engine


def start_apart(arguments: list[str]) -> "subprocess.Popen[bytes]":
    """Start this program in a process that outlives this one and can be written to."""
    import subprocess  # noqa: PLC0415

    return subprocess.Popen[bytes](  # our own module, no shell
        [sys.executable, "-P", "-m", "memos_mcp", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=os.path.abspath(os.sep),  # noqa: PTH100
        **_apart(),
    )


def _apart() -> dict[str, Any]:
    """Return what makes a process outlive its parent."""
    import subprocess  # noqa: PLC0415

    if sys.platform == "win32":
        return {"creationflags": subprocess.DETACHED_PROCESS | subprocess.CREATE_NEW_PROCESS_GROUP}
    return {"start_new_session": True}


def last_line(data_dir: str) -> str:
    """Return the last line that an engine wrote to its log."""
    try:
        with open(os.path.join(data_dir, LOG_FILE), "rb") as log:  # noqa: PTH118, PTH123
            log.seek(max(0, os.fstat(log.fileno()).st_size - 4096))
            lines = log.read().decode("utf-8", "replace").split("\n")
    except OSError:
        return ""
    return next((line.strip()[:500] for line in reversed(lines) if line.strip()), "")
