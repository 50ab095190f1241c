"""Memories and preferences in the ledger."""

import json
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import TypeVar

from memos_mcp.backends.local.extraction.base import Draft
from memos_mcp.backends.local.ledger.claim_keys import ClaimKeys
from memos_mcp.backends.local.ledger.database_interface import Database, Parameters, ResultRow
from memos_mcp.backends.local.ledger.message_info import is_public, other_speaker
from memos_mcp.backends.local.ledger.messages import IndexRow, message_id, read_seq
from memos_mcp.backends.local.retrieval.features import says_most_of
from memos_mcp.core.models import Memory, Preference

ALL_PUBLIC = (
    "EXISTS (SELECT 1 FROM source WHERE source.memory = memory.seq) AND NOT EXISTS (SELECT 1 FROM source"
    " JOIN message ON message.seq = source.message WHERE source.memory = memory.seq"
    f" AND NOT {is_public('message.info')})"
)
"""Whether other users may find a row of `memory`: every message that it was learnt from is public."""

T = TypeVar("T")


def memory_id(seq: int) -> str:
    """Write a memory's key as the id that callers see."""
    return f"k{seq}"


def memory_seq(identifier: str) -> int | None:
    """Read the key back from an id; None for what cannot be one."""
    return read_seq(identifier, "k")


def note_generation(database: Database, user: int) -> None:
    """Let those who hold memories of a user in another form know that one has changed or gone."""
    database.execute("UPDATE user SET memory_generation = memory_generation + 1 WHERE key = ?", (user,))


@dataclass(frozen=True, slots=True)
class MemoryRow:
    """A row of `memory` with its `conversation_id`, and the ids of its sources and of the memories that it replaced."""

    row: ResultRow
    sources: tuple[str, ...]
    supersedes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Memories:
    """The tables `memory` and `source`, as they are read, grow and shrink; `Changes` has what changes in between."""

    database: Database
    claims: ClaimKeys

    def add(
        self,
        draft: Draft,
        *,
        user: int,
        conversation: int,
        extractor: str,
        features: bytes,
        keys: Collection[int],
        now: int,
    ) -> int:
        """Store a memory with its sources; what its messages were labelled with, it is too.

        `features` and `keys` are what the index and the upkeep derive from its text.
        """
        with self.database.transaction():
            self.database.one_writer(user)
            label = self.database.row(
                "SELECT agent_id, app_id, tags, info, create_time FROM message WHERE seq = ?",
                (max(draft.sources),),
            )
            agent, app, tags, info, said = tuple(label) if label else ("", "", "[]", "{}", now)
            all_tags = json.dumps(list(dict.fromkeys([*draft.tags, *json.loads(tags)])), ensure_ascii=False)
            seq = self.database.insert(
                "memory",
                user=user,
                conversation=conversation,
                memory_key=draft.key,
                memory_value=draft.value,
                preference=draft.preference,
                reasoning=draft.reasoning,
                confidence=draft.confidence,
                memory_time=draft.memory_time,
                time_grain=draft.time_grain,
                create_time=said,
                update_time=now,
                extractor=extractor,
                agent_id=agent,
                app_id=app,
                tags=all_tags,
                info=info,
                features=features,
            )
            self.database.execute_many("INSERT INTO source VALUES (?, ?)", [(seq, one) for one in set(draft.sources)])
            self.claims.put(user, seq, keys)
            self.have_embedded(user, seq, features)
        return seq

    def have_embedded(self, user: int, seq: int, features: bytes) -> None:
        """Have a new memory embedded, unless it says most of what its messages do: then their vectors serve for it."""
        told = self.database.column(
            "SELECT features FROM source JOIN message ON message.seq = message WHERE memory = ?", (seq,)
        )
        if not says_most_of(features, told):
            self.database.execute("INSERT INTO pending (user, kind, seq) VALUES (?, 'memory', ?)", (user, seq))

    def rows_after(self, user: int, seq: int) -> list[IndexRow]:
        """Return what an index needs of the memories in force that were added after one."""
        sql = (
            "SELECT seq, conversation, coalesce(memory_time, create_time), features, preference IS NOT NULL FROM memory"
            " WHERE user = ? AND seq > ? AND status = 'activated' ORDER BY seq"
        )
        return [IndexRow(*row) for row in self.database.rows(sql, (user, seq))]

    def matching(self, user: int, condition: str, parameters: Parameters) -> set[int]:
        """Return the keys of the memories that meet a condition on the columns of `memory`."""
        return set(
            self.database.column(f"SELECT seq FROM memory WHERE user = ? AND ({condition})", (user, *parameters))
        )

    def by_seq(self, user: int, seqs: Collection[int]) -> dict[int, Memory | Preference]:
        """Return memories of this user by their keys, whatever their status."""
        return self.read(user, seqs, _stored)

    def read(self, user: int, seqs: Collection[int], make: Callable[[MemoryRow], T]) -> dict[int, T]:
        """Return what is made of memories of this user, by their keys, whatever their status."""
        sources = self.database.links("SELECT memory, message FROM source WHERE memory IN ({}) ORDER BY message", seqs)
        superseded = self.database.links(
            "SELECT superseded_by, seq FROM memory WHERE superseded_by IN ({}) ORDER BY seq", seqs
        )
        rows = self.database.among(
            "SELECT memory.*, conversation_id FROM memory JOIN conversation ON conversation.key = memory.conversation"
            " WHERE memory.user = ? AND memory.seq IN ({})",
            seqs,
            user,
        )
        return {
            (seq := row["seq"]): make(
                MemoryRow(
                    row,
                    tuple(map(message_id, sources.get(seq, ()))),
                    tuple(map(memory_id, superseded.get(seq, ()))),
                )
            )
            for row in rows
        }

    def superseded(self, seqs: Collection[int]) -> dict[int, list[int]]:
        """Return the keys of all memories in whose place each of these stands by now, the last archived first."""
        sql = (
            "WITH RECURSIVE past (head, seq) AS (SELECT superseded_by, seq FROM memory WHERE superseded_by IN ({})"
            " UNION SELECT head, memory.seq FROM memory JOIN past ON memory.superseded_by = past.seq)"
            " SELECT head, seq FROM past ORDER BY seq DESC"
        )
        return self.database.links(sql, seqs)

    def replacement(self, seq: int) -> tuple[int | None, bool]:
        """Return the key of the memory that stands in the place of another, and whether a correction put it there."""
        sql = "SELECT superseded_by, corrected_by IS NOT NULL FROM memory WHERE seq = ?"
        ((instead, corrected),) = self.database.rows(sql, (seq,))
        return instead, bool(corrected)

    def outdated_messages(self, user: int, *, after: int) -> set[int]:
        """Return the messages on which memories rest that are out of force, among those added after one."""
        sql = (
            "SELECT DISTINCT message FROM memory JOIN source ON source.memory = memory.seq"
            " WHERE memory.user = ? AND memory.seq > ? AND status = 'archived'"
        )
        return set(self.database.column(sql, (user, after)))

    def replaced_messages(self, messages: Collection[int], *, partly: bool = False) -> dict[int, int]:
        """Map those of the messages whose memories were all replaced or corrected to the message that did so last.

        With `partly`, those too of whose memories some were.
        """
        sql = _REPLACED.replace("WHOLLY", "" if partly else _WHOLLY)
        return {row["message"]: row["replacement"] for row in self.database.among(sql, messages)}

    def told_by(self, extractor: str, messages: Collection[int]) -> set[int]:
        """Return those of the messages that a memory of this extractor rests on."""
        sql = (
            "SELECT message FROM source JOIN memory ON memory.seq = source.memory"
            " WHERE extractor = ? AND message IN ({})"
        )
        return self.database.keys_among(sql, messages, extractor)

    def source_seqs(self, seq: int) -> tuple[int, ...]:
        """Return the keys of the messages that a memory was learnt from."""
        return tuple(self.database.column("SELECT message FROM source WHERE memory = ? ORDER BY message", (seq,)))

    def speakers(self, seqs: Collection[int]) -> dict[int, str]:
        """Return who said what a memory says, by name, where that is named and is not the user themself."""
        rows = self.database.among(
            "SELECT seq, info, user_id FROM memory JOIN user ON user.key = memory.user"
            " WHERE seq IN ({}) AND memory_value NOT LIKE '[assistant %'",
            seqs,
        )
        return {row["seq"]: name for row in rows if (name := other_speaker(row["info"], row["user_id"]))}

    def public(self, seqs: Collection[int]) -> set[int]:
        """Return those of the memories that other users may find."""
        return self.database.keys_among(f"SELECT seq FROM memory WHERE seq IN ({{}}) AND {ALL_PUBLIC}", seqs)

    def owner(self, seq: int) -> str | None:
        """Return the id of the user who has a memory."""
        return self.database.value(
            "SELECT user_id FROM memory JOIN user ON user.key = memory.user WHERE seq = ?", (seq,)
        )

    def newest(self, user: int, *, condition: str, parameters: Parameters, size: int, page: int) -> list[int]:
        """Return a page of the keys of the memories in force that meet a condition, newest first."""
        order = "ORDER BY update_time DESC, seq DESC LIMIT ? OFFSET ?"
        sql = f"SELECT seq FROM memory WHERE user = ? AND ({condition}) {order}"
        return self.database.column(sql, (user, *parameters, size, (page - 1) * size))

    def count(self, user: int, *, condition: str = "status = 'activated'", parameters: Parameters = ()) -> int:
        """Count the memories that meet a condition."""
        return self.database.number(
            f"SELECT count(*) FROM memory WHERE user = ? AND ({condition})", (user, *parameters)
        )


_REPLACED = """
WITH RECURSIVE chain (message, seq, corrected_by) AS (
    SELECT source.message, superseded_by, corrected_by FROM source JOIN memory ON memory.seq = source.memory
    WHERE source.message IN ({}) AND status = 'archived' AND (superseded_by IS NOT NULL OR corrected_by IS NOT NULL)
    UNION
    SELECT chain.message, memory.superseded_by, coalesce(memory.corrected_by, chain.corrected_by)
    FROM chain JOIN memory ON memory.seq = chain.seq WHERE memory.status = 'archived'
), replacing (message, replacement) AS (
    SELECT message, corrected_by FROM chain WHERE corrected_by IS NOT NULL
    UNION ALL
    SELECT chain.message, max(source.message) FROM chain JOIN source ON source.memory = chain.seq
    GROUP BY chain.message, chain.seq
)
SELECT message, max(replacement) AS replacement FROM replacing WHOLLY GROUP BY message
HAVING max(replacement) <> message
"""
_WHOLLY = """WHERE NOT EXISTS (
    SELECT 1 FROM source JOIN memory ON memory.seq = source.memory
    WHERE source.message = replacing.message AND status = 'activated'
    AND memory.seq NOT IN (SELECT seq FROM chain WHERE chain.message = replacing.message AND seq IS NOT NULL)
)"""


def _stored(found: MemoryRow) -> Memory | Preference:
    row = found.row
    fields = dict(row) | {
        "id": memory_id(row["seq"]),
        "tags": json.loads(row["tags"]),
        "sources": found.sources,
        "supersedes": found.supersedes,
        "superseded_by": "" if row["superseded_by"] is None else memory_id(row["superseded_by"]),
    }
    if row["preference"]:
        told = {"preference": row["memory_value"], "preference_type": row["preference"]}
        return Preference.model_validate(fields | told)
    return Memory.model_validate(fields)
