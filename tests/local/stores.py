"""Opening stores for tests, with the deterministic embedder and the rules extractor."""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import anyio

from memos_mcp.backends.local.backend import LocalBackend
from memos_mcp.backends.local.embedders.base import Embedder
from memos_mcp.backends.local.extractors.base import Extractor
from memos_mcp.backends.local.extractors.llm import LlmExtractor
from memos_mcp.backends.local.extractors.rules import RulesExtractor
from memos_mcp.backends.local.opening import open_local
from memos_mcp.backends.local.redaction import Redact
from memos_mcp.models import GetMessage, SearchMemory, SearchResult
from tests.fakes.chat import URL, RepeatingChat
from tests.fakes.hashed_embedder import HashedEmbedder


@asynccontextmanager
async def store(
    folder: Path,
    *,
    embedder: Callable[[], Embedder] = HashedEmbedder,
    extractor: Callable[[], Extractor] = RulesExtractor,
    settled: float = 0,
    redact: Redact | None = None,
) -> AsyncGenerator[LocalBackend]:
    """Open a store whose vector index follows at once, so that Chroma is in every test."""
    async with open_local(folder, embedder=embedder, extractor=extractor, settled=settled, redact=redact) as backend:
        yield backend


def repeating_model() -> Extractor:
    """Learn with a chat model that repeats what it is told."""
    chat = RepeatingChat()
    return LlmExtractor(
        URL,
        model="repeating",
        api_key="",
        fallback=RulesExtractor(),
        embed=lambda text: HashedEmbedder().embed(text).vector,
        connect=chat.connect,
    )


async def everything_said(backend: LocalBackend, conversation_id: str = "c", *, user_id: str = "u") -> list[str]:
    """Read a whole conversation, page by page."""
    said: list[str] = []
    page = pages = 1
    while page <= pages:
        request = GetMessage(conversation_id=conversation_id, message_limit_number=50, page=page)
        found = await backend.get_message(request, user_id=user_id)
        said = [message.content for message in found.message_detail_list] + said
        page, pages = page + 1, found.pages
    return said


async def find(backend: LocalBackend, query: str, *, user_id: str = "u", **limits: int) -> SearchResult:
    """Search without a threshold."""
    return await backend.search_memory(SearchMemory(query=query, relativity=0, **limits), user_id=user_id)


async def followed(backend: LocalBackend) -> None:
    """Wait until the vector index is open and has followed all."""
    with anyio.fail_after(60):
        while (await find(backend, "walrus")).notice or backend._ledger.vectors.count_after(0, limit=1):
            await anyio.sleep(0.02)


async def renewed(backend: LocalBackend) -> None:
    """Wait until the index is in files that never held what was deleted."""
    ledger, indexing = backend._ledger, backend._indexing
    with anyio.fail_after(60):
        while (
            ledger.vectors.count_after(0, limit=1)
            or ledger.noted("index_holds_deleted") == "yes"
            or indexing._renewed_from is not None
            or len(list((ledger.database.path.parent / "chroma").iterdir())) > 1
        ):
            await anyio.sleep(0.02)


def found_messages(result: SearchResult) -> list[str]:
    return [message.content for message in result.message_detail_list]
