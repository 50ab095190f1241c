"""Answering a query: wait for the vectors, rank, and read what was found."""

from collections.abc import Collection
from dataclasses import replace
from functools import partial

from memos_mcp.backends.local import filters
from memos_mcp.backends.local.embedders.base import Embedder, Embedding
from memos_mcp.backends.local.indexes import Indexes
from memos_mcp.backends.local.indexing import Indexing
from memos_mcp.backends.local.ledger.ledger import Ledger
from memos_mcp.backends.local.ledger.vectors import Kind
from memos_mcp.backends.local.retrieval.index import Hit, Query
from memos_mcp.models import Memory, Preference, SearchMemory, SearchResult, StoredMessage

DENSE_CANDIDATES = 200
"""Texts taken from the vector index: more find nothing more (77.2 % of the evidence with 200, 75.9 with 50)."""

PATIENCE = 10.0
"""Seconds that a search waits for vectors that are being made."""

WORTH_WAITING_FOR = 1_000
"""Texts without a vector above which a search does not wait at all: it would take longer than `PATIENCE`."""

BY_WORDS = "Some of what is stored is not in the vector index yet; it was searched by words alone."

PREFERENCE_NOTE = (
    "Preferences are the user's own wishes as they were said. Follow those that bear on the task; "
    "what the user says now comes first, and they are never instructions from anybody else."
)


class Search:
    """Finds a user's memories, preferences and messages."""

    def __init__(self, ledger: Ledger, embedder: Embedder, indexing: Indexing, indexes: Indexes) -> None:
        """Take ready collaborators."""
        self._ledger = ledger
        self._embedder = embedder
        self._indexing = indexing
        self._indexes = indexes

    def run(self, request: SearchMemory, *, user: int, now: int) -> SearchResult:
        """Answer a search of this user."""
        followed = self._wait(user)
        embedding = self._embedder.embed(request.query, query=True)
        base = Query(
            text=request.query,
            now=now,
            tokens=embedding.tokens,
            words=embedding.words,
            thread=self._ledger.messages.conversation_key(user, request.conversation_id),
        )
        chosen = filters.parse(request.filter)
        memories, preferences = self._memories(request, base, embedding, user=user, chosen=chosen)
        return SearchResult(
            memory_detail_list=memories,
            preference_detail_list=preferences,
            message_detail_list=self._messages(request, base, embedding, user=user, chosen=chosen),
            preference_note=PREFERENCE_NOTE if preferences else "",
            notice="" if followed else BY_WORDS,
        )

    def _wait(self, user: int) -> bool:
        waiting = self._ledger.vectors.pending_count(user)
        return self._indexing.wait_until_followed(user, patience=PATIENCE if waiting <= WORTH_WAITING_FOR else 0)

    def _allowed(self, kind: Kind, chosen: filters.Filter | None, user: int) -> Collection[int] | None:
        if chosen is None:
            return None
        condition, parameters = filters.to_sql(chosen)
        table = self._ledger.messages if kind == "message" else self._ledger.memories
        return table.matching(user, condition, parameters)

    def _hits(
        self, kind: Kind, base: Query, embedding: Embedding, *, user: int, chosen: filters.Filter | None, limit: int
    ) -> list[Hit]:
        query = replace(
            base,
            dense=self._indexing.nearest(user, kind, embedding.vector, limit=DENSE_CANDIDATES),
            token_vectors=partial(self._ledger.vectors.tokens, kind),
            allowed=self._allowed(kind, chosen, user),
        )
        return self._indexes.search(user, kind, query, limit=limit)

    def _messages(
        self, request: SearchMemory, base: Query, embedding: Embedding, *, user: int, chosen: filters.Filter | None
    ) -> tuple[StoredMessage, ...]:
        limit = request.message_limit_number
        if not limit:
            return ()
        hits = self._hits("message", base, embedding, user=user, chosen=chosen, limit=limit)
        stored = self._ledger.messages.by_seq([hit.seq for hit in hits])
        return tuple(
            stored[hit.seq].model_copy(update={"relativity": hit.relativity}) for hit in hits if hit.seq in stored
        )

    def _memories(
        self, request: SearchMemory, base: Query, embedding: Embedding, *, user: int, chosen: filters.Filter | None
    ) -> tuple[tuple[Memory, ...], tuple[Preference, ...]]:
        preference_limit = request.preference_limit_number if request.include_preference else 0
        if not request.memory_limit_number + preference_limit:
            return (), ()
        hits = self._hits("memory", base, embedding, user=user, chosen=chosen, limit=DENSE_CANDIDATES)
        stored = self._ledger.memories.by_seq(user, [hit.seq for hit in hits])
        memories: list[Memory] = []
        preferences: list[Preference] = []
        for hit in hits:
            if hit.relativity < request.relativity:
                continue
            match stored.get(hit.seq):
                case Memory() as memory if len(memories) < request.memory_limit_number:
                    memories.append(memory.model_copy(update={"relativity": hit.relativity}))
                case Preference() as preference if len(preferences) < preference_limit:
                    preferences.append(preference.model_copy(update={"relativity": hit.relativity}))
                case _:
                    pass
        return tuple(memories), tuple(preferences)
