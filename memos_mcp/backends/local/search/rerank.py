"""Ranking texts that are given, and not stored, by the same means as those that are."""

from collections.abc import Sequence

from memos_mcp.backends.local.embedders.base import Embedder
from memos_mcp.backends.local.retrieval.features import analyse
from memos_mcp.backends.local.retrieval.index import Index, IndexEntry, Query


def rerank(query: str, documents: Sequence[str], *, embedder: Embedder, now: int) -> list[tuple[int, float]]:
    """Return the position of each document and its relativity to the query, the best first."""
    index = Index()
    index.extend(
        IndexEntry(seq=number, thread=number, time=now, features=analyse(text, role="user"))
        for number, text in enumerate(documents, 1)
    )
    asked = embedder.embed(query, query=True)
    embedded = {number: embedder.embed(text) for number, text in enumerate(documents, 1)}
    cosines = [(number, float(one.vector @ asked.vector)) for number, one in embedded.items()]
    looked_for = Query(
        text=query,
        now=now,
        dense=sorted(cosines, key=lambda one: -one[1]),
        usual=asked.usual,
        tokens=asked.tokens,
        words=asked.words,
        token_vectors=lambda seqs: {seq: tokens for seq in seqs if (tokens := embedded[seq].tokens) is not None},
    )
    hits = index.search(looked_for, limit=len(documents))
    found = {hit.seq - 1: hit.relativity for hit in hits}
    rest = [position for position in range(len(documents)) if position not in found]
    return [*found.items(), *((position, 0.0) for position in rest)]
