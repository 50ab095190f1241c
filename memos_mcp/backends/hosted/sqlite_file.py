"""The small SQLite files that the hosted backend keeps in the data directory, for their owner only."""

import sqlite3
from collections.abc import Generator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, ClassVar

from memos_mcp.core.errors import Unavailable


class AccountFile:
    """A file in which rows of different accounts (service and key) are kept apart; it appears with the first row."""

    file_name: ClassVar[str]
    schema: ClassVar[str]
    table: ClassVar[str]

    def __init__(self, data_dir: Path, *, account: str) -> None:
        """Say where the file is, or will be; nothing is opened."""
        self._path = data_dir / self.file_name
        self._account = account

    def forget(self, *, user_id: str) -> None:
        """Remove all that is kept of a user."""
        if self._path.exists():
            self._execute(f"DELETE FROM {self.table} WHERE account = ? AND user_id = ?", self._account, user_id)

    def _execute(self, sql: str, *parameters: object) -> list[Any]:
        with self._open() as database:
            return database.execute(sql, parameters).fetchall()

    @contextmanager
    def _open(self) -> Generator[sqlite3.Connection]:
        """Open the file for one piece of work, in one transaction: it is rarely needed, and others may hold it.

        What is deleted from it is overwritten.

        Raises:
            Unavailable: the file cannot be read or written.
        """
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._path.touch(mode=0o600)
            with closing(sqlite3.connect(self._path, timeout=10)) as database, database:
                database.execute("PRAGMA secure_delete = ON")
                database.executescript(self.schema)
                yield database
        except (OSError, sqlite3.Error) as exc:
            raise Unavailable(
                f"{self._path.name} in the data directory cannot be used ({type(exc).__name__}): "
                "check the disk and MEMOS_DATA_DIR."
            ) from exc
