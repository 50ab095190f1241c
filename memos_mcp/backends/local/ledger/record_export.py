"""Reading everything in a ledger as records."""

import json
from collections.abc import Iterator
from dataclasses import dataclass

from memos_mcp.backends.local.ledger.database_interface import Database, ResultRow
from memos_mcp.backends.local.ledger.memories import memory_id
from memos_mcp.backends.local.ledger.messages import message_id
from memos_mcp.backends.local.ledger.records import MemoryRecord, MessageRecord

AT_ONCE = 500
"""Rows read at once."""


@dataclass(frozen=True, slots=True)
class RecordExport:
    """Everything of one user, or of all (empty `user_id`); each message comes before the memories that name it."""

    database: Database
    user_id: str = ""

    def count(self) -> int:
        """Count the records."""
        return sum(
            self.database.number(
                f"SELECT count(*) FROM {table} JOIN user ON user.key = {table}.user WHERE {_MINE}",
                (self.user_id, self.user_id),
            )
            for table in ("message", "memory")
        )

    def messages(self) -> Iterator[MessageRecord]:
        """Yield the messages in the order in which they were added."""
        for row in self._rows(_MESSAGES):
            yield MessageRecord.model_validate(_fields(row) | {"id": message_id(row["seq"])})

    def memories(self) -> Iterator[MemoryRecord]:
        """Yield the memories and preferences, in force or not, in the order in which they were learnt."""
        for row in self._rows(_MEMORIES):
            names = {
                "id": memory_id(row["seq"]),
                "superseded_by": memory_id(row["superseded_by"]) if row["superseded_by"] else "",
                "corrected_by": message_id(row["corrected_by"]) if row["corrected_by"] else "",
                "sources": self._sources(row["seq"]),
            }
            yield MemoryRecord.model_validate(_fields(row) | names)

    def _rows(self, sql: str) -> Iterator[ResultRow]:
        for rows in self.database.batches(sql, self.user_id, self.user_id, size=AT_ONCE):
            yield from rows

    def _sources(self, memory: int) -> tuple[str, ...]:
        sql = "SELECT message FROM source WHERE memory = ? ORDER BY message"
        return tuple(map(message_id, self.database.column(sql, (memory,))))


_MINE = "(? = '' OR user.user_id = ?)"
_JOINED = (
    "FROM {0} JOIN user ON user.key = {0}.user JOIN conversation ON conversation.key = {0}.conversation{1}"
    f" WHERE {_MINE} AND seq > ? ORDER BY seq LIMIT ?"
)
_MESSAGES = (
    "SELECT message.*, user_id, conversation_id, coalesce(task.idempotency, task.id) AS task_id,"
    " task.state AS task_status " + _JOINED.format("message", " JOIN task ON task.key = message.task")
)
_MEMORIES = "SELECT memory.*, preference AS preference_type, user_id, conversation_id " + _JOINED.format("memory", "")


def _fields(row: ResultRow) -> dict[str, object]:
    fields: dict[str, object] = {name: row[name] for name in row.keys() if name != "features"}  # noqa: SIM118
    return fields | {"tags": json.loads(row["tags"]), "info": json.loads(row["info"])}
