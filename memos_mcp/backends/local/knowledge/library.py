"""The knowledge bases as the routes use them: each call hops once to a thread."""

from collections.abc import Callable
from functools import partial

from anyio.to_thread import run_sync

from memos_mcp.backends.local.knowledge.knowledge_bases import KnowledgeBases
from memos_mcp.core.models import Document, KnowledgeBase


class Library:
    """Makes, fills and removes knowledge bases."""

    def __init__(self, bases: KnowledgeBases, *, clock: Callable[[], int]) -> None:
        """Take the knowledge bases; `clock` gives epoch milliseconds."""
        self._bases = bases
        self._clock = clock

    async def create_knowledge_base(self, name: str, description: str) -> str:
        """Make a knowledge base and give its id."""
        return await run_sync(partial(self._bases.create, name, description=description))

    async def knowledge_bases(self) -> list[KnowledgeBase]:
        """List the knowledge bases."""
        return await run_sync(self._bases.listed)

    async def delete_knowledge_base(self, identifier: str) -> None:
        """Remove a knowledge base with its documents."""
        await run_sync(self._bases.delete, identifier)

    async def add_document(self, identifier: str, name: str, content: bytes) -> Document:
        """Keep a document."""
        return await run_sync(partial(self._bases.add, identifier, name=name, content=content, now=self._clock()))

    async def documents(self, identifier: str, document_ids: tuple[str, ...]) -> list[Document]:
        """Return the documents of a knowledge base or, where none is named, those with these ids."""
        if identifier:
            listed = await run_sync(self._bases.documents, identifier)
            return [one for one in listed if not document_ids or one.id in document_ids]
        return await run_sync(self._bases.named, document_ids)

    async def delete_documents(self, document_ids: tuple[str, ...]) -> None:
        """Remove documents."""
        await run_sync(self._bases.remove, document_ids)
