"""Changes of memories in the ledger: each goes into the history, with what it takes to undo it."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import NamedTuple

from memos_mcp.backends.local.extraction.base import Draft
from memos_mcp.backends.local.ledger.claim_keys import ClaimKeys
from memos_mcp.backends.local.ledger.database_interface import Database, marks
from memos_mcp.backends.local.ledger.history import History
from memos_mcp.backends.local.ledger.memories import Memories, note_generation
from memos_mcp.backends.local.retrieval.features import analyse_memory


class MemoryText(NamedTuple):
    """The words that a memory is told in."""

    title: str
    value: str
    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Changes:
    """The tables `memory` and `source`, as they change; the vector index and the lexical one follow.

    The methods that begin with `put_` note nothing: they are called inside a transaction that notes why.
    """

    database: Database
    memories: Memories
    claims: ClaimKeys
    history: History

    def wording(self, seq: int) -> MemoryText:
        """Return the words that a memory is told in."""
        row = self.database.rows("SELECT memory_key, memory_value, tags FROM memory WHERE seq = ?", (seq,))[0]
        return MemoryText(row["memory_key"], row["memory_value"], tuple(json.loads(row["tags"])))

    def rewrite(
        self,
        user: int,
        seq: int,
        *,
        title: str,
        value: str,
        keys: Collection[int],
        now: int,
        tags: Sequence[str] | None = None,
    ) -> None:
        """Give a memory another text and, where they are given, other tags; what it was goes into its history."""
        with self.database.transaction():
            self.database.one_writer(user)
            after: dict[str, object] = {"memory_key": title, "memory_value": value}
            if tags is not None and (written := json.dumps(tags, ensure_ascii=False)) != json.dumps(
                self.wording(seq).tags, ensure_ascii=False
            ):
                after["tags"] = written
            self._note(seq, "rewritten", now=now, after=after)
            self.put_text(user, seq, title=title, value=value, keys=keys, now=now)
            if tags is not None:
                self.put_tags(seq, json.dumps(tags, ensure_ascii=False))

    def put_tags(self, seq: int, tags: str) -> None:
        """Give a memory other tags, a JSON list."""
        self.database.execute("UPDATE memory SET tags = ? WHERE seq = ?", (tags, seq))

    def restore(self, user: int, seq: int, *, now: int) -> None:
        """Put a memory back into force."""
        after = {"status": "activated", "superseded_by": None, "corrected_by": None}
        with self.database.transaction():
            self.database.one_writer(user)
            self.database.execute("UPDATE history SET undone = 1 WHERE memory = ? AND event = 'archived'", (seq,))
            self._note(seq, "restored", now=now, after=after)
            self.put_status(user, seq, after, now=now)

    def put_text(self, user: int, seq: int, *, title: str, value: str, keys: Collection[int], now: int) -> None:
        """Give a memory another text."""
        self.database.execute(
            "UPDATE memory SET memory_key = ?, memory_value = ?, features = ?, update_time = ? WHERE seq = ?",
            (title, value, analyse_memory(value), now, seq),
        )
        self.claims.put(user, seq, keys)
        self.database.execute("DELETE FROM memory_vector WHERE seq = ?", (seq,))
        self.database.execute("INSERT INTO pending (user, kind, seq) VALUES (?, 'memory', ?)", (user, seq))
        note_generation(self.database, user)

    def archive(
        self,
        user: int,
        seq: int,
        *,
        superseded_by: int | None,
        now: int,
        corrected_by: int | None = None,
        remainder: int | None = None,
    ) -> None:
        """Take a memory out of force, with a link to the one that stands in its place.

        `corrected_by` is the message that says that it does not hold; `remainder` the memory that goes on saying what
        of it still does.
        """
        after = {"status": "archived", "superseded_by": superseded_by, "corrected_by": corrected_by}
        with self.database.transaction():
            self.database.one_writer(user)
            self._note(seq, "archived", now=now, after=after, beside={"remainder": remainder} if remainder else {})
            self.put_status(user, seq, after, now=now)

    def put_status(self, user: int, seq: int, status: Mapping[str, object], *, now: int) -> None:
        """Give a memory another `status`, `superseded_by` and `corrected_by`."""
        self.database.execute(
            "UPDATE memory SET status = ?, superseded_by = (SELECT seq FROM memory WHERE seq = ?), corrected_by = ?,"
            " update_time = ? WHERE seq = ?",
            (status["status"], status["superseded_by"], status["corrected_by"], now, seq),
        )
        note_generation(self.database, user)

    def link_corrected(self, seq: int, messages: Collection[int], *, now: int) -> None:
        """Let a memory stand in the place of those that its messages took out of force."""
        condition = f"corrected_by IN ({marks(messages)}) AND superseded_by IS NULL AND status = 'archived'"
        for one in self.database.column(f"SELECT seq FROM memory WHERE {condition}", tuple(messages)):
            self._note(one, "linked", now=now, after={"superseded_by": seq})
            self.database.execute("UPDATE memory SET superseded_by = ? WHERE seq = ?", (seq, one))

    def strengthen(self, seq: int, draft: Draft, *, confidence: float, now: int) -> None:
        """Let a memory that a draft repeats gain its sources, and confidence."""
        with self.database.transaction():
            gained = sorted(set(draft.sources) - set(self.memories.source_seqs(seq)))
            beside = {"sources": gained, "repeated": asdict(draft)}
            self._note(seq, "strengthened", now=now, after={"confidence": confidence}, beside=beside)
            self.database.execute_many("INSERT INTO source VALUES (?, ?)", [(seq, one) for one in gained])
            self.put_confidence(seq, confidence, now=now)

    def put_confidence(self, seq: int, confidence: float, *, now: int) -> None:
        """Give a memory another confidence."""
        self.database.execute("UPDATE memory SET confidence = ?, update_time = ? WHERE seq = ?", (confidence, now, seq))

    def take_sources(self, seq: int, sources: Collection[int]) -> None:
        """Name messages as sources of a memory no more."""
        self.database.execute_many(
            "DELETE FROM source WHERE memory = ? AND message = ?", [(seq, one) for one in sources]
        )

    def _note(
        self, seq: int, event: str, *, now: int, after: Mapping[str, object], beside: Mapping[str, object] | None = None
    ) -> None:
        row = self.database.row(
            "SELECT memory_key, memory_value, tags, status, confidence, superseded_by, corrected_by FROM memory"
            " WHERE seq = ?",
            (seq,),
        )
        before = {} if row is None else {name: row[name] for name in after}
        self.history.note(seq, event, now=now, before=before, after={**after, **(beside or {})})
