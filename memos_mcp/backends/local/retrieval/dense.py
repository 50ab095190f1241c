"""What a search knows by vectors: the nearest texts, and the query's words found by their meaning."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from memos_mcp.backends.local.retrieval.flags import UNIVERSAL
from memos_mcp.backends.local.retrieval.query import Query
from memos_mcp.backends.local.retrieval.rows import NOBODY, Rows
from memos_mcp.backends.local.retrieval.scores import Floats, interaction, length_norm, standard

_USUAL_DEVIATION = 0.1
"""Of the cosines of a question and all texts, by the model for English that comes with the package."""

_DEVIATION_OF_OTHERS = 0.12
"""The same by its model for other languages."""

_NARROW_DEVIATION = 0.03
"""The same by multilingual-e5, and so the least to expect of a model of unknown scale."""

_SETTLED = 2
"""In a store of so many texts the mean of their cosines tells half, and the usual one the rest."""


@dataclass(frozen=True, slots=True)
class Dense:
    """The rows nearest to the query, with cosines, those in standard units, and the mean of all rows' cosines.

    For a model that reads some languages only, the mean is of the rows in these: others are as near as chance has it.
    Where few are, it is near to the query's mean with what people say.
    """

    rows: NDArray[np.int64]
    cosines: Floats
    units: Floats
    mean: float

    @classmethod
    def of(cls, query: Query, rows: Rows) -> "Dense":
        """Take them from the query."""
        seqs, similar = zip(*query.dense, strict=True) if query.dense else ((), ())
        near, cosines = rows.find(np.array(seqs, np.int64)), np.array(similar, np.float64)
        known = (near != NOBODY) & rows.alive.values[near]
        near, cosines = near[known], cosines[known]
        by_first = _NARROW_DEVIATION if query.tokens is None else _USUAL_DEVIATION
        deviation = _DEVIATION_OF_OTHERS if query.tuned else by_first
        units, mean = standard(cosines, texts=rows.living, usual=deviation)
        if query.usual is not None:
            read = (rows.flags.values & UNIVERSAL) != 0
            texts = int(np.count_nonzero(read & rows.alive.values))
            _, mean = standard(cosines[read[near]], texts=texts, usual=deviation)
            mean = (texts * mean + _SETTLED * query.usual) / (texts + _SETTLED)
        return cls(near, cosines, units, mean)


@dataclass(frozen=True, slots=True)
class Meant:
    """The query's words found by their meaning in some rows: a line a row, ascending, a column a word, 0 to 1."""

    rows: NDArray[np.int64]
    found: Floats

    def of(self, rows: NDArray[np.int64]) -> Floats:
        """Return a line for each of these rows; in one that was not looked at nothing is found."""
        if not len(self.rows):
            return np.zeros((len(rows), self.found.shape[1]))
        places = np.minimum(np.searchsorted(self.rows, rows), len(self.rows) - 1)
        return self.found[places] * (self.rows[places] == rows)[:, None]


def by_meaning(query: Query, members: NDArray[np.int64], rows: Rows, *, usual: float) -> Meant:
    """Find the query's words in the rows `members`.

    A text without token vectors has nothing in it. The best of many words is high by chance, so that what is found in
    a text of more than `usual` words is divided by the root of its length norm.
    """
    if query.tokens is None or query.token_vectors is None:
        return Meant(members, np.zeros((len(members), 0)))
    seqs = rows.seq.values[members].tolist()
    stored = query.token_vectors(seqs)
    norm = length_norm(rows.length.values[members], usual=usual)
    none = np.empty((0, query.tokens.shape[1]), np.int8)
    found = interaction(query.tokens, [stored.get(seq, none) for seq in seqs])
    return Meant(members, found / np.sqrt(norm)[:, None])
