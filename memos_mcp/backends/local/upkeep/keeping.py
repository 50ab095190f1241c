"""What becomes of a drafted memory: stored, or one that is known made stronger."""

from collections.abc import Callable, Sequence

from memos_mcp.backends.local.extractors.base import Draft
from memos_mcp.backends.local.ledger.ledger import Ledger
from memos_mcp.backends.local.ledger.tasks import OpenTask
from memos_mcp.backends.local.retrieval.features import analyse
from memos_mcp.models import MemoryViews


class Upkeep:
    """Keeps drafted memories; runs inside the transaction of the task that they belong to."""

    def __init__(self, ledger: Ledger, *, clock: Callable[[], int]) -> None:
        """Take the ledger to keep them in."""
        self._ledger = ledger
        self._clock = clock

    def keep(self, drafts: Sequence[Draft], *, task: OpenTask, extractor: str) -> MemoryViews:
        """Store drafts and say how many memories were added and changed."""
        for draft in drafts:
            self._ledger.memories.add(
                draft,
                user=task.user,
                conversation=task.conversation,
                extractor=extractor,
                features=analyse(draft.value, role="user"),
                now=self._clock(),
            )
        return MemoryViews(added=len(drafts))
