"""One SQLite connection, its transactions, and its errors as sentences."""

import logging
import os
import sqlite3
import threading
from collections.abc import Callable, Generator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from memos_mcp.backends.local.ledger.database_interface import HOLDS_DELETED, Database, Parameters
from memos_mcp.core.errors import MemosError, Unavailable
from memos_mcp.core.file_mark import file_mark
from memos_mcp.core.tracing import span

logger = logging.getLogger(__name__)


@contextmanager
def as_sentences(path: Path) -> Generator[None]:
    """Turn SQLite's errors into one that says what to do.

    Raises:
        Unavailable: the file cannot be read or written; nothing was changed.
    """
    try:
        yield
    except sqlite3.Error as exc:
        raise Unavailable(_sentence(exc, path)) from exc
    except OSError as exc:
        raise Unavailable(f"{path.parent} cannot be used ({exc.strerror}). {_CHECK}") from exc


PAGES_AT_ONCE = 1000
"""Pages copied between two reports: 4 MB."""

WRITTEN_AT_ONCE = 50_000_000
"""Bytes of a ledger that is written anew at once, in half a second; a larger one in the background."""

DAMAGED = "[Part of this text is damaged on disk.] "

_CHECK = "Check its owner, permissions and free space, or set MEMOS_DATA_DIR to another folder."


def _is_damage(error: sqlite3.Error) -> bool:
    return getattr(error, "sqlite_errorname", "").startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB"))


def _sentence(error: sqlite3.Error, path: Path) -> str:
    match getattr(error, "sqlite_errorname", "").split("_")[:2]:
        case ["SQLITE", "FULL"]:
            return f"The disk of {path.parent} is full; nothing was stored. Free some space and repeat the call."
        case ["SQLITE", "READONLY" | "CANTOPEN" | "PERM" | "IOERR" | "AUTH"]:
            return f"{path.parent} cannot be used ({error}); nothing was stored. {_CHECK}"
        case ["SQLITE", "CORRUPT" | "NOTADB"]:
            return (
                f"{path} is damaged ({error}). Restore a backup with `memos-mcp restore FILE`, or move the file away."
            )
        case ["SQLITE", "BUSY" | "LOCKED"]:
            return f"{path} is held by another program; nothing was stored. End that program and repeat the call."
        case _:
            return f"{path} failed ({error}); nothing was stored. Run `memos-mcp doctor`."


def _decoded(raw: bytes) -> str:
    """Read a text, or what is left of it with a word about that, so that it hides nothing beside it."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        rest = raw.decode(errors="replace")
        logger.warning("a text of the ledger is damaged on disk: run memos-mcp doctor")
        return rest if raw[:1] in (b"{", b"[") else DAMAGED + rest  # JSON is to be read on


def _is_text(raw: bytes | None) -> bool:
    try:
        (raw or b"").decode()
    except UnicodeDecodeError:
        return False
    return True


class SqliteDatabase(Database):
    """A connection that any thread may use, one at a time; writes happen in `transaction`.

    Each committed transaction is on disk (`synchronous=FULL`); what was deleted is overwritten (`secure_delete`).
    """

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        """Take an open connection in autocommit mode."""
        connection.text_factory = _decoded
        self._connection = connection
        self._path = path
        self._lock = threading.RLock()
        self._depth = 0
        self._mark = file_mark(path)

    @classmethod
    def open(cls, path: Path) -> "SqliteDatabase":
        """Open or create the file, for its owner alone.

        Raises:
            Unavailable: the folder or the file cannot be used.
        """
        with as_sentences(path):
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            path.touch(mode=0o600, exist_ok=True)
            if not os.access(path, os.R_OK | os.W_OK):
                raise Unavailable(f"{path} cannot be read and written by this user. {_CHECK}")
            connection = sqlite3.connect(path, timeout=5, isolation_level=None, check_same_thread=False)
            for pragma in (
                "journal_mode=WAL",
                "synchronous=FULL",
                "foreign_keys=ON",
                "secure_delete=ON",
                "cache_size=-16000",
                "mmap_size=268435456",
            ):
                connection.execute(f"PRAGMA {pragma}")
        return cls(connection, path)

    @classmethod
    def look(cls, path: Path, *, in_use: bool = False) -> "SqliteDatabase":
        """Open a file to read it only; nothing is created beside it, unless it is in use or was left by a crash.

        `in_use` says that others may write to it meanwhile, even if none has it open now.

        Raises:
            Unavailable: there is no such file, or it cannot be read.
        """
        unchanging = not in_use and not path.with_name(f"{path.name}-wal").exists()
        address = f"{path.absolute().as_uri()}?mode=ro{'&immutable=1' if unchanging else ''}"
        with as_sentences(path):
            connection = sqlite3.connect(address, uri=True, timeout=5, isolation_level=None, check_same_thread=False)
        return cls(connection, path)

    @property
    def path(self) -> Path:
        """The file."""
        return self._path

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open."""
        return self._connection.in_transaction

    def close(self) -> None:
        """Write the log back into the file and close it."""
        with self._lock, as_sentences(self._path):
            self._connection.close()

    @contextmanager
    def transaction(self) -> Generator[None]:
        """Make what happens inside all or nothing; may be nested, the outermost commits."""
        with self._lock, as_sentences(self._path):
            if self._depth:
                yield
                return
            self._connection.execute("BEGIN IMMEDIATE")
            self._depth += 1
            try:
                yield
                self._check_there()
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise
            finally:
                self._depth -= 1

    def _check_there(self) -> None:
        """Look whether the file is still in its place, or what is written goes nowhere.

        Raises:
            Unavailable: it was moved or removed.
        """
        if file_mark(self._path) != self._mark:
            raise Unavailable(f"{self._path} was removed or replaced while it was open; nothing was stored. Try again.")

    def execute(self, sql: str, parameters: Parameters = ()) -> int:
        """Change rows and give the number of them."""
        with span("ledger", inner=True), self._lock, as_sentences(self._path):
            return self._connection.execute(sql, parameters).rowcount

    def _insert(self, sql: str, parameters: Parameters, *, key: str) -> int:
        del key
        with span("ledger", inner=True), self._lock, as_sentences(self._path):
            inserted = self._connection.execute(sql, parameters).lastrowid
        if inserted is None:
            raise MemosError("The ledger gave no key for a new row. Run `memos-mcp doctor`.")
        return inserted

    def execute_many(self, sql: str, rows: Sequence[Parameters]) -> None:
        """Change many rows alike."""
        with span("ledger", inner=True), self._lock, as_sentences(self._path):
            self._connection.executemany(sql, rows)

    def rows(self, sql: str, parameters: Parameters = ()) -> list[sqlite3.Row]:
        """Read rows; their columns have names."""
        with span("ledger", inner=True), self._lock, as_sentences(self._path):
            cursor = self._connection.cursor()
            cursor.row_factory = sqlite3.Row
            return cursor.execute(sql, parameters).fetchall()

    def undecodable(self, table: str, *, key: str, columns: Sequence[str]) -> list[object]:
        """Read these columns of a whole table and give the key of each row that has a text which is no UTF-8."""
        with self._lock, as_sentences(self._path):
            raw = ", ".join(f"CAST({column} AS BLOB)" for column in columns)
            cursor = self._connection.execute(f"SELECT CAST({key} AS INTEGER), {raw} FROM {table}")
            return [found for found, *values in cursor if not all(map(_is_text, values))]

    def script(self, sql: str) -> None:
        """Run several statements; inside a transaction of their own they are all or nothing."""
        with self._lock, as_sentences(self._path):
            self._connection.executescript(sql)

    def copy_to(self, path: Path, *, report: Callable[[int, int], None] = lambda _done, _total: None) -> None:
        """Write a consistent copy of the file while it is in use, reporting (pages done, of how many).

        Raises:
            Unavailable: the copy cannot be written, or the file cannot be read.
        """
        with self.one_moment():  # else each write of another process begins the copy anew
            try:
                with closing(sqlite3.connect(path)) as target:
                    self._connection.backup(
                        target,
                        pages=PAGES_AT_ONCE,
                        progress=lambda _, left, total: report(total - left, total),
                    )
                    target.execute("PRAGMA journal_mode=DELETE")  # one file, with nothing beside it
            except sqlite3.Error as exc:
                raise Unavailable(_sentence(exc, self._path if _is_damage(exc) else path)) from exc

    @contextmanager
    def one_moment(self) -> Generator[None]:
        """See one moment of the file, whatever other processes write meanwhile."""
        with self._lock:
            with as_sentences(self._path):
                self._connection.execute("BEGIN")
                self._connection.execute("SELECT 1 FROM sqlite_schema")
            try:
                yield
            finally:
                self._connection.execute("ROLLBACK")

    def size(self) -> int:
        """Return the bytes of the file."""
        return self.number("PRAGMA page_count") * self.number("PRAGMA page_size")

    def wipe(self) -> None:
        """Write the file anew after a deletion, or note that it has to be.

        SQLite overwrites a row that is deleted, but as pages were split and joined before, it may have left copies of
        it in their unused parts: only writing the file anew is sure to be rid of them.
        """
        if self.size() > WRITTEN_AT_ONCE:
            self.note(HOLDS_DELETED, "yes")
            self._empty_log()
        else:
            self.write_anew()

    def write_anew(self) -> None:
        """Write the file anew, without what was deleted."""
        self.forget_note(HOLDS_DELETED)
        self.execute("VACUUM")
        self._empty_log()

    def _empty_log(self) -> None:
        """Write the write-ahead log back into the file and leave nothing in it."""
        with self._lock, as_sentences(self._path):
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
