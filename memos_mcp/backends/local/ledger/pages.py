"""Reading the ledger page by page, as people do: by keys, so that a page far back costs what the first does."""

import base64
import json
from collections.abc import Collection, Sequence
from typing import Literal

from pydantic import TypeAdapter

from memos_mcp.backends.local.ledger.database_interface import Database, ResultRow
from memos_mcp.backends.local.ledger.memories import memory_id
from memos_mcp.backends.local.ledger.messages import in_chunks, marks, message_id
from memos_mcp.core.api_models import (
    ConversationList,
    ConversationsQuery,
    Counts,
    Day,
    MemoriesQuery,
    MemoryKind,
    MemoryList,
    ShownConversation,
    ShownMemory,
    ShownMessage,
    SortBy,
    iso_time,
)
from memos_mcp.core.errors import InvalidRequest
from memos_mcp.core.perspective import bare

DAY = 86_400_000  # milliseconds
LONGEST_TITLE = 80  # characters: a line of a list

_SORTED: dict[SortBy, str] = {
    "updated": "update_time",
    "created": "create_time",
    "time": "coalesce(memory_time, create_time)",
    "value": "replace(replace(lower(memory_value), '[user perspective] ', ''), '[assistant perspective] ', '')",
    "confidence": "confidence",
}
_KINDS: dict[MemoryKind, str] = {"memory": "preference IS NULL", "preference": "preference IS NOT NULL"}

Side = Literal["before", "after"]
_POSITION = TypeAdapter(list[object])


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


def cursor_of(*position: object) -> str:
    """Write where a page ended, for the next to begin there."""
    return base64.urlsafe_b64encode(json.dumps(position).encode()).decode().rstrip("=")


def position_of(cursor: str, *types: type | tuple[type, ...]) -> list[object]:
    """Read a cursor back.

    Raises:
        InvalidRequest: it is none of this list's.
    """
    try:
        position = _POSITION.validate_json(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except ValueError:
        position = []
    if len(position) != len(types) or not all(map(isinstance, position, types)):
        raise InvalidRequest("cursor is none of this list: take next_cursor as it was answered, or leave it out.")
    return position


def containing(text: str) -> str:
    """Write the pattern of LIKE (with the escape character !) for a text within another."""
    escaped = text.lower().replace("!", "!!").replace("%", "!%").replace("_", "!_")
    return f"%{escaped}%"


class Pages:
    """Pages of memories, conversations and messages of one user."""

    def __init__(self, database: Database) -> None:
        """Take an open ledger file."""
        self._database = database

    def counts(self, user: int) -> Counts:
        """Count what is kept."""
        count = self._database.number
        return Counts(
            messages=count("SELECT count(*) FROM message WHERE user = ?", (user,)),
            memories=count("SELECT count(*) FROM memory WHERE user = ? AND status = 'activated'", (user,)),
            conversations=count("SELECT count(*) FROM conversation WHERE user = ?", (user,)),
        )

    def days(self, user: int, *, offset: int) -> tuple[Day, ...]:
        """Count messages and memories by the day on which they were said, at `offset` minutes ahead of UTC."""
        counts: dict[int, dict[str, int]] = {}
        for table in ("message", "memory"):
            for day, count in self._database.rows(_days(table, shift=offset * 60_000), (user,) * 3):
                counts.setdefault(day, {})[table] = count
        return tuple(
            Day(date=iso_time(day * DAY)[:10], messages=found.get("message", 0), memories=found.get("memory", 0))
            for day, found in sorted(counts.items())
        )

    def memories(self, user: int, query: MemoriesQuery, *, conversation: int | None) -> MemoryList:
        """Return a page of memories, and how many there are on all pages."""
        condition, parameters = _condition(query, conversation)
        sql = f"SELECT count(*) FROM memory WHERE user = ? AND {condition}"
        shown, more = self.memories_of_page(user, query, conversation=conversation)
        return MemoryList(memories=shown, next_cursor=more, total=self._database.number(sql, (user, *parameters)))

    def memories_of_page(
        self, user: int, query: MemoriesQuery, *, conversation: int | None = None
    ) -> tuple[tuple[ShownMemory, ...], str | None]:
        """Return the memories of a page, and where the next begins."""
        column, condition, parameters = _SORTED[query.sort], *_condition(query, conversation)
        sign, way = (">", "ASC") if query.order == "asc" else ("<", "DESC")
        where, at = f"user = ? AND {condition}", [user, *parameters]
        if query.cursor:
            where += f" AND ({column}, seq) {sign} (?, ?)"
            at += position_of(query.cursor, (int, float, str), int)
        rows = self._database.rows(
            f"SELECT seq, {column} AS place FROM memory WHERE {where} ORDER BY {column} {way}, seq {way} LIMIT ?",
            (*at, query.limit + 1),
        )
        page = rows[: query.limit]
        more = cursor_of(page[-1]["place"], page[-1]["seq"]) if len(rows) > len(page) else None
        return tuple(self.memories_by_seq(user, [row["seq"] for row in page]).values()), more

    def memories_by_seq(self, user: int, seqs: Sequence[int]) -> dict[int, ShownMemory]:
        """Return memories of a user by their keys, in that order; those that there are not are left out."""
        found: dict[int, ShownMemory] = {}
        for chunk in in_chunks(seqs):
            rows = self._database.rows(
                "SELECT memory.*, conversation_id FROM memory JOIN conversation ON conversation.key = conversation"
                f" WHERE memory.user = ? AND memory.seq IN ({marks(chunk)})",
                (user, *chunk),
            )
            sources = self._linked("SELECT memory AS one, message AS other FROM source WHERE memory", chunk)
            replaced = self._linked("SELECT superseded_by AS one, seq AS other FROM memory WHERE superseded_by", chunk)
            for row in rows:
                seq = row["seq"]
                found[seq] = _memory(row, sources=sources.get(seq, ()), replaces=replaced.get(seq, ()))
        return {seq: found[seq] for seq in seqs if seq in found}

    def messages_by_seq(self, user: int, seqs: Sequence[int]) -> dict[int, ShownMessage]:
        """Return messages of a user by their keys, in that order; those that there are not are left out."""
        found: dict[int, ShownMessage] = {}
        for chunk in in_chunks(seqs):
            rows = self._database.rows(
                "SELECT seq, role, content, create_time, utc_offset, conversation_id FROM message"
                " JOIN conversation ON conversation.key = conversation"
                f" WHERE message.user = ? AND seq IN ({marks(chunk)})",
                (user, *chunk),
            )
            told = self._linked("SELECT message AS one, memory AS other FROM source WHERE message", chunk)
            for row in rows:
                found[row["seq"]] = _message(row, memories=told.get(row["seq"], ()))
        return {seq: found[seq] for seq in seqs if seq in found}

    def conversations(self, user: int, query: ConversationsQuery) -> ConversationList:
        """Return a page of conversations, the last used first."""
        last = "(SELECT max(seq) FROM message WHERE message.conversation = conversation.key)"
        where = "user = ?"
        parameters: list[object] = [user]
        if query.text:
            where += (
                " AND (lower(conversation_id) LIKE ? ESCAPE '!' OR EXISTS (SELECT 1 FROM message WHERE"
                " message.conversation = conversation.key AND lower(content) LIKE ? ESCAPE '!'))"
            )
            parameters += [containing(query.text)] * 2
        listed = f"SELECT key, conversation_id, {last} AS last FROM conversation WHERE {where}"
        before, at = ("last < ?", position_of(query.cursor, int)) if query.cursor else ("last IS NOT NULL", [])
        rows = self._database.rows(
            f"SELECT * FROM ({listed}) AS listed WHERE {before} ORDER BY last DESC LIMIT ?",
            (*parameters, *at, query.limit + 1),
        )
        page = rows[: query.limit]
        more = cursor_of(page[-1]["last"]) if len(rows) > len(page) else None
        return ConversationList(conversations=tuple(map(self._conversation, page)), next_cursor=more)

    def messages(
        self, user: int, conversation: int, *, seq: int | None, side: Side, limit: int, text: str = ""
    ) -> tuple[list[ShownMessage], bool]:
        """Return the messages next to one on a side (None: from that end), oldest first, and whether there are more."""
        where = "conversation = ?"
        parameters: list[object] = [conversation]
        sign, way = ("<", "DESC") if side == "before" else (">", "ASC")
        if seq is not None:
            where += f" AND seq {sign} ?"
            parameters.append(seq)
        if text:
            where += " AND lower(content) LIKE ? ESCAPE '!'"
            parameters.append(containing(text))
        rows = self._database.rows(
            f"SELECT seq FROM message WHERE {where} ORDER BY seq {way} LIMIT ?", (*parameters, limit + 1)
        )
        seqs = sorted(row["seq"] for row in rows[:limit])
        return list(self.messages_by_seq(user, seqs).values()), len(rows) > limit

    def first_since(self, conversation: int, time: int) -> int | None:
        """Return the key of the first message of a conversation that was said at a time or later."""
        row = self._database.row(
            "SELECT seq FROM message WHERE conversation = ? AND create_time >= ? ORDER BY create_time, seq LIMIT 1",
            (conversation, time),
        )
        return None if row is None else int(row["seq"])

    def _conversation(self, row: ResultRow) -> ShownConversation:
        spoken = self._database.rows(
            "SELECT count(*) AS total, min(create_time) AS first, max(create_time) AS last FROM message"
            " WHERE conversation = ?",
            (row["key"],),
        )[0]
        begins = self._database.rows(
            "SELECT content, info, utc_offset FROM message WHERE conversation = ? ORDER BY seq LIMIT 1", (row["key"],)
        )[0]
        named = json.loads(begins["info"]).get("title")
        title = " ".join((named if isinstance(named, str) and named else begins["content"]).split())
        return ShownConversation(
            conversation_id=row["conversation_id"],
            title=title if len(title) <= LONGEST_TITLE else f"{title[: LONGEST_TITLE - 1]}…",
            messages=spoken["total"],
            first_time=iso_time(spoken["first"], begins["utc_offset"]),
            last_time=iso_time(spoken["last"], begins["utc_offset"]),
        )

    def _linked(self, sql: str, seqs: Collection[int]) -> dict[int, tuple[int, ...]]:
        found: dict[int, tuple[int, ...]] = {}
        for row in self._database.rows(f"{sql} IN ({marks(seqs)}) ORDER BY other", tuple(seqs)):
            found[row["one"]] = (*found.get(row["one"], ()), row["other"])
        return found


def _condition(query: MemoriesQuery, conversation: int | None) -> tuple[str, list[object]]:
    """Write what a page's memories meet."""
    conditions: dict[str, list[object]] = {}
    if query.state != "all":
        conditions["status = ?"] = [query.state]
    if query.kind:
        conditions[_KINDS[query.kind]] = []
    if query.conversation_id:
        conditions["conversation = ?"] = [conversation]
    if query.tag:
        conditions["EXISTS (SELECT 1 FROM json_each(tags) AS tag WHERE tag.value = ?)"] = [query.tag]
    if query.text:
        said = containing(query.text)
        conditions["(lower(memory_value) LIKE ? ESCAPE '!' OR lower(memory_key) LIKE ? ESCAPE '!')"] = [said, said]
    return " AND ".join(["1 = 1", *conditions]), [value for values in conditions.values() for value in values]


def _memory(row: ResultRow, *, sources: Collection[int], replaces: Collection[int]) -> ShownMemory:
    return ShownMemory(
        memory_id=memory_id(row["seq"]),
        kind="preference" if row["preference"] else "memory",
        title=row["memory_key"],
        value=bare(row["memory_value"]),
        state="activated" if row["status"] == "activated" else "archived",
        tags=tuple(json.loads(row["tags"])),
        confidence=row["confidence"],
        conversation_id=row["conversation_id"],
        time=None if row["memory_time"] is None else iso_time(row["memory_time"]),
        created=iso_time(row["create_time"]),
        updated=iso_time(row["update_time"]),
        sources=tuple(map(message_id, sources)),
        replaces=tuple(map(memory_id, replaces)),
        replaced_by="" if row["superseded_by"] is None else memory_id(row["superseded_by"]),
    )


def _message(row: ResultRow, *, memories: Collection[int]) -> ShownMessage:
    return ShownMessage(
        message_id=message_id(row["seq"]),
        conversation_id=row["conversation_id"],
        role=row["role"],
        content=row["content"],
        time=iso_time(row["create_time"], row["utc_offset"]),
        memories=tuple(map(memory_id, memories)),
    )
