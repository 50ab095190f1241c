"""What a search is given and what it gives."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from memos_mcp.backends.local.retrieval.query_understanding import understood

TokenVectors = Callable[[Sequence[int]], Mapping[int, NDArray[np.int8]]]


@dataclass(frozen=True, slots=True)
class Query:
    """What is looked for.

    `now` is the time of asking in epoch milliseconds. `dense` are the texts nearest by sentence vector, (seq,
    cosine), None while vectors are missing; `usual` is the query's mean cosine with what people say, of a model whose
    cosines mean the same in every store. `tokens` (int8, a row a word of `words`) and `token_vectors`, which fetches
    those of stored texts, give late interaction.
    `thread` is preferred a little; `allowed` are the texts that may be found, None for all. `may_react` says that
    short texts may be mere reactions, as messages are and memories are not. With `explain`, hits have their `reasons`.
    """

    text: str
    now: int
    dense: Sequence[tuple[int, float]] | None = None
    usual: float | None = None
    tokens: NDArray[np.int8] | None = None
    words: Sequence[str] = ()
    token_vectors: TokenVectors | None = None
    thread: int | None = None
    allowed: Collection[int] | None = None
    may_react: bool = True
    explain: bool = False

    @property
    def tuned(self) -> bool:
        """Whether its cosines are of the model for other languages, which was tuned to tell answers."""
        return self.usual is not None

    @property
    def tells_answers(self) -> bool:
        """Whether its cosines are of a model that was tuned to tell answers, in a language that this model reads."""
        return self.tuned or (self.tokens is not None and understood(self.text).english)


@dataclass(frozen=True, slots=True)
class Reasons:
    """What speaks for a hit of words, meaning, time and neighbours, each 0 to 1; not who speaks, nor flags and priors.

    `words` is the share of the query that stands in the text, `neighbours` the share that is found only beside it,
    `meaning` the cosine of the two, `time` how near the text is to a time that the query names.
    """

    words: float
    meaning: float
    time: float
    neighbours: float


@dataclass(frozen=True, slots=True)
class Hit:
    """A text that was found: `score` orders hits of one search, `relativity` (0 to 1) compares between searches."""

    seq: int
    score: float
    relativity: float
    reasons: Reasons | None = None
