"""Memories and preferences in the ledger."""

import json
import sqlite3
from collections.abc import Collection

from memos_mcp.backends.local.extractors.base import Draft
from memos_mcp.backends.local.ledger.database import Database, Parameters
from memos_mcp.backends.local.ledger.messages import Row, in_chunks, marks, message_id
from memos_mcp.models import Memory, Preference


def memory_id(seq: int) -> str:
    """Write a memory's key as the id that callers see."""
    return f"k{seq}"


def memory_seq(identifier: str) -> int | None:
    """Read the key back from an id; None for what cannot be one."""
    digits = identifier[1:]
    return (
        int(digits) if identifier[:1] == "k" and digits.isascii() and digits.isdecimal() and len(digits) < 19 else None
    )


class Memories:
    """The tables `memory`, `source` and `history`."""

    def __init__(self, database: Database) -> None:
        """Take an open ledger file."""
        self._database = database

    def add(self, draft: Draft, *, user: int, conversation: int, extractor: str, features: bytes, now: int) -> int:
        """Store a memory with its sources; what its messages were labelled with, it is too."""
        with self._database.transaction():
            label = self._database.row(
                "SELECT agent_id, app_id, tags, info, create_time FROM message WHERE seq = ?",
                (max(draft.sources),),
            )
            agent, app, tags, info, said = tuple(label) if label else ("", "", "[]", "{}", now)
            all_tags = json.dumps(list(dict.fromkeys([*draft.tags, *json.loads(tags)])), ensure_ascii=False)
            seq = self._database.insert(
                "INSERT INTO memory (user, conversation, memory_key, memory_value, preference, reasoning, confidence,"
                " memory_time, create_time, update_time, extractor, agent_id, app_id, tags, info, features)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    user,
                    conversation,
                    draft.key,
                    draft.value,
                    draft.preference,
                    draft.reasoning,
                    draft.confidence,
                    draft.memory_time,
                    said,
                    now,
                    extractor,
                    agent,
                    app,
                    all_tags,
                    info,
                    features,
                ),
            )
            self.add_sources(seq, draft.sources)
            self._database.execute("INSERT INTO pending (user, kind, seq) VALUES (?, 'memory', ?)", (user, seq))
        return seq

    def add_sources(self, seq: int, sources: Collection[int]) -> None:
        """Name messages as sources of a memory."""
        self._database.execute_many("INSERT OR IGNORE INTO source VALUES (?, ?)", [(seq, source) for source in sources])

    def generation(self, user: int) -> int:
        """Give a number that grows when a memory of this user changes or goes."""
        return self._database.number("SELECT memory_generation FROM user WHERE key = ?", (user,))

    def rows_after(self, user: int, seq: int) -> list[Row]:
        """Give what an index needs of the memories in force that were added after one."""
        sql = (
            "SELECT seq, conversation, coalesce(memory_time, create_time), features FROM memory"
            " WHERE user = ? AND seq > ? AND status = 'activated' ORDER BY seq"
        )
        return [Row(*row) for row in self._database.rows(sql, (user, seq))]

    def matching(self, user: int, condition: str, parameters: Parameters) -> set[int]:
        """Give the keys of the memories that meet a condition on the columns of `memory`."""
        sql = f"SELECT seq FROM memory WHERE user = ? AND ({condition})"
        return {row["seq"] for row in self._database.rows(sql, (user, *parameters))}

    def by_seq(self, user: int, seqs: Collection[int]) -> dict[int, Memory | Preference]:
        """Give memories of this user by their keys, whatever their status."""
        found: dict[int, Memory | Preference] = {}
        for chunk in in_chunks(seqs):
            rows = self._database.rows(
                f"{_STORED} WHERE memory.user = ? AND memory.seq IN ({marks(chunk)})", (user, *chunk)
            )
            sources = self._sources(chunk)
            for row in rows:
                found[row["seq"]] = _stored(row, sources.get(row["seq"], ()))
        return found

    def _sources(self, seqs: Collection[int]) -> dict[int, tuple[str, ...]]:
        sql = f"SELECT memory, message FROM source WHERE memory IN ({marks(seqs)}) ORDER BY message"
        found: dict[int, tuple[str, ...]] = {}
        for row in self._database.rows(sql, tuple(seqs)):
            found[row["memory"]] = (*found.get(row["memory"], ()), message_id(row["message"]))
        return found

    def owner(self, seq: int) -> str | None:
        """Give the id of the user who has a memory."""
        row = self._database.row("SELECT user_id FROM memory JOIN user ON user.key = memory.user WHERE seq = ?", (seq,))
        return None if row is None else str(row["user_id"])

    def newest(self, user: int, *, condition: str, parameters: Parameters, size: int, page: int) -> list[int]:
        """Give a page of the keys of the memories in force that meet a condition, newest first."""
        order = "ORDER BY update_time DESC, seq DESC LIMIT ? OFFSET ?"
        sql = f"SELECT seq FROM memory WHERE user = ? AND ({condition}) {order}"
        return [row["seq"] for row in self._database.rows(sql, (user, *parameters, size, (page - 1) * size))]

    def count(self, user: int, *, condition: str = "status = 'activated'", parameters: Parameters = ()) -> int:
        """Count the memories that meet a condition."""
        return self._database.number(
            f"SELECT count(*) FROM memory WHERE user = ? AND ({condition})", (user, *parameters)
        )

    def remove(self, user: int, seqs: Collection[int]) -> None:
        """Remove memories for good; their messages stay. The vector index follows."""
        with self._database.transaction():
            for seq in seqs:
                self._database.execute("DELETE FROM memory WHERE seq = ? AND user = ?", (seq, user))
                self._database.execute("INSERT INTO pending (user, kind, seq) VALUES (?, 'memory', ?)", (user, seq))
            self._changed(user)
        self._database.forget_deleted()

    def rewrite(self, user: int, seq: int, *, title: str, value: str, features: bytes, now: int) -> None:
        """Give a memory another text; what it was goes into its history."""
        with self._database.transaction():
            self._note(seq, "rewritten", now=now, after={"memory_key": title, "memory_value": value})
            self._database.execute(
                "UPDATE memory SET memory_key = ?, memory_value = ?, features = ?, update_time = ? WHERE seq = ?",
                (title, value, features, now, seq),
            )
            self._database.execute("DELETE FROM memory_vector WHERE seq = ?", (seq,))
            self._database.execute("INSERT INTO pending (user, kind, seq) VALUES (?, 'memory', ?)", (user, seq))
            self._changed(user)

    def archive(self, user: int, seq: int, *, superseded_by: int | None, now: int) -> None:
        """Take a memory out of force, with a link to the one that stands in its place."""
        with self._database.transaction():
            self._note(seq, "archived", now=now, after={"status": "archived", "superseded_by": superseded_by})
            self._database.execute(
                "UPDATE memory SET status = 'archived', superseded_by = ?, update_time = ? WHERE seq = ?",
                (superseded_by, now, seq),
            )
            self._changed(user)

    def strengthen(self, user: int, seq: int, *, sources: Collection[int], confidence: float, now: int) -> None:
        """Let a repeated memory gain sources and confidence."""
        with self._database.transaction():
            self._note(seq, "strengthened", now=now, after={"confidence": confidence, "sources": sorted(sources)})
            self.add_sources(seq, sources)
            self._database.execute(
                "UPDATE memory SET confidence = ?, update_time = ? WHERE seq = ? AND user = ?",
                (confidence, now, seq, user),
            )

    def _changed(self, user: int) -> None:
        self._database.execute("UPDATE user SET memory_generation = memory_generation + 1 WHERE key = ?", (user,))

    def _note(self, seq: int, event: str, *, now: int, after: dict[str, object]) -> None:
        row = self._database.row(
            "SELECT memory_key, memory_value, status, confidence, superseded_by FROM memory WHERE seq = ?",
            (seq,),
        )
        before = {} if row is None else {name: row[name] for name in row.keys() if name in after}  # noqa: SIM118
        self._database.execute(
            "INSERT INTO history (memory, time, event, before, after) VALUES (?, ?, ?, ?, ?)",
            (seq, now, event, json.dumps(before), json.dumps(after)),
        )


_STORED = "SELECT memory.*, conversation_id FROM memory JOIN conversation ON conversation.key = memory.conversation"


def _stored(row: sqlite3.Row, sources: tuple[str, ...]) -> Memory | Preference:
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
        )
    return Memory(
        id=memory_id(row["seq"]),
        memory_key=row["memory_key"],
        memory_value=row["memory_value"],
        memory_time=row["memory_time"],
        conversation_id=row["conversation_id"],
        status=row["status"],
        confidence=row["confidence"],
        tags=tuple(json.loads(row["tags"])),
        create_time=row["create_time"],
        update_time=row["update_time"],
        sources=sources,
    )
