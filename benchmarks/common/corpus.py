"""A sample in one process: its texts with features and vectors, ranked as the server ranks them, without a server."""

from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray
from rich.progress import Progress

from benchmarks.common.sample import Question, Sample
from memos_mcp.backends.local.embedders.base import Embedder, Embedding
from memos_mcp.backends.local.retrieval.features import analyse
from memos_mcp.backends.local.retrieval.index import Hit, Index, IndexEntry, Query
from memos_mcp.backends.local.retrieval.weights import Weights
from memos_mcp.backends.local.search.retriever import DENSE_CANDIDATES


class Corpus:
    """One sample's texts with their features and vectors; text number `seq` is the turn `seq - 1`."""

    def __init__(self, sample: Sample, embedder: Embedder, bar: Progress) -> None:
        """Embed every turn and every question."""
        self.sample = sample
        threads = {name: number for number, name in enumerate(dict.fromkeys(t.conversation_id for t in sample.turns))}
        self._entries = [
            IndexEntry(
                seq, threads[turn.conversation_id], _milliseconds(turn.chat_time), analyse(turn.content, role=turn.role)
            )
            for seq, turn in enumerate(sample.turns, 1)
        ]
        told = bar.track(sample.turns, description=f"{sample.name}, turns")
        self._embeddings = [embedder.embed(turn.content) for turn in told]
        self._matrix = np.stack([embedding.vector for embedding in self._embeddings])
        asked = bar.track(sample.questions, description=f"{sample.name}, questions")
        self.queries = [(question, embedder.embed(question.text, query=True)) for question in asked]

    def index(self, weights: Weights | None = None) -> Index:
        """Return a new index of all turns."""
        index = Index(weights=weights)
        index.extend(self._entries)
        return index

    def cosines(self, question: Embedding) -> NDArray[np.float32]:
        """Compare a question with every turn."""
        cosines: NDArray[np.float32] = self._matrix @ question.vector
        return cosines

    def search(self, index: Index, question: Question, embedding: Embedding, *, limit: int) -> list[Hit]:
        """Rank the turns for a question."""
        cosines = self.cosines(embedding)
        nearest: list[int] = np.argsort(-cosines, kind="stable")[:DENSE_CANDIDATES].tolist()
        query = Query(
            text=question.text,
            now=_milliseconds(question.asked) if question.asked else self._entries[-1].time,
            dense=[(row + 1, float(cosines[row])) for row in nearest],
            usual=embedding.usual,
            tokens=embedding.tokens,
            words=embedding.words,
            token_vectors=self._token_vectors,
        )
        return index.search(query, limit=limit)

    def _token_vectors(self, seqs: Sequence[int]) -> dict[int, NDArray[np.int8]]:
        found = {seq: self._embeddings[seq - 1].tokens for seq in seqs}
        return {seq: tokens for seq, tokens in found.items() if tokens is not None}


def _milliseconds(chat_time: str) -> int:
    return int(datetime.fromisoformat(chat_time).replace(tzinfo=UTC).timestamp() * 1000)
