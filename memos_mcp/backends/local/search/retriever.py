"""Answering a query: wait for the vectors, rank, and read what was found."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from memos_mcp.backends.local.embedders.base import Embedder, Embedding
from memos_mcp.backends.local.ledger.ledger import Ledger
from memos_mcp.backends.local.ledger.standing import Standing
from memos_mcp.backends.local.ledger.texts import Kind
from memos_mcp.backends.local.retrieval.index import Hit, Query
from memos_mcp.backends.local.retrieval.query import Reasons
from memos_mcp.backends.local.retrieval.query_understanding import understood
from memos_mcp.backends.local.search import filters
from memos_mcp.backends.local.search.announcements import users_first
from memos_mcp.backends.local.search.asked_by_user import asked_by_user
from memos_mcp.backends.local.search.changed_first import changed_first
from memos_mcp.backends.local.search.lexical_indexes import Indexes
from memos_mcp.backends.local.search.outdated import Outdated, Ranked
from memos_mcp.backends.local.search.rerank import rerank
from memos_mcp.backends.local.vectors.indexing import Indexing
from memos_mcp.core.errors import MissingLibrary
from memos_mcp.core.models import Memory, Preference, SearchMemory, SearchResult
from memos_mcp.core.tracing import span

MOST_MEMORIES = 200
"""Memories that are ranked, of which the best are given."""

DENSE_CANDIDATES = 200
"""Texts taken from the vector index: more find nothing more (77.2 % of the evidence with 200, 75.9 with 50)."""

PATIENCE = 10.0
"""Seconds that a search waits for vectors that are being made."""

WORTH_WAITING_FOR = 1_000
"""Texts without a vector above which a search does not wait at all: it would take longer than `PATIENCE`."""

BY_WORDS = "Some of what is stored is not in the vector index yet; it was searched by words alone."

BY_WORDS_ALONE = "It was searched by words alone."

PREFERENCE_NOTE = (
    "Preferences are the user's own wishes as they were said. Follow those that bear on the task; "
    "what the user says now comes first, and they are never instructions from anybody else."
)


NEAREST = 2
NEAREST_FLOOR = 0.35
NEAREST_FLOOR_OF_OTHERS = 0.05
"""How many memories are given, and from which relativity, where the nearest are asked for and none is at the threshold.

The first floor is for what the models that come with the package were tuned to, which tell an answer from what is only
near. Other questions have the second, since from 0.1 on what answers them is lost as often as what does not.
"""


@dataclass(frozen=True, slots=True)
class PreparedSearch:
    """A `SearchMemory` made ready for the steps below; `only` is a condition on the columns of `memory`."""

    request: SearchMemory
    standing: Standing
    query: Query
    near: Mapping[Kind, Sequence[tuple[int, float]]] | None
    chosen: filters.Filter | None
    only: str = ""


@dataclass(frozen=True, slots=True)
class SearchOutcome:
    """What a search found, and the reasons for each memory and message by its key, where they were asked for."""

    result: SearchResult
    memories: Mapping[int, Reasons]
    messages: Mapping[int, Reasons]


class Retriever:
    """Finds a user's memories, preferences and messages."""

    def __init__(self, ledger: Ledger, embedder: Embedder, indexing: Indexing, indexes: Indexes) -> None:
        """Take ready collaborators."""
        self._ledger = ledger
        self._embedder = embedder
        self._indexing = indexing
        self._indexes = indexes
        self._outdated = Outdated(ledger.messages, ledger.memories)
        self._last: tuple[str, Embedding | None] = ("", None)

    def run(self, request: SearchMemory, *, standing: Standing, now: int, only: str = "") -> SearchResult:
        """Answer a search of the user of whom it is known how far the ledger has got.

        With a condition, of those memories that meet it; then nothing is waited for.
        """
        return self._run(request, standing, now=now, only=only).result

    def explained(self, request: SearchMemory, *, standing: Standing, now: int) -> SearchOutcome:
        """Answer a search of this user, and say why each text was found."""
        return self._run(request, standing, now=now, explain=True)

    def _run(
        self, request: SearchMemory, standing: Standing, *, now: int, explain: bool = False, only: str = ""
    ) -> SearchOutcome:
        complete = bool(only) or self._wait(standing)
        asked = replace(self._asked(request, standing, now=now, explain=explain), only=only)
        messages = self._find("message", asked, limit=request.message_limit_number)
        wanted = request.memory_limit_number + (request.preference_limit_number if request.include_preference else 0)
        memories = self._find("memory", asked, limit=MOST_MEMORIES if wanted else 0)
        known, preferences = self._memories(asked, memories)
        unknown = filters.unknown_fields(asked.chosen, standing.user, (self._ledger.messages, self._ledger.memories))
        past = understood(request.query).asks_for_the_past
        said = self._outdated.read(
            [Ranked(hit.seq, hit.relativity) for hit in messages],
            limit=request.message_limit_number,
            past=past,
            outdated=self._indexes.outdated(standing) if messages else frozenset(),
        )
        result = SearchResult(
            memory_detail_list=known if past else changed_first(known, query=request.query),
            preference_detail_list=preferences,
            message_detail_list=said if past else changed_first(said, query=request.query),
            preference_note=PREFERENCE_NOTE if preferences else "",
            notice=" ".join(filter(None, (self._by_words(asked, complete=complete), filters.about_unknown(unknown)))),
            unknown_fields=unknown,
        )
        return SearchOutcome(result, _reasons(memories), _reasons(messages))

    def rank(self, query: str, documents: Sequence[str], *, now: int) -> list[tuple[int, float]]:
        """Return the position of each document and its relativity to a query, the best first."""
        return rerank(query, documents, embedder=self._embedder, now=now)

    def _by_words(self, asked: PreparedSearch, *, complete: bool) -> str:
        if complete and asked.near is not None:
            return ""
        return f"{BY_WORDS_ALONE} {self._indexing.missing}" if self._indexing.missing else BY_WORDS

    def _wait(self, standing: Standing) -> bool:
        user = standing.user
        can_be_asked = self._indexing.can_be_asked(user)
        if not standing.waiting and can_be_asked:
            return True
        waiting = self._indexing.unembedded(user)
        if not waiting and can_be_asked:
            return self._indexing.is_complete(user)
        embedded = self._indexing.wait_until_embedded(user, patience=PATIENCE if waiting <= WORTH_WAITING_FOR else 0)
        return embedded and self._indexing.is_complete(user)

    def _asked(self, request: SearchMemory, standing: Standing, *, now: int, explain: bool) -> PreparedSearch:
        text = asked_by_user(request.query)
        embedding = self._embedded(text)
        query = Query(
            text=text,
            now=now,
            usual=embedding.usual if embedding else None,
            tokens=embedding.tokens if embedding else None,
            words=embedding.words if embedding else (),
            thread=self._thread(standing.user, request.conversation_id),
            explain=explain,
        )
        near = self._near(standing, embedding) if embedding else None
        return PreparedSearch(request, standing, query, near, filters.parse(request.filter))

    def _embedded(self, text: str) -> Embedding | None:
        """Embed a query; the last is kept, for a search may go on to knowledge bases and to what others made public."""
        asked, embedding = self._last
        if embedding is None or asked != text:
            try:
                with span("embedding", inner=True):
                    embedding = self._embedder.embed(text, query=True)
            except MissingLibrary:
                return None
            self._last = (text, embedding)
        return embedding

    def _thread(self, user: int, conversation_id: str) -> int | None:
        return self._ledger.messages.conversation_key(user, conversation_id) if conversation_id else None

    def _near(self, standing: Standing, embedding: Embedding) -> dict[Kind, list[tuple[int, float]]] | None:
        """Return the nearest messages and memories; a memory without a vector of its own is as near as its message."""
        found = self._indexing.nearest(
            standing.user, embedding.vector, limit=DENSE_CANDIDATES, waiting=standing.waiting
        )
        if found is None:
            return None
        messages, memories = found.of_kind("message"), found.of_kind("memory")
        for message, told in self._ledger.vectors.told_by(messages).items():
            for memory in told:
                memories[memory] = max(messages[message], memories.get(memory, -1.0))
        return {"message": [*messages.items()], "memory": sorted(memories.items(), key=lambda one: -one[1])}

    def _find(self, kind: Kind, asked: PreparedSearch, *, limit: int) -> Sequence[Hit]:
        if not limit:
            return ()
        query = replace(
            asked.query,
            dense=None if asked.near is None else asked.near[kind],
            token_vectors=partial(self._ledger.vectors.tokens, kind),
            allowed=self._allowed(kind, asked),
            may_react=kind == "message",
        )
        return self._indexes.search(asked.standing, kind, query, limit=limit)

    def _allowed(self, kind: Kind, asked: PreparedSearch) -> Collection[int] | None:
        if asked.chosen is None and not asked.only:
            return None
        condition, parameters = filters.to_sql(asked.chosen) if asked.chosen else ("TRUE", [])
        condition = f"({condition}) AND ({asked.only})" if asked.only else condition
        table = self._ledger.messages if kind == "message" else self._ledger.memories
        return table.matching(asked.standing.user, condition, parameters)

    def _memories(
        self, asked: PreparedSearch, hits: Sequence[Hit]
    ) -> tuple[tuple[Memory, ...], tuple[Preference, ...]]:
        request = asked.request
        relevant = self._wanted(_sure(hits, asked), asked)
        memories: list[Memory] = []
        preferences: list[Preference] = []
        for known in self._with_past(asked, relevant):
            match known:
                case Memory() if len(memories) < request.memory_limit_number:
                    memories.append(known)
                case Preference() if len(preferences) < request.preference_limit_number:
                    preferences.append(known)
                case _:
                    pass
        return users_first(memories), tuple(preferences) if request.include_preference else ()

    def _wanted(self, hits: Sequence[Hit], asked: PreparedSearch) -> list[Hit]:
        """Return the best hits that are memories and those that are preferences, as many as are asked for of each."""
        preferences = self._indexes.preferences(asked.standing) if hits else ()
        left = {False: asked.request.memory_limit_number, True: asked.request.preference_limit_number}
        chosen: list[Hit] = []
        for hit in hits:
            kind = hit.seq in preferences
            if left[kind]:
                left[kind] -= 1
                chosen.append(hit)
        return chosen

    def _with_past(self, asked: PreparedSearch, hits: Sequence[Hit]) -> Iterator[Memory | Preference]:
        """Read what was found; after each, where the query asks for the past, what it superseded."""
        memories = self._ledger.memories
        asks = hits and understood(asked.request.query).asks_for_the_past and not asked.only
        past = memories.superseded([hit.seq for hit in hits]) if asks else {}
        chains = [(hit.relativity, seq) for hit in hits for seq in (hit.seq, *past.get(hit.seq, ()))]
        stored = memories.by_seq(asked.standing.user, {seq for _, seq in chains})
        for relativity, seq in chains:
            if seq in stored:
                yield stored[seq].model_copy(update={"relativity": relativity})


def _reasons(hits: Sequence[Hit]) -> dict[int, Reasons]:
    return {hit.seq: hit.reasons for hit in hits if hit.reasons is not None}


def _sure(hits: Sequence[Hit], asked: PreparedSearch) -> Sequence[Hit]:
    """Return the hits at or above the threshold or, where the nearest are asked for and there are none, the best."""
    sure = [hit for hit in hits if hit.relativity >= asked.request.relativity]
    if sure or not asked.request.nearest:
        return sure
    floor = NEAREST_FLOOR if asked.query.tells_answers else NEAREST_FLOOR_OF_OTHERS
    return [hit for hit in hits[:NEAREST] if hit.relativity >= floor]
