"""Where an engine listens: the lock that makes it the only one, and the socket. Standard library only."""

import os
import socket
from contextlib import suppress
from pathlib import Path
from typing import Self

from memos_mcp.core.file_mark import file_mark
from memos_mcp.relay import wire

BACKLOG = 1024
"""Hosts that may come at the same instant: a Unix socket turns away whom it cannot note down."""


class EngineListener:
    """The lock and the listener of an engine; it opens before anything heavy is imported."""

    def __init__(self, data_dir: str, *, lock: int) -> None:
        """Take the lock that was got, and listen.

        Raises:
            OSError: that is not possible in this directory.
            Refused: the user's runtime directory is not the user's alone.
        """
        self.data_dir = data_dir
        self._path.unlink(missing_ok=True)  # first of all: nobody listens there, and the lock says that somebody does
        self.secret = os.urandom(wire.NONCE_BYTES)
        self._lock = lock
        os.ftruncate(lock, 0)
        os.lseek(lock, 0, os.SEEK_SET)
        os.write(lock, str(os.getpid()).encode())
        self.listener = self._listen()
        self._mark = file_mark(self._path)

    @classmethod
    def open(cls, data_dir: str, *, patience: float) -> Self | None:
        """Open the door of a data directory; None where another engine has it for longer than `patience` seconds.

        Raises:
            OSError: that is not possible in this directory.
        """
        Path(data_dir).mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = wire.lock(str(Path(data_dir) / wire.LOCK_FILE), patience=patience)
        return None if lock is None else cls(data_dir, lock=lock)

    @property
    def _path(self) -> Path:
        return Path(wire.socket_path(self.data_dir) if wire.IS_UNIX else Path(self.data_dir) / wire.PORT_FILE)

    def _listen(self) -> socket.socket:
        path = self._path
        if wire.IS_UNIX:
            listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            listener.bind(str(path))
            path.chmod(0o600)
            listener.listen(BACKLOG)
        else:
            listener = socket.create_server(("127.0.0.1", 0), backlog=BACKLOG)
            part = path.with_suffix(".new")
            part.unlink(missing_ok=True)
            with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.write(f"{listener.getsockname()[1]} {self.secret.hex()}")
            part.replace(path)
        listener.settimeout(0)
        return listener

    def is_open(self) -> bool:
        """Say whether who comes to the data directory still finds this engine."""
        lock = os.fstat(self._lock)
        return file_mark(Path(self.data_dir) / wire.LOCK_FILE) == (lock.st_dev, lock.st_ino) and (
            file_mark(self._path) == self._mark
        )

    def close(self) -> None:
        """Take no more callers, and let another engine open; what is connected goes on."""
        if self.listener.fileno() < 0:
            return
        self.listener.close()
        if self.is_open():
            with suppress(OSError):
                self._path.unlink(missing_ok=True)

    def unlock(self) -> None:
        """Let another engine open its door."""
        self.close()
        os.close(self._lock)
