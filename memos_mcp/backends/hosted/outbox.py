"""Adds that could not be delivered, on disk until they can: one SQLite file in the data directory, for its owner only.

Several processes may share it. Letters of different accounts (service and key) are kept apart: what was meant for one
is never sent to another.
"""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from memos_mcp.backends.hosted.sqlite_file import AccountFile

FILE_NAME: Final = "outbox.sqlite3"
TASK_PREFIX: Final = "outbox-"
"""What the task ids of letters begin with."""

KEPT_AFTER_DELIVERY: Final = 7 * 24 * 3600 * 1000
"""Milliseconds for which a delivered letter's task id is remembered."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS letter (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,  -- the order of delivery
    account TEXT NOT NULL,
    user_id TEXT NOT NULL,
    key TEXT NOT NULL,                      -- names the add, for a service that can tell a repeat by it
    body TEXT NOT NULL,                     -- of add/message; emptied on delivery
    time INTEGER NOT NULL,                  -- when it was written, epoch milliseconds
    state TEXT NOT NULL DEFAULT 'waiting',  -- waiting, delivered or refused
    tried INTEGER NOT NULL DEFAULT 0,       -- 1: sent once, with an outcome that nobody knows
    task_id TEXT NOT NULL DEFAULT '',       -- the service's, once delivered
    reason TEXT NOT NULL DEFAULT '',        -- why it was refused
    UNIQUE (account, user_id, key)
)
"""


@dataclass(frozen=True, slots=True)
class QueuedAdd:
    """An add that waits. `tried` says that an attempt was cut off, so that the service may have it."""

    seq: int
    user_id: str
    key: str
    body: dict[str, Any]
    tried: bool


@dataclass(frozen=True, slots=True)
class Delivered:
    """What became of a letter; `task_id` is the service's, once delivered."""

    state: Literal["waiting", "delivered", "refused"]
    task_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class OutboxStatus:
    """How many adds wait, since when (epoch milliseconds), and how many the service refused for good, and why."""

    waiting: int = 0
    since: int | None = None
    refused: int = 0
    reason: str = ""


def account_of(base_url: str, api_key: str) -> str:
    """Name an account without naming its key."""
    return hashlib.sha256(f"{base_url.rstrip('/')}\n{api_key}".encode()).hexdigest()[:16]


class Outbox(AccountFile):
    """The letters of one account; `account` empty counts those of all. The file appears with the first letter."""

    file_name = FILE_NAME
    schema = _SCHEMA
    table = "letter"

    @property
    def lock_path(self) -> Path:
        """The lock that a process holds while it delivers, so that order is kept and nothing is sent twice."""
        return self._path.with_suffix(f".{self._account}.lock")

    def waiting(self) -> OutboxStatus:
        """Count what waits."""
        if not self._path.exists():
            return OutboxStatus()
        where, parameters = ("1", ()) if not self._account else ("account = ?", (self._account,))
        with self._open() as database:
            waiting, since = database.execute(
                f"SELECT count(*), min(time) FROM letter WHERE state = 'waiting' AND {where}", parameters
            ).fetchone()
            refused, reason = database.execute(
                f"SELECT count(*), max(reason) FROM letter WHERE state = 'refused' AND {where}", parameters
            ).fetchone()
        return OutboxStatus(waiting, since, refused, reason or "")

    def is_empty(self) -> bool:
        """Say whether nothing waits, cheaply where nothing ever did."""
        return not self._path.exists() or self.first() is None

    def keep(self, body: dict[str, Any], *, user_id: str, key: str, time: int, tried: bool) -> None:
        """Keep an add for later; one with the key of another is that other."""
        with self._open() as database:
            database.execute("DELETE FROM letter WHERE state = 'delivered' AND time < ?", (time - KEPT_AFTER_DELIVERY,))
            database.execute(
                "INSERT OR IGNORE INTO letter (account, user_id, key, body, time, tried) VALUES (?, ?, ?, ?, ?, ?)",
                (self._account, user_id, key, json.dumps(body), time, tried),
            )

    def first(self) -> QueuedAdd | None:
        """Return the letter that is to go next."""
        rows = self._execute(
            "SELECT seq, user_id, key, body, tried FROM letter WHERE account = ? AND state = 'waiting'"
            " ORDER BY seq LIMIT 1",
            self._account,
        )
        return next(
            (QueuedAdd(seq, user, key, json.loads(body), bool(tried)) for seq, user, key, body, tried in rows), None
        )

    def mark_tried(self, letter: QueuedAdd, *, tried: bool) -> None:
        """Note, before sending, that the service may have it from now on; or that it cannot have it."""
        self._execute("UPDATE letter SET tried = ? WHERE seq = ?", tried, letter.seq)

    def mark_delivered(self, letter: QueuedAdd, *, task_id: str) -> None:
        """Note that the service has it, and forget what it said."""
        self._execute(
            "UPDATE letter SET state = 'delivered', body = '', task_id = ? WHERE seq = ?", task_id, letter.seq
        )

    def mark_refused(self, letter: QueuedAdd, *, reason: str) -> None:
        """Note that the service will never take it; it stays, for its owner to see."""
        self._execute("UPDATE letter SET state = 'refused', reason = ? WHERE seq = ?", reason, letter.seq)

    def find(self, key: str, *, user_id: str) -> Delivered | None:
        """Say what became of a letter."""
        if not self._path.exists():
            return None
        sql = "SELECT state, task_id, reason FROM letter WHERE account = ? AND user_id = ? AND key = ?"
        return next((Delivered(*row) for row in self._execute(sql, self._account, user_id, key)), None)
