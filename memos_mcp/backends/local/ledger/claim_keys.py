"""By which a new statement finds the memories that it may repeat or update."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Literal

from memos_mcp.backends.local.ledger.database_interface import Database
from memos_mcp.backends.local.ledger.messages import marks
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


class ClaimKeys:
    """The table `claim`, and the memories in force that it leads to."""

    def __init__(self, database: Database) -> None:
        """Take an open ledger file."""
        self._database = database

    def put(self, user: int, memory: int, keys: Collection[int]) -> None:
        """Let a memory be found under these keys and no others."""
        with self._database.transaction():
            self._database.execute("DELETE FROM claim WHERE memory = ?", (memory,))
            self._database.execute_many(
                "INSERT INTO claim (user, key, memory) VALUES (?, ?, ?)", [(user, key, memory) for key in sorted(keys)]
            )

    def sharing(self, user: int, keys: Collection[int]) -> list[Candidate]:
        """Return the newest memories in force that are found under one of these keys, newest first."""
        found: dict[int, Candidate] = {}
        for key in sorted(keys):  # one by one: each stops at its newest, however many there are
            rows = self._database.rows(
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
        rows = self._database.rows(sql, (user, words.lower(), CANDIDATES))
        return [Candidate(*row) for row in rows]

    def in_force(self, user: int, seqs: Collection[int]) -> list[Candidate]:
        """Return those of a user's memories that are in force, in the order of their keys."""
        sql = f"SELECT {_COLUMNS} FROM memory WHERE user = ? AND status = 'activated' AND seq IN ({marks(seqs)})"
        return [Candidate(*row) for row in self._database.rows(f"{sql} ORDER BY seq", (user, *seqs))]

    def of(self, seq: int) -> Candidate:
        """Return a memory that exists, whatever its status."""
        return Candidate(*self._database.rows(f"SELECT {_COLUMNS} FROM memory WHERE seq = ?", (seq,))[0])

    def derive_again(self, keys: Callable[[str], Collection[int]]) -> None:
        """Derive the keys of every memory anew, after a change in how they are derived."""
        with self._database.transaction():
            last = 0
            while rows := self._database.rows(
                "SELECT seq, user, memory_value FROM memory WHERE seq > ? ORDER BY seq LIMIT 1000", (last,)
            ):
                for row in rows:
                    self.put(row["user"], row["seq"], keys(row["memory_value"]))
                last = rows[-1]["seq"]


_COLUMNS = "seq, memory_value, preference, conversation, create_time, memory_time, time_grain, confidence, extractor"
_OF_MEMORY = ", ".join(f"memory.{column}" for column in _COLUMNS.split(", "))
