"""The ingredients of a score, each a function of arrays over the candidates."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from memos_mcp.backends.local.retrieval.features import FIRST_PERSON, MAX_COUNT, QUESTION, RELATIVE_TIME
from memos_mcp.backends.local.retrieval.postings import Found
from memos_mcp.backends.local.retrieval.rows import NOBODY
from memos_mcp.backends.local.retrieval.weights import Weights

Floats = NDArray[np.float64]

_K1 = 1.2
_COUNTS = np.arange(MAX_COUNT + 1)
_SATURATION = _COUNTS * (_K1 + 1) / (_COUNTS + _K1)


def rarity(texts_with: NDArray[np.int64], texts: int) -> Floats:
    """Weigh terms by how few of the texts hold them: the idf of BM25 in Lucene's form, which is never negative."""
    return np.log1p((texts - texts_with + 0.5) / (texts_with + 0.5))


def words(found: Found, idf: Floats, *, rows: int) -> Floats:
    """Score every row by BM25 (Robertson and Zaragoza, 2009) with k1 = 1.2 and b = 0, length being no fault here."""
    scored = np.bincount(found.rows, idf[found.term_of] * _SATURATION[found.counts], minlength=rows)
    return scored.astype(np.float64)


def vectors(cosines: Floats, *, texts: int) -> Floats:
    """Bring the cosines of the nearest texts to standard units of all texts' (Fox and Shaw's CombSUM after z-scores).

    Only the nearest are known, so mean and deviation are read off their ranks as those of a normal distribution, and
    held near those of this kind of model where there are few.
    """
    count = len(cosines)
    mean, deviation = _moments(np.sort(cosines)[::-1], texts)
    return (cosines - mean) / deviation if count else cosines


def standard(values: Floats, texts: int) -> Floats:
    """Bring scores, 0 for most texts, to standard units of all texts'."""
    mean = values.sum() / texts
    deviation = np.sqrt(max((values @ values) / texts - mean**2, 0.0))
    return (values - mean) / deviation if deviation else np.zeros(len(values))


def share(base: Floats, chain: NDArray[np.int32], rows: NDArray[np.int64], *, portions: Sequence[float]) -> Floats:
    """Give each candidate part of the scores of its neighbours on one side in the conversation.

    The answer to "where did you go?" holds none of the question's words. `base` is over all rows, nothing below 0.
    """
    gained = np.zeros(len(rows))
    place = rows
    for portion in portions:
        place = np.where(place == NOBODY, NOBODY, chain[place])
        gained += portion * np.where(place == NOBODY, 0.0, base[place])
    return gained


def priors(lengths: NDArray[np.uint16], flags: NDArray[np.uint16], *, asks_when: bool, weights: Weights) -> Floats:
    """Favour what tells much: long texts, of the writer's own life, not questions; dated ones for "when"."""
    score = weights.length * np.log1p(lengths)
    score += weights.first_person * ((flags & FIRST_PERSON) != 0)
    score += weights.question * ((flags & QUESTION) != 0)
    if asks_when:
        score += weights.relative_time * ((flags & RELATIVE_TIME) != 0)
    return score


def late(query: NDArray[np.int8], idf: Floats, texts: Sequence[NDArray[np.int8]]) -> Floats:
    """Score texts by late interaction (ColBERT, Khattab and Zaharia, 2020): the best cosine of each word, by idf."""
    sizes = np.array([len(text) for text in texts])
    score = np.zeros(len(texts))
    filled = np.flatnonzero(sizes)
    if not len(filled) or not len(query) or idf.sum() <= 0:
        return score
    stacked = np.concatenate([text for text in texts if len(text)]).astype(np.float32)
    cosines = stacked @ query.T.astype(np.float32) / 127**2
    starts = np.cumsum(sizes[filled]) - sizes[filled]
    best = np.maximum.reduceat(cosines, starts, axis=0)
    score[filled] = best @ idf / idf.sum()
    return score


def _moments(cosines: Floats, texts: int) -> tuple[float, float]:
    count = len(cosines)
    if not count:
        return 0.0, 1.0
    quantiles = _normal_quantile(1 - (np.arange(count) + 0.5) / max(texts, count))
    centre = quantiles.mean()
    spread = ((quantiles - centre) ** 2).sum()
    slope = float(((quantiles - centre) * cosines).sum() / spread) if spread else 0.0
    deviation = (count * slope + 20 * 0.1) / (count + 20)
    mean = cosines.mean() - centre * deviation
    return mean, max(deviation, 0.01)


def _normal_quantile(probability: Floats) -> Floats:
    """Approximate the inverse of the normal distribution (Shore, 1982), good to a few thousandths."""
    return 5.5556 * (1 - ((1 - probability) / probability) ** 0.1186)
