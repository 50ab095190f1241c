"""What the ledger asks of a database."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Final, Protocol

from memos_mcp.backends.local.ledger.message_info import others_are_public

Parameters = Sequence[object]
"""What is bound to the question marks of a statement."""

HOLDS_DELETED: Final = "ledger_holds_deleted"
"""The name under which is noted that a ledger is still to be written anew."""

READ_AT_ONCE = 500
"""Rows asked for by key in one statement (SQLite allows 32,766 parameters)."""


def marks(parameters: Collection[object]) -> str:
    """Write one question mark a parameter; what nothing is in, where there are none."""
    return ",".join("?" * len(parameters)) or "NULL"


def key_of(table: str) -> str:
    """Return the name of the column that holds the keys of a table."""
    return "seq" if table in {"message", "memory"} else "key"


class ResultRow(Protocol):
    """A row that was read; its columns have names and places."""

    def __getitem__(self, key: int | str, /) -> Any:  # noqa: ANN401 - a column may hold anything
        """Return the value of a column."""
        ...

    def __iter__(self) -> Iterator[Any]:
        """Return the values in order."""
        ...

    def keys(self) -> list[str]:
        """Return the names in order."""
        ...


class Database(ABC):
    """A database that any thread may use; writes that belong together happen in `transaction`.

    Its SQL is what SQLite and PostgreSQL have in common, with question marks for values.
    """

    shared = False
    """Whether other processes write to it too."""

    removals = "0"
    """What of the table `user` grows when another process removes messages of one."""

    others_are_public = others_are_public("user.key")
    """A condition on a row of `user`: others let everybody find something."""

    @abstractmethod
    def close(self) -> None:
        """Let go of it."""

    @abstractmethod
    def transaction(self) -> AbstractContextManager[None]:
        """Make what happens inside all or nothing; may be nested, the outermost commits."""

    @property
    @abstractmethod
    def in_transaction(self) -> bool:
        """Whether a transaction is open."""

    @abstractmethod
    def one_moment(self) -> AbstractContextManager[None]:
        """See one moment of it, whatever other processes write meanwhile; to read only."""

    def claim(self, *, seconds: float = 15) -> AbstractContextManager[None]:
        """Keep what `claimed` holds for from other processes until the block ends, or has stood still for so long.

        Where there are other processes, the block is a transaction, and those inside are parts of it.
        """
        return nullcontext()

    def claimed(self, what: str, key: str) -> str:
        """Write a condition that holds for what nobody else has claimed, and claims it; `key` is an expression."""
        return "TRUE"

    def of_user(self, user_id: str) -> AbstractContextManager[None]:
        """Have this thread see and change what is this user's alone."""
        return nullcontext()

    def one_writer(self, user: int) -> None:  # noqa: B027 - one that is not shared has but one
        """Let nobody else write for a user until the transaction in hand ends."""

    def alone(self) -> None:  # noqa: B027 - one that is not shared always is
        """Check, until the transaction in hand ends, that no other process serves what is in it.

        Raises:
            Unavailable: one does.
        """

    def wipe(self) -> None:  # noqa: B027 - a server clears up by itself
        """Leave nothing of deleted rows in the ledger's files, or note that they are still to be written anew."""

    def write_anew(self) -> None:  # noqa: B027 - a server clears up by itself
        """Write the ledger's files anew, without what was deleted."""

    def tell(self, user_id: str) -> None:  # noqa: B027 - there is nobody else
        """Tell every process, this one too, that memories of a user have changed."""

    def listening(self, heard: Callable[[str], None]) -> AbstractContextManager[None]:
        """Hand on what is told while the block runs."""
        return nullcontext()

    def continue_keys(self, tables: Iterable[str]) -> None:  # noqa: B027 - one that does so by itself
        """Go on after the keys that rows were given when they were copied."""

    @abstractmethod
    def execute(self, sql: str, parameters: Parameters = ()) -> int:
        """Change rows and give the number of them."""

    def insert(self, table: str, **columns: object) -> int:
        """Insert a row and give its key."""
        sql = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks(columns)})"
        return self._insert(sql, list(columns.values()), key=key_of(table))

    @abstractmethod
    def _insert(self, sql: str, parameters: Parameters, *, key: str) -> int:
        """Insert a row and give its key, which is in the column of this name."""

    @abstractmethod
    def execute_many(self, sql: str, rows: Sequence[Parameters]) -> None:
        """Change many rows alike."""

    @abstractmethod
    def rows(self, sql: str, parameters: Parameters = ()) -> Sequence[ResultRow]:
        """Read rows."""

    def row(self, sql: str, parameters: Parameters = ()) -> ResultRow | None:
        """Read the first row, if there is one."""
        found = self.rows(sql, parameters)
        return found[0] if found else None

    def value(self, sql: str, parameters: Parameters = ()) -> Any:  # noqa: ANN401 - a column may hold anything
        """Read one value; None where there is no row."""
        found = self.row(sql, parameters)
        return found[0] if found else None

    def number(self, sql: str, parameters: Parameters = ()) -> int:
        """Read one number; 0 where there is no row or no value."""
        return int(self.value(sql, parameters) or 0)

    def column(self, sql: str, parameters: Parameters = ()) -> list[Any]:
        """Read the first column."""
        return [row[0] for row in self.rows(sql, parameters)]

    def among(self, sql: str, keys: Collection[int], *before: object) -> Iterator[ResultRow]:
        """Read rows by keys, however many, which fill `IN ({})` in a statement; `before` are the values before them."""
        for chunk in _chunks(keys):
            yield from self.rows(sql.format(marks(chunk)), (*before, *chunk))

    def keys_among(self, sql: str, keys: Collection[int], *before: object) -> set[int]:
        """Read the first column of rows by keys."""
        return {row[0] for row in self.among(sql, keys, *before)}

    def links(self, sql: str, keys: Collection[int]) -> dict[int, list[int]]:
        """Read rows by keys and give the second column of all that have the same first one, in the order read."""
        found: dict[int, list[int]] = {}
        for one, other in self.among(sql, keys):
            found.setdefault(one, []).append(other)
        return found

    def batches(self, sql: str, *parameters: object, size: int = 1_000) -> Iterator[Sequence[ResultRow]]:
        """Read a whole table part by part, with a statement that ends in `seq > ? ORDER BY seq LIMIT ?`."""
        last = 0
        while rows := self.rows(sql, (*parameters, last, size)):
            yield rows
            last = rows[-1]["seq"]

    def noted(self, name: str) -> str:
        """Return what was noted under a name, or an empty text."""
        return str(self.value("SELECT value FROM meta WHERE name = ?", (name,)) or "")

    def note(self, name: str, value: str) -> None:
        """Note a value under a name."""
        self.execute(
            "INSERT INTO meta VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value", (name, value)
        )

    def forget_note(self, name: str) -> None:
        """Forget what was noted under a name."""
        self.execute("DELETE FROM meta WHERE name = ?", (name,))

    def execute_among(self, sql: str, keys: Collection[int], *before: object) -> None:
        """Change rows by keys, however many."""
        for chunk in _chunks(keys):
            self.execute(sql.format(marks(chunk)), (*before, *chunk))


def _chunks(keys: Collection[int]) -> Iterator[list[int]]:
    ordered = list(keys)
    for start in range(0, len(ordered), READ_AT_ONCE):
        yield ordered[start : start + READ_AT_ONCE]
