"""The messages that were sent to a server that keeps none, in one SQLite file of the data directory.

MemOS's own server makes memories of messages and has no way to read the messages again. What was added from this
machine is kept here, so that it can be read word for word.
"""

import json
from typing import Any, Final

from memos_mcp.backends.hosted.sqlite_file import AccountFile

FILE_NAME: Final = "messages.sqlite3"

Message = dict[str, Any]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS added (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    account TEXT NOT NULL,                  -- which server and key
    user_id TEXT NOT NULL,
    conversation_id TEXT NOT NULL,
    task_id TEXT NOT NULL,
    messages TEXT NOT NULL,                 -- JSON: role, content, create_time
    memories INTEGER,                       -- how many were made of them, where the server said so
    UNIQUE (account, user_id, task_id)
);
CREATE INDEX IF NOT EXISTS added_conversation ON added (account, user_id, conversation_id, seq);
"""


class SentMessages(AccountFile):
    """The messages of one account. The file, for its owner only, appears with the first of them."""

    file_name = FILE_NAME
    schema = _SCHEMA
    table = "added"

    def add(
        self, messages: list[Message], *, user_id: str, conversation_id: str, task_id: str, memories: int | None
    ) -> None:
        """Keep the messages of one add; the same task a second time is nothing new."""
        written = json.dumps(messages)
        self._execute(
            "INSERT OR IGNORE INTO added (account, user_id, conversation_id, task_id, messages, memories)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            *(self._account, user_id, conversation_id, task_id, written, memories),
        )

    def last(self, count: int, *, user_id: str, conversation_id: str) -> list[Message]:
        """Return the last messages of a conversation, oldest first."""
        found: list[Message] = []
        with self._open() as database:
            rows = database.execute(
                "SELECT messages FROM added WHERE account = ? AND user_id = ? AND conversation_id = ?"
                " ORDER BY seq DESC",
                (self._account, user_id, conversation_id),
            )
            for (written,) in rows:
                found = json.loads(written) + found
                if len(found) >= count:
                    break
        return found[-count:]

    def has(self, task_id: str, *, user_id: str) -> bool:
        """Say whether the messages of a task are kept."""
        return bool(self._tasks(task_id, user_id))

    def memories(self, task_id: str, *, user_id: str) -> int | None:
        """Say how many memories a task made, where the server said so at once."""
        return next((memories for (memories,) in self._tasks(task_id, user_id)), None)

    def _tasks(self, task_id: str, user_id: str) -> list[tuple[int | None]]:
        sql = "SELECT memories FROM added WHERE account = ? AND user_id = ? AND task_id = ?"
        return self._execute(sql, self._account, user_id, task_id)
