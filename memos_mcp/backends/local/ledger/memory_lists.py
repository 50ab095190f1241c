"""Lists of memories as `/api/v1` shows them: by keys, so that what is far back costs what the first costs."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from memos_mcp.backends.local.ledger.cursors import containing, cursor_of, position_of
from memos_mcp.backends.local.ledger.database_interface import Database
from memos_mcp.backends.local.ledger.memories import Memories, MemoryRow, memory_id
from memos_mcp.core.api_models import MemoriesQuery, MemoryKind, MemoryList, ShownMemory, SortBy, iso_time
from memos_mcp.core.perspective import bare

_SORTED: dict[SortBy, str] = {
    "updated": "update_time",
    "created": "create_time",
    "time": "coalesce(memory_time, create_time)",
    "value": "replace(replace(lower(memory_value), '[user perspective] ', ''), '[assistant perspective] ', '')",
    "confidence": "confidence",
}
_KINDS: dict[MemoryKind, str] = {"memory": "preference IS NULL", "preference": "preference IS NOT NULL"}


@dataclass(frozen=True, slots=True)
class MemoryLists:
    """Lists of memories of one user."""

    database: Database
    memories: Memories

    def counted(self, user: int, query: MemoriesQuery, *, conversation: int | None) -> MemoryList:
        """Return a part of the list, and how many memories the whole has."""
        condition, parameters = _condition(query, conversation)
        sql = f"SELECT count(*) FROM memory WHERE user = ? AND {condition}"
        shown, more = self.part(user, query, conversation=conversation)
        return MemoryList(memories=shown, next_cursor=more, total=self.database.number(sql, (user, *parameters)))

    def part(
        self, user: int, query: MemoriesQuery, *, conversation: int | None = None
    ) -> tuple[tuple[ShownMemory, ...], str | None]:
        """Return a part of the list, and where the next begins."""
        column, condition, parameters = _SORTED[query.sort], *_condition(query, conversation)
        sign, way = (">", "ASC") if query.order == "asc" else ("<", "DESC")
        where, at = f"user = ? AND {condition}", [user, *parameters]
        if query.cursor:
            where += f" AND ({column}, seq) {sign} (?, ?)"
            at += position_of(query.cursor, (int, float, str), int)
        rows = self.database.rows(
            f"SELECT seq, {column} AS place FROM memory WHERE {where} ORDER BY {column} {way}, seq {way} LIMIT ?",
            (*at, query.limit + 1),
        )
        part = rows[: query.limit]
        more = cursor_of(part[-1]["place"], part[-1]["seq"]) if len(rows) > len(part) else None
        return tuple(self.by_seq(user, [row["seq"] for row in part]).values()), more

    def by_seq(self, user: int, seqs: Sequence[int]) -> dict[int, ShownMemory]:
        """Return memories of a user by their keys, in that order; those that there are not are left out."""
        found = self.memories.read(user, seqs, _shown)
        return {seq: found[seq] for seq in seqs if seq in found}


def _condition(query: MemoriesQuery, conversation: int | None) -> tuple[str, list[object]]:
    """Write what the memories of a list meet."""
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


def _shown(found: MemoryRow) -> ShownMemory:
    row = found.row
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
        time_grain=row["time_grain"],
        created=iso_time(row["create_time"]),
        updated=iso_time(row["update_time"]),
        sources=found.sources,
        replaces=found.supersedes,
        replaced_by="" if row["superseded_by"] is None else memory_id(row["superseded_by"]),
    )
