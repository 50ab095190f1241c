"""Setting memories right by hand: new words, title or tags, out of force and back, and the last change taken back."""

from collections.abc import Callable
from functools import partial

from memos_mcp.backends.local.consolidation import Consolidation, Undo, keys
from memos_mcp.backends.local.curation.browsing import LocalBrowsing
from memos_mcp.backends.local.ledger.ledger import Ledger
from memos_mcp.backends.local.ledger.memories import memory_seq
from memos_mcp.backends.local.ledger.user_thread import acting_for
from memos_mcp.backends.local.retrieval.features import analyse_memory
from memos_mcp.backends.local.text.redaction import Redact
from memos_mcp.core.api_models import MemoryDetail, MemoryPatch
from memos_mcp.core.errors import InvalidRequest, NotFound
from memos_mcp.core.perspective import bare, marked, perspective_of


class LocalCurating:
    """Changes memories, each change with what undoes it; each public method hops once to a thread."""

    def __init__(
        self,
        ledger: Ledger,
        upkeep: Consolidation,
        browsing: LocalBrowsing,
        *,
        clock: Callable[[], int],
        changed: Callable[[], None],
        redact: Redact | None,
    ) -> None:
        """Take ready collaborators; `changed` is called where the vector index has to follow."""
        self._ledger = ledger
        self._undo = Undo(ledger, upkeep)
        self._browsing = browsing
        self._clock = clock
        self._changed = changed
        self._redact = redact

    async def patch(self, memory_id: str, patch: MemoryPatch, *, user_id: str) -> MemoryDetail:
        """Give a memory other words, another title or other tags."""
        return await self._done(partial(self._patch, patch=patch), memory_id, user_id)

    async def archive(self, memory_id: str, *, user_id: str) -> MemoryDetail:
        """Take a memory out of force."""
        return await self._done(self._archive, memory_id, user_id)

    async def restore(self, memory_id: str, *, user_id: str) -> MemoryDetail:
        """Put a memory back into force."""
        return await self._done(self._restore, memory_id, user_id)

    async def undo(self, memory_id: str, *, user_id: str) -> MemoryDetail:
        """Take back the last change of a memory."""
        return await self._done(self._take_back, memory_id, user_id)

    async def _done(self, change: Callable[[int, int], None], memory_id: str, user_id: str) -> MemoryDetail:
        def do() -> None:
            user, seq = self._find(memory_id, user_id)
            change(user, seq)
            self._changed()

        await acting_for(user_id, self._ledger, do)
        return await self._browsing.memory(memory_id, user_id=user_id)

    def _find(self, memory_id: str, user_id: str) -> tuple[int, int]:
        user, seq = self._ledger.messages.user_key(user_id), memory_seq(memory_id)
        if user is None or seq is None or seq not in self._ledger.pages.memories_by_seq(user, [seq]):
            raise NotFound(f'There is no memory "{memory_id[:60]}"; nothing was changed.', code=40307)
        return user, seq

    def _patch(self, user: int, seq: int, *, patch: MemoryPatch) -> None:
        if patch.value is None and patch.title is None and patch.tags is None:
            raise InvalidRequest("Give value, title or tags; nothing was changed.", code=40002)
        before = self._ledger.changes.wording(seq)
        value = before.value if patch.value is None else self._as_told(patch.value, before.value)
        self._ledger.changes.rewrite(
            user,
            seq,
            title=before.title if patch.title is None else self._clean(patch.title),
            value=value,
            tags=before.tags if patch.tags is None else tuple(map(self._clean, patch.tags)),
            features=analyse_memory(value),
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
        if not self._ledger.claims.in_force(user, [seq]):
            raise InvalidRequest("It is archived already; nothing was changed.")
        self._ledger.changes.archive(user, seq, superseded_by=None, now=self._clock())

    def _restore(self, user: int, seq: int) -> None:
        if self._ledger.claims.in_force(user, [seq]):
            raise InvalidRequest("It is in force already; nothing was changed.")
        last = self._ledger.history.last_undoable(seq)
        if last is not None and last.event == "archived":
            self._undo.last(seq, user=user, now=self._clock())
        else:
            self._ledger.changes.restore(user, seq, now=self._clock())

    def _take_back(self, user: int, seq: int) -> None:
        self._undo.last(seq, user=user, now=self._clock())
