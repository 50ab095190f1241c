"""Taking back the last change of a memory."""

from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter

from memos_mcp.backends.local.consolidation.deduplication import Consolidation
from memos_mcp.backends.local.consolidation.statements import keys
from memos_mcp.backends.local.extraction.base import Draft
from memos_mcp.backends.local.ledger.history import Change
from memos_mcp.backends.local.ledger.ledger import Ledger
from memos_mcp.backends.local.ledger.memories import memory_id
from memos_mcp.core.errors import InvalidRequest

_DRAFT = TypeAdapter(Draft)


class Undo:
    """Takes changes back, the last first, each of them noted in the history too."""

    def __init__(self, ledger: Ledger, upkeep: Consolidation) -> None:
        """Take the ledger, and what stores memories in it."""
        self._ledger = ledger
        self._upkeep = upkeep

    def last(self, seq: int, *, user: int, now: int) -> Change:
        """Make a memory what it was before its last change, and give that change.

        A statement that had strengthened it becomes a memory of its own; one that carried on what of it still held
        steps back. The memory that took its place by a correction of it alone is archived, and stays in force where a
        later statement was taken to replace it: that one was said, and may hold beside it.

        Raises:
            InvalidRequest: it has no change that is not undone.
        """
        with self._ledger.database.transaction():
            self._ledger.database.one_writer(user)
            change = self._ledger.history.last_undoable(seq)
            if change is None:
                raise InvalidRequest(
                    f"{memory_id(seq)} was never changed, or all of it is undone; nothing was changed."
                )
            left: dict[str, int] = {}
            match change.event:
                case "archived":
                    left = self._activate(seq, change, user=user, now=now)
                case "rewritten":
                    self._rewrite(seq, change.before, user=user, now=now)
                case _:
                    self._weaken(seq, change, user=user, now=now)
            self._ledger.history.mark_undone(seq, change, now=now, left=left)
        return change

    def _activate(self, seq: int, change: Change, *, user: int, now: int) -> dict[str, int]:
        """Bring a memory back, and say what became of the one that stood in its place."""
        instead, is_corrected = self._ledger.memories.replacement(seq)
        self._ledger.changes.put_status(user, seq, change.before, now=now)
        remainder = change.after.get("remainder")
        if remainder and self._ledger.claims.in_force(user, [remainder]):
            self._ledger.changes.archive(user, remainder, superseded_by=seq, now=now)
        if instead is None or not self._ledger.claims.in_force(user, [instead]):
            return {}
        if not is_corrected or self._ledger.memories.superseded([instead]).get(instead):
            return {"still_in_force": instead}
        self._ledger.changes.archive(user, instead, superseded_by=seq, now=now)
        return {"archived": instead}

    def _rewrite(self, seq: int, before: Mapping[str, Any], *, user: int, now: int) -> None:
        value = str(before["memory_value"])
        if "tags" in before:
            self._ledger.changes.put_tags(seq, before["tags"])
        self._ledger.changes.put_text(
            user,
            seq,
            title=before["memory_key"],
            value=value,
            keys=keys(value),
            now=now,
        )

    def _weaken(self, seq: int, change: Change, *, user: int, now: int) -> None:
        self._ledger.changes.take_sources(seq, change.after["sources"])
        self._ledger.changes.put_confidence(seq, change.before["confidence"], now=now)
        draft = _DRAFT.validate_python(change.after["repeated"])
        known = self._ledger.claims.of(seq)
        said_in = self._ledger.messages.conversation_of(max(draft.sources)) or known.conversation
        self._upkeep.store(draft, user=user, conversation=said_in, extractor=known.extractor)
