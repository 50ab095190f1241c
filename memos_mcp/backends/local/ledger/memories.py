"""Memories and preferences in the ledger."""

import json
from collections.abc import Collection

from memos_mcp.backends.local.extraction.base import Draft
from memos_mcp.backends.local.ledger.claim_keys import ClaimKeys
from memos_mcp.backends.local.ledger.database_interface import Database, Parameters, ResultRow
from memos_mcp.backends.local.ledger.message_info import is_public, other_speaker
from memos_mcp.backends.local.ledger.messages import IndexRow, in_chunks, marks, message_id, read_seq
from memos_mcp.backends.local.retrieval.features import says_most_of
from memos_mcp.core.models import Memory, Preference

ALL_PUBLIC = (
    "EXISTS (SELECT 1 FROM source WHERE source.memory = memory.seq) AND NOT EXISTS (SELECT 1 FROM source"
    " JOIN message ON message.seq = source.message WHERE source.memory = memory.seq"
    f" AND NOT {is_public('message.info')})"
)
"""Whether other users may find a row of `memory`: every message that it was learnt from is public."""


def memory_id(seq: int) -> str:
    """Write a memory's key as the id that callers see."""
    return f"k{seq}"


def memory_seq(identifier: str) -> int | None:
    """Read the key back from an id; None for what cannot be one."""
    return read_seq(identifier, "k")


def note_generation(database: Database, user: int) -> None:
    """Let those who hold memories of a user in another form know that one has changed or gone."""
    database.execute("UPDATE user SET memory_generation = memory_generation + 1 WHERE key = ?", (user,))


class Memories:
    """The tables `memory` and `source`, as they are read, grow and shrink; `Changes` has what changes in between."""

    def __init__(self, database: Database, claims: ClaimKeys) -> None:
        """Take an open ledger file, and where the keys of new memories go."""
        self._database = database
        self._claims = claims

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
        with self._database.transaction():
            self._database.one_writer(user)
            label = self._database.row(
                "SELECT agent_id, app_id, tags, info, create_time FROM message WHERE seq = ?",
                (max(draft.sources),),
            )
            agent, app, tags, info, said = tuple(label) if label else ("", "", "[]", "{}", now)
            all_tags = json.dumps(list(dict.fromkeys([*draft.tags, *json.loads(tags)])), ensure_ascii=False)
            seq = self._database.insert(
                "INSERT INTO memory (user, conversation, memory_key, memory_value, preference, reasoning, confidence,"
                " memory_time, time_grain, create_time, update_time, extractor, agent_id, app_id, tags, info, features)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    user,
                    conversation,
                    draft.key,
                    draft.value,
                    draft.preference,
                    draft.reasoning,
                    draft.confidence,
                    draft.memory_time,
                    draft.time_grain,
                    said,
                    now,
                    extractor,
                    agent,
                    app,
                    all_tags,
                    info,
                    features,
                ),
                key="seq",
            )
            self._database.execute_many("INSERT INTO source VALUES (?, ?)", [(seq, one) for one in set(draft.sources)])
            self._claims.put(user, seq, keys)
            self.have_embedded(user, seq, features)
        return seq

    def have_embedded(self, user: int, seq: int, features: bytes) -> None:
        """Have a new memory embedded, unless it says most of what its messages do: then their vectors serve for it."""
        rows = self._database.rows(
            "SELECT features FROM source JOIN message ON message.seq = message WHERE memory = ?", (seq,)
        )
        if not says_most_of(features, [row["features"] for row in rows]):
            self._database.execute("INSERT INTO pending (user, kind, seq) VALUES (?, 'memory', ?)", (user, seq))

    def rows_after(self, user: int, seq: int) -> list[IndexRow]:
        """Return what an index needs of the memories in force that were added after one."""
        sql = (
            "SELECT seq, conversation, coalesce(memory_time, create_time), features FROM memory"
            " WHERE user = ? AND seq > ? AND status = 'activated' ORDER BY seq"
        )
        return [IndexRow(*row) for row in self._database.rows(sql, (user, seq))]

    def matching(self, user: int, condition: str, parameters: Parameters) -> set[int]:
        """Return the keys of the memories that meet a condition on the columns of `memory`."""
        sql = f"SELECT seq FROM memory WHERE user = ? AND ({condition})"
        return {row["seq"] for row in self._database.rows(sql, (user, *parameters))}

    def by_seq(self, user: int, seqs: Collection[int]) -> dict[int, Memory | Preference]:
        """Return memories of this user by their keys, whatever their status."""
        found: dict[int, Memory | Preference] = {}
        for chunk in in_chunks(seqs):
            rows = self._database.rows(
                f"{_STORED} WHERE memory.user = ? AND memory.seq IN ({marks(chunk)})", (user, *chunk)
            )
            sources, superseded = self._sources(chunk), self._superseded(chunk)
            for row in rows:
                seq = row["seq"]
                found[seq] = _stored(row, sources=sources.get(seq, ()), supersedes=superseded.get(seq, ()))
        return found

    def superseded(self, seqs: Collection[int]) -> dict[int, list[int]]:
        """Return the keys of all memories in whose place each of these stands by now, the last archived first."""
        sql = (
            f"WITH RECURSIVE past (head, seq) AS (SELECT superseded_by, seq FROM memory WHERE superseded_by IN"
            f" ({marks(seqs)}) UNION SELECT head, memory.seq FROM memory JOIN past ON memory.superseded_by = past.seq)"
            " SELECT head, seq FROM past ORDER BY seq DESC"
        )
        found: dict[int, list[int]] = {}
        for row in self._database.rows(sql, tuple(seqs)):
            found.setdefault(row["head"], []).append(row["seq"])
        return found

    def outdated_messages(self, user: int, *, after: int) -> set[int]:
        """Return the messages on which memories rest that are out of force, among those added after one."""
        sql = (
            "SELECT DISTINCT message FROM memory JOIN source ON source.memory = memory.seq"
            " WHERE memory.user = ? AND memory.seq > ? AND status = 'archived'"
        )
        return {row["message"] for row in self._database.rows(sql, (user, after))}

    def replaced_messages(self, messages: Collection[int]) -> dict[int, int]:
        """Map those of the messages whose memories were all replaced or corrected to the message that did so last."""
        found: dict[int, int] = {}
        for chunk in in_chunks(messages):
            for row in self._database.rows(_REPLACED.format(marks(chunk)), tuple(chunk)):
                found[row["message"]] = row["replacement"]
        return found

    def _superseded(self, seqs: Collection[int]) -> dict[int, tuple[str, ...]]:
        sql = f"SELECT seq, superseded_by FROM memory WHERE superseded_by IN ({marks(seqs)}) ORDER BY seq"
        found: dict[int, tuple[str, ...]] = {}
        for row in self._database.rows(sql, tuple(seqs)):
            found[row["superseded_by"]] = (*found.get(row["superseded_by"], ()), memory_id(row["seq"]))
        return found

    def _sources(self, seqs: Collection[int]) -> dict[int, tuple[str, ...]]:
        sql = f"SELECT memory, message FROM source WHERE memory IN ({marks(seqs)}) ORDER BY message"
        found: dict[int, tuple[str, ...]] = {}
        for row in self._database.rows(sql, tuple(seqs)):
            found[row["memory"]] = (*found.get(row["memory"], ()), message_id(row["message"]))
        return found

    def told_by(self, extractor: str, messages: Collection[int]) -> set[int]:
        """Return those of the messages that a memory of this extractor rests on."""
        sql = (
            "SELECT message FROM source JOIN memory ON memory.seq = source.memory"
            f" WHERE extractor = ? AND message IN ({marks(messages)})"
        )
        return {row["message"] for row in self._database.rows(sql, (extractor, *messages))}

    def source_seqs(self, seq: int) -> tuple[int, ...]:
        """Return the keys of the messages that a memory was learnt from."""
        rows = self._database.rows("SELECT message FROM source WHERE memory = ? ORDER BY message", (seq,))
        return tuple(row["message"] for row in rows)

    def preferences(self, seqs: Collection[int]) -> set[int]:
        """Return those of the memories that are preferences."""
        found: set[int] = set()
        for chunk in in_chunks(seqs):
            sql = f"SELECT seq FROM memory WHERE preference IS NOT NULL AND seq IN ({marks(chunk)})"
            found |= {row["seq"] for row in self._database.rows(sql, chunk)}
        return found

    def speakers(self, seqs: Collection[int]) -> dict[int, str]:
        """Return who said what a memory says, by name, where that is named and is not the user themself."""
        found: dict[int, str] = {}
        for chunk in in_chunks(seqs):
            rows = self._database.rows(
                "SELECT seq, info, user_id FROM memory JOIN user ON user.key = memory.user"
                f" WHERE seq IN ({marks(chunk)}) AND memory_value NOT LIKE '[assistant %'",
                chunk,
            )
            found |= {row["seq"]: name for row in rows if (name := other_speaker(row["info"], row["user_id"]))}
        return found

    def public(self, seqs: Collection[int]) -> set[int]:
        """Return those of the memories that other users may find."""
        found: set[int] = set()
        for chunk in in_chunks(seqs):
            sql = f"SELECT seq FROM memory WHERE seq IN ({marks(chunk)}) AND {ALL_PUBLIC}"
            found |= {row["seq"] for row in self._database.rows(sql, chunk)}
        return found

    def owner(self, seq: int) -> str | None:
        """Return the id of the user who has a memory."""
        row = self._database.row("SELECT user_id FROM memory JOIN user ON user.key = memory.user WHERE seq = ?", (seq,))
        return None if row is None else str(row["user_id"])

    def newest(self, user: int, *, condition: str, parameters: Parameters, size: int, page: int) -> list[int]:
        """Return a page of the keys of the memories in force that meet a condition, newest first."""
        order = "ORDER BY update_time DESC, seq DESC LIMIT ? OFFSET ?"
        sql = f"SELECT seq FROM memory WHERE user = ? AND ({condition}) {order}"
        return [row["seq"] for row in self._database.rows(sql, (user, *parameters, size, (page - 1) * size))]

    def count(self, user: int, *, condition: str = "status = 'activated'", parameters: Parameters = ()) -> int:
        """Count the memories that meet a condition."""
        return self._database.number(
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
SELECT message, max(replacement) AS replacement FROM replacing WHERE NOT EXISTS (
    SELECT 1 FROM source JOIN memory ON memory.seq = source.memory
    WHERE source.message = replacing.message AND status = 'activated'
    AND memory.seq NOT IN (SELECT seq FROM chain WHERE chain.message = replacing.message AND seq IS NOT NULL)
) GROUP BY message HAVING max(replacement) <> message
"""

_STORED = "SELECT memory.*, conversation_id FROM memory JOIN conversation ON conversation.key = memory.conversation"


def _stored(row: ResultRow, *, sources: tuple[str, ...], supersedes: tuple[str, ...]) -> Memory | Preference:
    superseded_by = "" if row["superseded_by"] is None else memory_id(row["superseded_by"])
    if row["preference"]:
        return Preference(
            id=memory_id(row["seq"]),
            preference=row["memory_value"],
            preference_type=row["preference"],
            reasoning=row["reasoning"],
            conversation_id=row["conversation_id"],
            status=row["status"],
            create_time=row["create_time"],
            update_time=row["update_time"],
            sources=sources,
            supersedes=supersedes,
            superseded_by=superseded_by,
        )
    return Memory(
        id=memory_id(row["seq"]),
        memory_key=row["memory_key"],
        memory_value=row["memory_value"],
        memory_time=row["memory_time"],
        time_grain=row["time_grain"],
        conversation_id=row["conversation_id"],
        status=row["status"],
        confidence=row["confidence"],
        tags=tuple(json.loads(row["tags"])),
        create_time=row["create_time"],
        update_time=row["update_time"],
        sources=sources,
        supersedes=supersedes,
        superseded_by=superseded_by,
    )
