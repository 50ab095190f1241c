"""What a store does with texts that it does not keep: it ranks them, and drafts memories of them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from anyio.to_thread import run_sync

from memos_mcp.backends.local.consolidation.learning import Learning
from memos_mcp.backends.local.extraction.base import Draft, Source
from memos_mcp.backends.local.search.retriever import Retriever
from memos_mcp.backends.local.text.redaction import Redact
from memos_mcp.core.limits import check_add
from memos_mcp.core.models import AddMessage, Memory, MemoryPage, Message, Preference


@dataclass(frozen=True, slots=True)
class LocalStateless:
    """The store's ranker and extractor; each call hops once to a thread."""

    search: Retriever
    learning: Learning
    clock: Callable[[], int]
    redact: Redact | None

    async def rerank(self, query: str, documents: tuple[str, ...]) -> list[tuple[int, float]]:
        """Return the position of each document and its relativity to the query, the best first."""
        return await run_sync(partial(self.search.rank, query, documents, now=self.clock()), abandon_on_cancel=True)

    async def extract_memory(self, messages: tuple[Message, ...]) -> MemoryPage:
        """Return the memories that messages would leave behind; nothing is stored."""
        check_add(AddMessage(messages=messages))
        return await run_sync(self._drafts, messages)

    def _drafts(self, messages: tuple[Message, ...]) -> MemoryPage:
        now = self.clock()
        sources = [
            Source(
                seq=number,
                role=one.role,
                content=self.redact(one.content)[0] if self.redact else one.content,
                chat_time=now if one.chat_time is None else one.chat_time,
            )
            for number, one in enumerate(messages, 1)
        ]
        return _page(self.learning.draft(sources))


def _page(drafts: Sequence[Draft]) -> MemoryPage:
    """Return drafts as memories and preferences without an id."""
    return MemoryPage(
        memory_detail_list=tuple(
            Memory(
                id="",
                memory_key=one.key,
                memory_value=one.value,
                tags=one.tags,
                confidence=one.confidence,
                memory_time=one.memory_time,
                time_grain=one.time_grain,
            )
            for one in drafts
            if one.preference is None
        ),
        preference_detail_list=tuple(
            Preference(id="", preference=one.value, preference_type=one.preference, reasoning=one.reasoning)
            for one in drafts
            if one.preference is not None
        ),
    )
