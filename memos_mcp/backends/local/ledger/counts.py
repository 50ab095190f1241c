"""How much the ledger keeps of a user, in all and by the day."""

from memos_mcp.backends.local.ledger.database_interface import Database
from memos_mcp.core.api_models import Counts, Day, iso_time

DAY = 86_400_000  # milliseconds

_LONG_AGO = 1_000_000
"""Days before 1970 that are added while a time is divided, for a quotient below zero is rounded up."""


def _days(table: str, *, shift: int) -> str:
    """Count by days from one day that has something to the next, along the index of users and times.

    Grouped by the day, the rows would go through a sort: three times as long.
    """
    first = f"(min(create_time) + {shift} + {_LONG_AGO * DAY}) / {DAY} - {_LONG_AGO}"
    since, before = f"create_time >= day * {DAY} - {shift}", f"create_time < (day + 1) * {DAY} - {shift}"
    after = before.replace("<", ">=")
    return (
        f"WITH RECURSIVE found (day) AS (SELECT {first} FROM {table} WHERE user = ? UNION ALL SELECT"
        f" (SELECT {first} FROM {table} WHERE user = ? AND {after}) FROM found WHERE day IS NOT NULL)"
        f" SELECT day, (SELECT count(*) FROM {table} WHERE user = ? AND {since} AND {before}) FROM found"
        " WHERE day IS NOT NULL"
    )


def counts_of(database: Database, user: int) -> Counts:
    """Count what is kept; of memories and preferences together, those in force."""
    count = database.number
    return Counts(
        messages=count("SELECT count(*) FROM message WHERE user = ?", (user,)),
        memories=count("SELECT count(*) FROM memory WHERE user = ? AND status = 'activated'", (user,)),
        conversations=count("SELECT count(*) FROM conversation WHERE user = ?", (user,)),
    )


def days_of(database: Database, user: int, *, offset: int) -> tuple[Day, ...]:
    """Count messages and memories by the day on which they were said, all at `offset` minutes ahead of UTC."""
    counts: dict[int, dict[str, int]] = {}
    for table in ("message", "memory"):
        for day, count in database.rows(_days(table, shift=offset * 60_000), (user,) * 3):
            counts.setdefault(day, {})[table] = count
    return tuple(
        Day(date=iso_time(day * DAY)[:10], messages=found.get("message", 0), memories=found.get("memory", 0))
        for day, found in sorted(counts.items())
    )
