"""Tasks in the ledger: the extraction that each add leaves behind, in order, once."""

from dataclasses import dataclass

from memos_mcp.backends.local.extraction.base import Source
from memos_mcp.backends.local.ledger.database_interface import Database, ResultRow
from memos_mcp.backends.local.ledger.message_info import is_public, other_speaker
from memos_mcp.core.models import MemoryViews, Task

CONTEXT = 6
"""How many messages before an add its extraction may look back at."""

LEARNT_AT_ONCE = 200
"""Messages of an add that are learnt from in one transaction: half a second, in which searches wait."""

_ALL = 1 << 31

MOST_LOOKED_AT = 1_000
"""Tasks among which one is sought that nobody else has claimed."""

TAKEN_OVER = "tasks_taken_over"
"""The name under which is noted how many tasks were given to another extractor than was asked for."""

_DUE = "state = 'running' AND due <= ? ORDER BY due, key LIMIT ?"
"""The order is that of the index of open tasks, which are few. `user + 0` beside it keeps SQLite from the index of a
user's tasks, which has all that were ever done."""

INSTRUCTIONS = "instructions "
_LEARNT = "learnt "
"""What the names begin with, the key of a task after it, under which is noted what the application wants to be learnt,
and up to which message something was."""


@dataclass(frozen=True, slots=True)
class OpenTask:
    """An add whose memories are still to be made; it was `added` at this time, in epoch milliseconds.

    `messages` are those that are learnt from next.
    """

    key: int
    user: int
    conversation: int
    attempts: int
    added: int
    messages: tuple[Source, ...]
    before: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class Tasks:
    """The table `task`."""

    database: Database

    def status(self, task_id: str, *, user: int) -> Task | None:
        """Say where a task of this user has got to."""
        row = self.database.row(
            "SELECT id, state, added, updated, deleted FROM task WHERE id = ? AND user = ?", (task_id, user)
        )
        if row is None:
            return None
        views = MemoryViews(added=row["added"], updated=row["updated"], deleted=row["deleted"])
        return Task(
            task_id=row["id"],
            status=row["state"],
            memory_views=views if row["state"] == "completed" else None,
        )

    def owner(self, task_id: str) -> str | None:
        """Return the id of the user whose add left a task behind."""
        return self.database.value(
            "SELECT user_id FROM task JOIN user ON user.key = task.user WHERE id = ?", (task_id,)
        )

    def next_open(self, now: int) -> OpenTask | None:
        """Return the first task that is due, and claim its user's."""
        claimed = self.database.claimed("tasks of", "due.user")
        while user := self.database.number(
            f"SELECT user FROM (SELECT user FROM task WHERE {_DUE}) AS due WHERE {claimed} LIMIT 1",
            (now, MOST_LOOKED_AT),
        ):
            # read after it is claimed, for whoever had it until then may have closed the task
            task = self._open(f"user + 0 = ? AND {_DUE}", user, now, 1, limit=LEARNT_AT_ONCE)
            if task is not None:
                return task
        return None

    def open(self, task_id: str) -> OpenTask | None:
        """Return a task with all messages that nothing was learnt from yet."""
        return self._open("id = ?", task_id, limit=_ALL)

    def _open(self, which: str, *parameters: int | str, limit: int) -> OpenTask | None:
        row = self.database.row(
            "SELECT key, user, conversation, attempts,"
            " coalesce((SELECT min(update_time) FROM message WHERE task = task.key), 0) AS added"
            f" FROM task WHERE {which}",
            parameters,
        )
        if row is None:
            return None
        learnt = int(self.database.noted(_learnt(row["key"])) or 0)
        messages = self._sources("task = ? AND seq > ? ORDER BY seq LIMIT ?", (row["key"], learnt, limit))
        first = messages[0].seq if messages else 0
        # what is private explains nothing that others may find
        seen = is_public() if messages and messages[0].public else "TRUE"
        before = self._sources(
            f"conversation = ? AND seq < ? AND {seen} ORDER BY seq DESC LIMIT ?", (row["conversation"], first, CONTEXT)
        )
        ordered = tuple(sorted(before, key=lambda source: source.seq))
        return OpenTask(row["key"], row["user"], row["conversation"], row["attempts"], row["added"], messages, ordered)

    def _sources(self, where: str, parameters: tuple[int, ...]) -> tuple[Source, ...]:
        rows = self.database.rows(
            "SELECT seq, role, content, create_time, coalesce(utc_offset, 0) AS utc_offset, info,"
            f" (SELECT user_id FROM user WHERE key = message.user) AS user_id, {is_public()} AS public"
            f" FROM message WHERE {where}",
            parameters,
        )
        return tuple(map(_source, rows))

    def is_whole(self, task: OpenTask) -> bool:
        """Say whether all messages that are learnt from are still there."""
        seqs = [source.seq for source in (*task.messages, *task.before)]
        return len(self.database.keys_among("SELECT seq FROM message WHERE seq IN ({})", seqs)) == len(seqs)

    def complete(self, task: OpenTask, views: MemoryViews, *, taken_over: bool = False) -> None:
        """Note what was learnt from the messages of a task, and close it where these were its last.

        Called inside the transaction of those changes. `taken_over` tells that another extractor than was asked for
        learnt from them.
        """
        last = task.messages[-1].seq if task.messages else _ALL
        if self.database.value("SELECT 1 FROM message WHERE task = ? AND seq > ? LIMIT 1", (task.key, last)):
            self._count("running", "key", task.key, views)
            self.database.note(_learnt(task.key), str(last))
            return
        self._count("completed", "key", task.key, views)
        if taken_over:
            self.database.execute(
                "INSERT INTO meta VALUES (?, 1)"
                " ON CONFLICT (name) DO UPDATE SET value = CAST(meta.value AS INTEGER) + 1",
                (TAKEN_OVER,),
            )

    def close(self, task_id: str, views: MemoryViews) -> None:
        """Close a task that leaves nothing to learn; called inside the transaction of what it changed."""
        self._count("completed", "id", task_id, views)

    def _count(self, state: str, column: str, value: object, views: MemoryViews) -> None:
        self.database.execute(
            "UPDATE task SET state = ?, attempts = 0, added = added + ?, updated = updated + ?, deleted = deleted + ?"
            f" WHERE {column} = ?",
            (state, views.added, views.updated, views.deleted, value),
        )

    def forget_notes(self) -> None:
        """Forget what was noted of tasks that are closed or gone."""
        for name in (INSTRUCTIONS, _LEARNT):
            self.database.execute(
                f"DELETE FROM meta WHERE name LIKE '{name}%'"
                f" AND name NOT IN (SELECT '{name}' || key FROM task WHERE state = 'running')"
            )

    def postpone(self, task: OpenTask, *, due: int) -> None:
        """Try a task again later."""
        self.database.execute("UPDATE task SET attempts = attempts + 1, due = ? WHERE key = ?", (due, task.key))

    def open_count(self) -> int:
        """Count the tasks that are not done."""
        return self.database.number("SELECT count(*) FROM task WHERE state = 'running'")

    def next_due(self) -> int | None:
        """Say when the next open task is due."""
        return self.database.value("SELECT min(due) FROM task WHERE state = 'running'")


def _learnt(task: int) -> str:
    return f"{_LEARNT}{task}"


def _source(row: ResultRow) -> Source:
    return Source(
        seq=row["seq"],
        role=row["role"],
        content=row["content"],
        chat_time=row["create_time"],
        utc_offset=row["utc_offset"],
        speaker=other_speaker(row["info"], row["user_id"]) if row["role"] == "user" else "",
        public=bool(row["public"]),
    )
