"""Opening stores for tests, with the deterministic embedder and the rules extractor."""

import gc
import warnings
from collections import defaultdict
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import anyio
import numpy as np
from chromadb.api.shared_system_client import SharedSystemClient

from memos_mcp.backends.local.backend import LocalBackend
from memos_mcp.backends.local.composition import open_local
from memos_mcp.backends.local.embedders.base import Embedder
from memos_mcp.backends.local.extraction.base import Extractor
from memos_mcp.backends.local.extraction.llm import LlmExtractor
from memos_mcp.backends.local.extraction.rules import RulesExtractor
from memos_mcp.backends.local.ledger.ledger import Ledger
from memos_mcp.backends.local.ledger.texts import Text
from memos_mcp.backends.local.text.redaction import Redact
from memos_mcp.backends.local.vectors.exact import MOST_TEXTS
from memos_mcp.backends.local.vectors.locations import IndexLocation, ServerLocation
from memos_mcp.core.models import GetMemory, GetMessage, SearchMemory, SearchResult
from tests.fakes.chat import URL, RepeatingChat
from tests.fakes.hashed_embedder import HashedEmbedder

urls: dict[Path, str] = defaultdict(str)
"""Where the ledger of a folder's store is, if it is in PostgreSQL."""

chroma: list[str] = []
"""The Chroma server on which their vectors are then."""


@asynccontextmanager
async def store(
    folder: Path,
    *,
    embedder: Callable[[], Embedder] = HashedEmbedder,
    extractor: Callable[[], Extractor] = RulesExtractor,
    settled: float = 0,
    most_compared: int = MOST_TEXTS,
    redact: Redact | None = None,
    url: str = "",
    place: Callable[[Ledger], IndexLocation] | None = None,
    learnt: Callable[[str], None] = lambda _: None,
) -> AsyncGenerator[LocalBackend]:
    """Open a store whose vector index follows at once, so that Chroma is in every test.

    It is asked where `most_compared` is 0.
    """
    async with open_local(
        folder,
        url=url or urls[folder],
        embedder=embedder,
        extractor=extractor,
        settled=settled,
        most_compared=most_compared,
        redact=redact,
        place=place or (place_on(*chroma) if chroma else None),
        learnt=learnt,
    ) as backend:
        yield backend
    if chroma:
        collect_sockets()


def collect_sockets() -> None:
    """Collect what Chroma's client leaves to the garbage collector where its warning is expected."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        SharedSystemClient.clear_system_cache()
        gc.collect()


def place_on(chroma: str) -> Callable[[Ledger], ServerLocation]:
    """Have vectors on a Chroma server."""
    return partial(ServerLocation, url=chroma, api_key="", tenant="", database="")


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


async def find_by_vectors(backend: LocalBackend, query: str) -> SearchResult:
    """Search again until vectors have their say: Chroma may still be opened."""
    with anyio.fail_after(60):
        while (found := await find(backend, query)).notice:
            await anyio.sleep(0.02)
    return found


def nearest(backend: LocalBackend, text: str, *, user: int = 1, limit: int = 3) -> list[Text]:
    """Return the texts whose vectors are nearest to that of a text, the nearest first."""
    found = backend._indexing.nearest(user, HashedEmbedder().embed(text).vector, limit=limit)
    return [] if found is None else [Text.numbered(one) for one in found.numbers[np.argsort(-found.cosines)].tolist()]


async def followed(backend: LocalBackend) -> None:
    """Wait until the vector index is open and has followed all."""
    backend._indexing.want_index()
    with anyio.fail_after(60):
        while (
            backend._indexing._index is None
            or (await find(backend, "walrus")).notice
            or backend.ledger.vectors.count_after(0, limit=1)
        ):
            await anyio.sleep(0.02)


async def learnt(backend: LocalBackend, *, user_id: str = "u") -> None:
    """Wait until something is known of a user: memories are learnt in the background."""
    with anyio.fail_after(60):
        while not (await backend.get_memory(GetMemory(), user_id=user_id)).total:
            await anyio.sleep(0.02)


async def renewed(backend: LocalBackend) -> None:
    """Wait until the index is in files that never held what was deleted."""
    ledger, indexing = backend.ledger, backend._indexing
    with anyio.fail_after(60):
        while (
            ledger.vectors.count_after(0, limit=1)
            or ledger.noted("index_holds_deleted") == "yes"
            or indexing._renewal.pause() is not None
            or len(list((ledger.database.path.parent / "chroma").iterdir())) > 1
        ):
            await anyio.sleep(0.02)


def found_messages(result: SearchResult) -> list[str]:
    return [message.content for message in result.message_detail_list]
