"""Copying all rows from one ledger into another, whatever databases they are in, and comparing the two."""

import hashlib
from collections.abc import Callable, Iterator
from typing import Final

from memos_mcp.backends.local.ledger.database_interface import Database, ResultRow
from memos_mcp.core.errors import InvalidRequest, Unavailable

KEYS: Final = {
    "user": ("key",),
    "conversation": ("key",),
    "task": ("key",),
    "message": ("seq",),
    "memory": ("seq",),
    "source": ("memory", "message"),
    "claim": ("user", "key", "memory"),
    "history": ("key",),
    "message_vector": ("seq",),
    "memory_vector": ("seq",),
    "pending": ("key",),
    "meta": ("name",),
}
"""Every table with the columns that tell its rows apart, in an order in which each refers to those before it."""

MOVING: Final = "moving_from"
"""Noted in a ledger that is not all there yet: the identity of the one that it is copied from."""

AT_ONCE = 2_000

_NUMBERED = ("user", "conversation", "task", "message", "memory", "history", "pending")
"""Tables whose keys are given by the database."""

_LINKS = ("superseded_by", "corrected_by")
_ONE_SIDED = ("removals", "since")
"""Columns that one kind of database has for itself."""

_OWN_NOTES = ("format", MOVING)


class Migration:
    """One copy; where it was ended, another takes it up again."""

    def __init__(self, source: Database, target: Database) -> None:
        """Take two open ledgers of this version's format."""
        self._source = source
        self._target = target

    def count(self) -> int:
        """Count the rows to be copied and, after that, compared."""
        return 2 * sum(self._source.number(f"SELECT count(*) FROM {table}") for table in KEYS)

    def check(self, identity: str) -> None:
        """Begin, or go on with what was begun.

        Raises:
            InvalidRequest: the target has something of its own.
        """
        known = self._target.row("SELECT value FROM meta WHERE name = ?", (MOVING,))
        if known is None and self._target.number("SELECT count(*) FROM user"):
            raise InvalidRequest("The ledger to move to is not empty; nothing was changed. Name an empty one.")
        if known is not None and known["value"] != identity:
            raise InvalidRequest("Another ledger is being moved to that one; nothing was changed. Name an empty one.")
        self._target.execute("INSERT INTO meta VALUES (?, ?) ON CONFLICT DO NOTHING", (MOVING, identity))

    def copy(self, report: Callable[[int], None]) -> None:
        """Copy what is not there yet, reporting each number of rows."""
        for table in KEYS:
            report(self._target.number(f"SELECT count(*) FROM {table}") if table != "meta" else 0)
            for rows in self._batches(self._source, table, after=self._last(table)):
                self._put(table, rows)
                report(len(rows))
        for rows in self._batches(
            self._source, "memory", where="superseded_by IS NOT NULL OR corrected_by IS NOT NULL"
        ):
            self._target.execute_many(
                "UPDATE memory SET superseded_by = ?, corrected_by = ? WHERE seq = ?",
                [(row["superseded_by"], row["corrected_by"], row["seq"]) for row in rows],
            )
        self._target.continue_keys(_NUMBERED)

    def compare(self, report: Callable[[int], None]) -> None:
        """Compare both, row by row, and let the target be used.

        Raises:
            Unavailable: they differ; the target is not to be used.
        """
        for table in KEYS:
            here, there = (self._digest(database, table, report) for database in (self._source, self._target))
            if here != there:
                raise Unavailable(
                    f"The two ledgers differ in {table}: {here[0]} rows there were, {there[0]} there are. If something "
                    "was stored meanwhile, end what stores it; then begin anew with an empty ledger."
                )
        self._target.forget_note(MOVING)

    def _last(self, table: str) -> tuple[object, ...] | None:
        if table == "meta":
            return None
        keys = KEYS[table]
        order = ", ".join(f"{key} DESC" for key in keys)
        row = self._target.row(f"SELECT {', '.join(keys)} FROM {table} ORDER BY {order} LIMIT 1")
        return None if row is None else tuple(row)

    def _batches(
        self, database: Database, table: str, *, after: tuple[object, ...] | None = None, where: str = "TRUE"
    ) -> Iterator[list[ResultRow]]:
        keys = ", ".join(KEYS[table])
        marks = ", ".join("?" * len(KEYS[table]))
        while True:
            beyond, parameters = (f"({keys}) > ({marks})", after) if after else ("TRUE", ())
            sql = f"SELECT * FROM {table} WHERE ({where}) AND {beyond} ORDER BY {keys} LIMIT ?"
            rows = list(database.rows(sql, (*parameters, AT_ONCE)))
            if not rows:
                return
            yield rows
            after = tuple(rows[-1][key] for key in KEYS[table])

    def _put(self, table: str, rows: list[ResultRow]) -> None:
        columns = _columns(rows[0])
        marks = ", ".join("?" * len(columns))
        kept = [row for row in rows if table != "meta" or row["name"] not in _OWN_NOTES]
        left_out = _LINKS if table == "memory" else ()
        values = [[None if name in left_out else row[name] for name in columns] for row in kept]
        again = " ON CONFLICT (name) DO UPDATE SET value = excluded.value" if table == "meta" else ""
        with self._target.transaction():
            self._target.execute_many(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks}){again}", values)

    def _digest(self, database: Database, table: str, report: Callable[[int], None]) -> tuple[int, str]:
        digest, count = hashlib.sha256(), 0
        notes = sorted(
            database.rows("SELECT * FROM meta"), key=lambda row: str(row["name"])
        )  # each sorts in its own way
        for rows in [notes] if table == "meta" else self._batches(database, table):
            for row in rows:
                if table == "meta" and row["name"] in _OWN_NOTES:
                    continue
                digest.update(repr([(name, row[name]) for name in _columns(row)]).encode("utf-8", "surrogatepass"))
                count += 1
            report(len(rows) if database is self._source else 0)
        return count, digest.hexdigest()


def _columns(row: ResultRow) -> list[str]:
    return sorted(name for name in row.keys() if name not in _ONE_SIDED)  # noqa: SIM118 - iterating gives values
