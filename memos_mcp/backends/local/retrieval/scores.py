"""The formulas of a score, each a function of arrays, with its source; `evidence` has what else speaks for a text."""

from collections.abc import Sequence
from functools import lru_cache
from typing import cast

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_K1 = 1.2  # the default of Lucene
_B = 0.75  # the default of Lucene

_USUAL_TEXTS = 20
_CHANCE = 0.2
_ONE_THREAD = 1 << 18
"""So many multiplications OpenBLAS does on one thread."""


def rarity(texts_with: NDArray[np.int64], texts: int) -> Floats:
    """Weigh terms by how few of the texts hold them: the idf of BM25 in Lucene's form, which is never negative."""
    return np.log1p((texts - texts_with + 0.5) / (texts_with + 0.5))


def length_norm(lengths: NDArray[np.uint32], *, usual: float) -> Floats:
    """Return by how much the terms of texts count less for their length: as BM25 with b = 0.75, but never below 1.

    `lengths` and `usual` are in words. In conversation a short text is no better than a usual one, but a long one says
    much beside what it is found for.
    """
    return np.maximum(1.0, 1 - _B + _B * lengths / usual)


def saturation(counts: NDArray[np.int64], norm: Floats) -> Floats:
    """Return what a term's count in a text is worth (BM25; Robertson and Zaragoza, 2009; k1 = 1.2)."""
    return counts * (_K1 + 1) / (counts + _K1 * norm)


def standard(cosines: Floats, *, texts: int, usual: float) -> tuple[Floats, float]:
    """Bring the cosines of the nearest texts to standard units of all texts' cosines; give their mean too.

    Only the nearest are known, so mean and deviation are fitted to their ranks as a normal distribution's, and the
    deviation is held near the `usual` one of the model where they are few.
    """
    count = len(cosines)
    if not count:
        return cosines, 0.0
    centred, middle = _expected(count, max(texts, count))
    spread = float(centred @ centred)
    slope = float(centred @ np.sort(cosines)[::-1]) / spread if spread else 0.0
    deviation = (count * slope + _USUAL_TEXTS * usual) / (count + _USUAL_TEXTS)
    mean = float(cosines.mean()) - middle * deviation
    return (cosines - mean) / deviation, mean


def interaction(query: NDArray[np.int8], texts: Sequence[NDArray[np.int8]]) -> Floats:
    """Find each word of the query in each text by late interaction (ColBERT, Khattab and Zaharia, 2020).

    Gives a row a text, a column a word: the best cosine of its vector with one of the text's, brought to 0 for what
    any two words have by chance and 1 for the same word in the same sense.
    """
    sizes = np.fromiter(map(len, texts), np.int64, len(texts))
    filled = np.flatnonzero(sizes)
    if not len(filled) or not len(query):
        return np.zeros((len(texts), len(query)))
    stacked = np.frombuffer(b"".join(cast("Sequence[bytes]", texts)), np.int8).reshape(-1, query.shape[1])
    cosines = products(stacked, query) / 127**2
    ends = np.cumsum(sizes)
    found = np.zeros((len(texts), len(query)))
    found[filled] = np.maximum.reduceat(cosines, (ends - sizes)[filled], axis=0)
    return ((found - _CHANCE) / (1 - _CHANCE)).clip(0, 1)


def products(rows: NDArray[np.generic], query: NDArray[np.generic]) -> NDArray[np.float32]:
    """Multiply each of the rows with the rows of a query, or with the one that it is.

    In parts so small that BLAS takes no second thread, which would cost more than it saves.
    """
    left, right = rows.astype(np.float32, copy=False), query.T.astype(np.float32, copy=False)
    step = max(1, _ONE_THREAD // right.size)
    return np.concatenate([left[start : start + step] @ right for start in range(0, len(left), step)])


@lru_cache(maxsize=256)
def _expected(count: int, texts: int) -> tuple[Floats, float]:
    """Return the normal quantiles of the highest `count` of `texts` about their mean, and that mean."""
    quantiles = _normal_quantile(1 - (np.arange(count) + 0.5) / texts)
    middle = float(quantiles.mean())
    return quantiles - middle, middle


def _normal_quantile(probability: Floats) -> Floats:
    """Approximate the inverse of the normal distribution (Shore, 1982), good to a few thousandths."""
    upper = np.maximum(probability, 1 - probability)
    value = 5.5556 * (1 - ((1 - upper) / upper) ** 0.1186)
    return np.where(probability < 0.5, -value, value)
