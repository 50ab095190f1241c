"""What a user would get from a textbook: BM25, the exact cosine of one vector a message, and their fusion."""

import math
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from benchmarks.common.sample import Question, Sample
from benchmarks.common.scoring import Found, words

Ranker = Callable[[str], NDArray[np.float64]]
"""Gives every turn of a sample its score for a query."""

DEPTH = 20


class Encoder(Protocol):
    """Turns a text into a vector of unit length."""

    def __call__(self, text: str, *, query: bool = False) -> NDArray[np.float32]:
        """Encode one text, or one query."""
        ...


def bm25(texts: Sequence[str], *, k1: float = 1.2, b: float = 0.75) -> Ranker:
    """Rank as Robertson and Zaragoza (2009) write it: no stemming, no stop list."""
    counts = [Counter(words(text)) for text in texts]
    lengths = np.array([count.total() for count in counts], dtype=float)
    norm = k1 * (1 - b + b * lengths / lengths.mean())
    frequency = Counter(word for count in counts for word in count)

    def rank(query: str) -> NDArray[np.float64]:
        scores = np.zeros(len(texts))
        for word in words(query):
            n = frequency[word]
            idf = math.log(1 + (len(texts) - n + 0.5) / (n + 0.5))
            tf = np.array([count[word] for count in counts], dtype=float)
            scores += idf * tf * (k1 + 1) / (tf + norm)
        return scores

    return rank


def dense(texts: Sequence[str], *, encode: Encoder) -> Ranker:
    """Rank by the cosine of text and query, over all texts."""
    matrix = np.stack([encode(text) for text in texts])
    return lambda query: (matrix @ encode(query, query=True)).astype(np.float64)


def fusion(*rankers: Ranker, k: int = 60) -> Ranker:
    """Rank by the sum of reciprocal ranks (Cormack et al., SIGIR 2009)."""

    def rank(query: str) -> NDArray[np.float64]:
        ranks = [np.argsort(np.argsort(-ranker(query), kind="stable")) for ranker in rankers]
        return np.sum([1 / (k + 1 + r) for r in ranks], axis=0)

    return rank


def standard_sum(*rankers: Ranker) -> Ranker:
    """Rank by the sum of standard scores."""

    def rank(query: str) -> NDArray[np.float64]:
        scores = [ranker(query) for ranker in rankers]
        return np.sum([(score - score.mean()) / (score.std() or 1.0) for score in scores], axis=0)

    return rank


def answer(ranker: Ranker, sample: Sample, question: Question) -> Found:
    """Take the first twenty turns; the text is their contents, a line each."""
    order: list[int] = np.argsort(-ranker(question.text), kind="stable")[:DEPTH].tolist()
    turns = [sample.turns[index] for index in order]
    return Found(question, tuple(turn.id for turn in turns), "\n".join(turn.content for turn in turns))
