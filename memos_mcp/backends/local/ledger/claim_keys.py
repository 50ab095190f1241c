"""By which a new statement finds the memories that it may repeat or update."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from memos_mcp.backends.local.ledger.database_interface import Database, marks
from memos_mcp.core.models import Grain

CANDIDATES = 50
"""The most memories that are compared for one key: the newest."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A memory in force: its text, when it was said and what time it speaks of (epoch milliseconds)."""

    seq: int
    value: str
    preference: Literal["explicit_preference", "implicit_preference"] | None
    conversation: int
    said: int
    memory_time: int | None
    time_grain: Grain | None
    confidence: float
    extractor: str


@dataclass(frozen=True, slots=True)
class ClaimKeys:
    """The table `claim`, and the memories in force that it leads to."""

    database: Database

    def put(self, user: int, memory: int, keys: Collection[int]) -> None:
        """Let a memory be found under these keys and no others."""
        with self.database.transaction():
            self.database.execute("DELETE FROM claim WHERE memory = ?", (memory,))
            self.database.execute_many(
                "INSERT INTO claim (user, key, memory) VALUES (?, ?, ?)", [(user, key, memory) for key in sorted(keys)]
            )

    def sharing(self, user: int, keys: Collection[int]) -> list[Candidate]:
        """Return the newest memories in force that are found under one of these keys, newest first."""
        found: dict[int, Candidate] = {}
        for key in sorted(keys):  # one by one: each stops at its newest, however many there are
            rows = self.database.rows(
                f"SELECT {_OF_MEMORY} FROM claim JOIN memory ON memory.seq = claim.memory"
                " WHERE claim.user = ? AND key = ? AND status = 'activated' ORDER BY claim.memory DESC LIMIT ?",
                (user, key, CANDIDATES),
            )
            found |= {row["seq"]: Candidate(*row) for row in rows}
        return [found[seq] for seq in sorted(found, reverse=True)]

    def saying(self, user: int, words: str) -> list[Candidate]:
        """Return the newest memories in force that have these words, in any case of ASCII letters, newest first."""
        said = "user = ? AND status = 'activated' AND instr(lower(memory_value), ?) > 0"
        sql = f"SELECT {_COLUMNS} FROM memory WHERE {said} ORDER BY seq DESC LIMIT ?"
        rows = self.database.rows(sql, (user, words.lower(), CANDIDATES))
        return [Candidate(*row) for row in rows]

    def in_force(self, user: int, seqs: Collection[int]) -> list[Candidate]:
        """Return those of a user's memories that are in force, in the order of their keys."""
        sql = f"SELECT {_COLUMNS} FROM memory WHERE user = ? AND status = 'activated' AND seq IN ({marks(seqs)})"
        return [Candidate(*row) for row in self.database.rows(f"{sql} ORDER BY seq", (user, *seqs))]

    def of(self, seq: int) -> Candidate:
        """Return a memory that exists, whatever its status."""
        return Candidate(*self.database.rows(f"SELECT {_COLUMNS} FROM memory WHERE seq = ?", (seq,))[0])


_COLUMNS = "seq, memory_value, preference, conversation, create_time, memory_time, time_grain, confidence, extractor"
_OF_MEMORY = ", ".join(f"memory.{column}" for column in _COLUMNS.split(", "))
