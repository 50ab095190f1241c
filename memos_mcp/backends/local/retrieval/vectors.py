"""What a search knows by vectors: the nearest texts, and the query's words found by their meaning."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from memos_mcp.backends.local.retrieval.query import Query
from memos_mcp.backends.local.retrieval.rows import NOBODY, Rows
from memos_mcp.backends.local.retrieval.scores import Floats, interaction, standard
from memos_mcp.backends.local.retrieval.windows import Windows


@dataclass(frozen=True, slots=True)
class Dense:
    """The rows nearest to the query, with cosines, those in standard units, and the mean of all rows' cosines."""

    rows: NDArray[np.int64]
    cosines: Floats
    units: Floats
    mean: float

    @classmethod
    def of(cls, query: Query, rows: Rows, *, texts: int) -> "Dense":
        """Take them from the query; `texts` is how many texts are alive."""
        pairs = query.dense or ()
        near = rows.find(np.array([seq for seq, _ in pairs], np.int64))
        cosines = np.array([cosine for _, cosine in pairs], np.float64)
        known = (near != NOBODY) & rows.alive.values[near]
        near, cosines = near[known], cosines[known]
        units, mean = standard(cosines, texts=texts)
        return cls(near, cosines, units, mean)


def by_meaning(query: Query, centres: NDArray[np.int64], rows: Rows, like: Windows) -> Floats:
    """Find the query's words in the windows around some rows, a row a window, a column a word, 0 to 1.

    The windows are as wide as `like`. A text without token vectors has nothing in it.
    """
    if query.tokens is None or query.token_vectors is None:
        return np.zeros((len(centres), 0))
    windows = like.around(centres)
    members = windows.members()
    seqs = rows.seq.values[members].tolist()
    stored = query.token_vectors(seqs)
    none = np.empty((0, query.tokens.shape[1]), np.int8)
    found = interaction(query.tokens, [stored.get(seq, none) for seq in seqs])
    meant = np.zeros((len(centres), len(query.tokens)))
    for word in range(len(query.tokens)):
        meant[:, word] = windows.best(over_rows(found[:, word], members, rows=rows))
    return meant


def over_rows(values: Floats, places: NDArray[np.int64], *, rows: Rows) -> Floats:
    """Lay values out over all rows, none below 0, with one 0 more at the end for `NOBODY`."""
    spread = np.zeros(len(rows) + 1)
    spread[places] = values.clip(min=0)
    return spread
