"""The best texts of a search, where long talk is not to fill it with one matter."""

import numpy as np
from numpy.typing import NDArray

from memos_mcp.backends.local.retrieval.rows import NOBODY, Rows
from memos_mcp.backends.local.retrieval.scores import Floats
from memos_mcp.backends.local.retrieval.top_k import best_of
from memos_mcp.backends.local.retrieval.windows import around, steps

_POOL = 3
"""So many times as many texts as are wanted are looked at."""

_BESIDE = steps((1.0, 1.0), (1.0, 1.0))


def take_best(
    score: Floats, candidates: NDArray[np.int64], rows: Rows, *, limit: int, long: float, repeat: float
) -> tuple[NDArray[np.intp], Floats]:
    """Return the places of the best of the candidates and their scores, the best first; of equals the newer.

    Each that is taken lowers those at most two places from it by `repeat` of their score, where one of the two or the
    text between has more than `long` words: the requests around a long answer are mostly about the same task.
    """
    pool = best_of(score, _POOL * limit)
    pool = pool[np.lexsort((-pool, -score[pool]))]
    places = around(candidates[pool], rows, _BESIDE)
    is_long = (rows.length.values[places] > long) & (places != NOBODY)
    if not repeat or not is_long.any():
        return pool[:limit], score[pool[:limit]]
    is_long |= is_long[0]
    is_long[2] |= is_long[1]
    is_long[4] |= is_long[3]
    place_of = {row: place for place, row in enumerate(places[0].tolist())}
    left, chosen, scores = score[pool], list[int](), list[float]()
    for _ in range(min(limit, len(pool))):
        best = int(left.argmax())
        chosen.append(best)
        scores.append(float(left[best]))
        left[best] = -np.inf
        for row in places[1:, best][is_long[1:, best]].tolist():
            if row in place_of:
                left[place_of[row]] *= 1 - repeat
    return pool[chosen], np.array(scores)
