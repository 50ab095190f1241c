"""What is still to be done for the vector index, by whichever process comes first."""

from dataclasses import dataclass

from memos_mcp.backends.local.ledger.database_interface import Database

_MOST_LOOKED_AT = 100
"""Users among whom one is sought that nobody else has claimed."""

_WITHOUT_VECTOR = (
    "SELECT pending.user FROM pending JOIN {kind} ON {kind}.seq = pending.seq WHERE kind = '{kind}'"
    " AND NOT EXISTS (SELECT 1 FROM {kind}_vector WHERE {kind}_vector.seq = pending.seq)"
)
_TO_EMBED = (
    f"SELECT DISTINCT user FROM ({_WITHOUT_VECTOR.format(kind='message')}"
    f" UNION ALL {_WITHOUT_VECTOR.format(kind='memory')}) AS texts LIMIT ?"
)
_TO_FEED = """
SELECT pending.user FROM pending
    LEFT JOIN message ON kind = 'message' AND message.seq = pending.seq
    LEFT JOIN memory ON kind = 'memory' AND memory.seq = pending.seq
    LEFT JOIN message_vector ON kind = 'message' AND message_vector.seq = pending.seq
    LEFT JOIN memory_vector ON kind = 'memory' AND memory_vector.seq = pending.seq
WHERE message_vector.seq IS NOT NULL OR memory_vector.seq IS NOT NULL OR (message.seq IS NULL AND memory.seq IS NULL)
GROUP BY pending.user
HAVING count(*) >= ? OR min(since) <= clock_millis() - ? OR count(message.seq) + count(memory.seq) < count(*)
ORDER BY min(pending.key) LIMIT ?
"""


@dataclass(frozen=True, slots=True)
class IndexWork:
    """Finds and claims a user of whom there is something to do; used inside `claim` of a shared database."""

    database: Database

    def to_embed(self) -> int | None:
        """Claim a user who has texts without a vector."""
        return self._claimed(_TO_EMBED, _MOST_LOOKED_AT)

    def to_feed(self, *, enough: int, settled: float) -> int | None:
        """Claim a user of whom so much waits for the index, or for so many seconds, or whose texts are gone."""
        return self._claimed(_TO_FEED, enough, round(settled * 1000), _MOST_LOOKED_AT)

    def _claimed(self, users: str, *parameters: int) -> int | None:
        claimed = self.database.claimed("vectors of", "due.user")
        return self.database.number(f"SELECT user FROM ({users}) AS due WHERE {claimed} LIMIT 1", parameters) or None
