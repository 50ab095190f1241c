"""The history of memories in the ledger: every change, and which of them were taken back."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from memos_mcp.backends.local.ledger.database_interface import Database

UNDOABLE = ("archived", "rewritten", "strengthened")
"""The events that can be taken back; `undone` and `linked` are not among them."""


@dataclass(frozen=True, slots=True)
class Change:
    """One change: when (epoch milliseconds), what happened, and what was before and after it."""

    key: int
    time: int
    event: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    undone: bool


@dataclass(frozen=True, slots=True)
class History:
    """The table `history`."""

    database: Database

    def note(
        self, memory: int, event: str, *, now: int, before: Mapping[str, object], after: Mapping[str, object]
    ) -> None:
        """Note a change; called inside the transaction that makes it."""
        self.database.execute(
            "INSERT INTO history (memory, time, event, before, after) VALUES (?, ?, ?, ?, ?)",
            (memory, now, event, json.dumps(before), json.dumps(after)),
        )

    def of(self, memory: int) -> list[Change]:
        """Return every change of a memory, oldest first."""
        sql = "SELECT key, time, event, before, after, undone FROM history WHERE memory = ? ORDER BY key"
        return [
            Change(key, time, event, json.loads(before), json.loads(after), bool(undone))
            for key, time, event, before, after, undone in self.database.rows(sql, (memory,))
        ]

    def last_undoable(self, memory: int) -> Change | None:
        """Return the last change of a memory that can be taken back and has not been."""
        return next(
            (change for change in reversed(self.of(memory)) if change.event in UNDOABLE and not change.undone), None
        )

    def mark_undone(self, memory: int, change: Change, *, now: int, left: Mapping[str, int]) -> None:
        """Note that a change was taken back, with the links that followed from it; inside the transaction that does it.

        `left` says what became of the memory that stood in its place.
        """
        self.database.execute("UPDATE history SET undone = 1 WHERE key = ?", (change.key,))
        if change.event == "archived":
            self.database.execute(
                "UPDATE history SET undone = 1 WHERE memory = ? AND event = 'linked' AND key > ?", (memory, change.key)
            )
        self.note(memory, "undone", now=now, before={}, after={"event": change.event, **left})
