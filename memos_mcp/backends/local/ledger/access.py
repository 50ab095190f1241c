"""Tokens and counts of calls, in tables beside the ledger that replicas share."""

from collections.abc import Mapping
from dataclasses import dataclass

from memos_mcp.backends.local.ledger.database_interface import Database

_COUNT = """
INSERT INTO call_count (period, token, calls) VALUES (clock_millis() / ?, ?, ?)
ON CONFLICT (period, token) DO UPDATE SET calls = call_count.calls + excluded.calls
"""

# A sliding window: the calls of this period, and of those of the last the part that the window still covers.
_COUNTED = """
SELECT token, sum(CASE WHEN period = now / length THEN calls ELSE calls * (1 - (now % length)::float8 / length) END)
FROM call_count, (SELECT clock_millis() AS now, CAST(? AS BIGINT) AS length) AS moment
WHERE period >= now / length - 1 GROUP BY token
"""


@dataclass(frozen=True, slots=True)
class Access:
    """The tables `access_token` and `call_count`."""

    database: Database

    def close(self) -> None:
        """Let go of the database."""
        self.database.close()

    def tokens(self) -> list[tuple[str, str]]:
        """Return the digest of each token and its user, in the order in which they were made."""
        rows = self.database.rows("SELECT kept, user_id FROM access_token ORDER BY created, kept")
        return [(row["kept"], row["user_id"]) for row in rows]

    def add_token(self, kept: str, user_id: str) -> None:
        """Keep a token by its digest."""
        self.database.execute("INSERT INTO access_token (kept, user_id) VALUES (?, ?)", (kept, user_id))

    def remove_token(self, kept: str) -> None:
        """Keep a token no more."""
        self.database.execute("DELETE FROM access_token WHERE kept = ?", (kept,))

    def count(self, calls: Mapping[str, int], *, seconds: int) -> dict[str, float]:
        """Count calls, and return those of each token in the last so many seconds, at all replicas together."""
        length = 1000 * seconds
        self.database.execute("DELETE FROM call_count WHERE period < clock_millis() / ? - 1", (length,))
        with self.database.transaction():
            self.database.execute_many(_COUNT, [(length, token, calls[token]) for token in sorted(calls)])
            return {row[0]: float(row[1]) for row in self.database.rows(_COUNTED, (length,))}
