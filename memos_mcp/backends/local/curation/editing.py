"""Setting memories right by hand: new words, title or tags, out of force and back, and the last change taken back."""

from collections.abc import Callable
from functools import partial

from memos_mcp.backends.local.browsing import Browsing
from memos_mcp.backends.local.consolidation import Consolidation, Undo, keys
from memos_mcp.backends.local.ledger.ledger import Ledger
from memos_mcp.backends.local.ledger.memories import memory_seq
from memos_mcp.backends.local.ledger.user_thread import in_user_thread
from memos_mcp.backends.local.text.redaction import Redact
from memos_mcp.core.api_models import MemoryDetail, MemoryPatch
from memos_mcp.core.errors import InvalidRequest, NotFound
from memos_mcp.core.perspective import bare, marked, perspective_of


class Curating:
    """Lets people set a memory right by hand; each change is noted with what undoes it.

    Each public method returns the memory as it is then, and raises `NotFound` for one that there is not and
    `InvalidRequest` where there is nothing to change; nothing was changed then.
    """

    def __init__(
        self,
        ledger: Ledger,
        upkeep: Consolidation,
        browsing: Browsing,
        *,
        clock: Callable[[], int],
        changed: Callable[[], None],
        redact: Redact | None,
    ) -> None:
        """Take ready collaborators; `changed` is called where the vector index has to follow."""
        self.ledger = ledger
        self._undo = Undo(ledger, upkeep)
        self._browsing = browsing
        self._clock = clock
        self._changed = changed
        self._redact = redact

    async def patch(self, memory_id: str, patch: MemoryPatch, *, user_id: str) -> MemoryDetail:
        """Give a memory other words, another title or other tags."""
        return await self._done(partial(self._patch, patch=patch), memory_id, user_id=user_id)

    async def archive(self, memory_id: str, *, user_id: str) -> MemoryDetail:
        """Take a memory out of force."""
        return await self._done(self._archive, memory_id, user_id=user_id)

    async def restore(self, memory_id: str, *, user_id: str) -> MemoryDetail:
        """Put a memory back into force."""
        return await self._done(self._restore, memory_id, user_id=user_id)

    async def undo(self, memory_id: str, *, user_id: str) -> MemoryDetail:
        """Take back the last change of a memory."""
        return await self._done(self._take_back, memory_id, user_id=user_id)

    async def _done(self, change: Callable[[int, int], None], memory_id: str, *, user_id: str) -> MemoryDetail:
        await self._changing(change, memory_id, user_id=user_id)
        return await self._browsing.memory(memory_id, user_id=user_id)

    @in_user_thread
    def _changing(self, change: Callable[[int, int], None], memory_id: str, *, user_id: str) -> None:
        user, seq = self.ledger.messages.user_key(user_id), memory_seq(memory_id)
        if user is None or seq is None or seq not in self.ledger.memories.by_seq(user, [seq]):
            raise NotFound(f'There is no memory "{memory_id[:60]}"; nothing was changed.', code=40307)
        change(user, seq)
        self._changed()

    def _patch(self, user: int, seq: int, *, patch: MemoryPatch) -> None:
        if patch.value is None and patch.title is None and patch.tags is None:
            raise InvalidRequest("Give value, title or tags; nothing was changed.", code=40002)
        before = self.ledger.changes.wording(seq)
        value = before.value if patch.value is None else self._as_told(patch.value, before.value)
        self.ledger.changes.rewrite(
            user,
            seq,
            title=before.title if patch.title is None else self._clean(patch.title),
            value=value,
            tags=before.tags if patch.tags is None else tuple(map(self._clean, patch.tags)),
            keys=keys(value),
            now=self._clock(),
        )

    def _as_told(self, value: str, before: str) -> str:
        """Keep the perspective from which a memory was told."""
        told = self._clean(value.strip())
        return told if bare(before) == before or bare(told) != told else marked(told, perspective_of(before))

    def _clean(self, text: str) -> str:
        return self._redact(text)[0] if self._redact else text

    def _archive(self, user: int, seq: int) -> None:
        if not self.ledger.claims.in_force(user, [seq]):
            raise InvalidRequest("It is archived already; nothing was changed.")
        self.ledger.changes.archive(user, seq, superseded_by=None, now=self._clock())

    def _restore(self, user: int, seq: int) -> None:
        if self.ledger.claims.in_force(user, [seq]):
            raise InvalidRequest("It is in force already; nothing was changed.")
        last = self.ledger.history.last_undoable(seq)
        if last is not None and last.event == "archived":
            self._undo.last(seq, user=user, now=self._clock())
        else:
            self.ledger.changes.restore(user, seq, now=self._clock())

    def _take_back(self, user: int, seq: int) -> None:
        self._undo.last(seq, user=user, now=self._clock())
