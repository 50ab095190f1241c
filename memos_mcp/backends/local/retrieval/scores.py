"""The ingredients of a score, each a function of arrays, with its source."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from memos_mcp.backends.local.retrieval.features import FIRST_PERSON, MAX_COUNT, QUESTION, RELATIVE_TIME
from memos_mcp.backends.local.retrieval.weights import Weights

Floats = NDArray[np.float64]

_K1 = 1.2
_COUNTS = np.arange(MAX_COUNT + 1)
SATURATION: Floats = _COUNTS * (_K1 + 1) / (_COUNTS + _K1)
"""What a term's count in a text is worth: BM25 (Robertson and Zaragoza, 2009) with k1 = 1.2, and b = 0, since in
conversation a long text is no worse than a short one."""

_USUAL_DEVIATION = 0.1
_USUAL_TEXTS = 20
_CHANCE = 0.2


def rarity(texts_with: NDArray[np.int64], texts: int) -> Floats:
    """Weigh terms by how few of the texts hold them: the idf of BM25 in Lucene's form, which is never negative."""
    return np.log1p((texts - texts_with + 0.5) / (texts_with + 0.5))


def standard(cosines: Floats, *, texts: int) -> tuple[Floats, float]:
    """Bring the cosines of the nearest texts to standard units of all texts' cosines; give their mean too.

    Only the nearest are known, so mean and deviation are fitted to their ranks as a normal distribution's, and the
    deviation is held near a usual one where they are few.
    """
    count = len(cosines)
    if not count:
        return cosines, 0.0
    quantiles = _normal_quantile(1 - (np.arange(count) + 0.5) / max(texts, count))
    centred = quantiles - quantiles.mean()
    spread = float(centred @ centred)
    slope = float(centred @ np.sort(cosines)[::-1]) / spread if spread else 0.0
    deviation = (count * slope + _USUAL_TEXTS * _USUAL_DEVIATION) / (count + _USUAL_TEXTS)
    mean = float(cosines.mean() - quantiles.mean() * deviation)
    return (cosines - mean) / deviation, mean


def interaction(query: NDArray[np.int8], texts: Sequence[NDArray[np.int8]]) -> Floats:
    """Find each word of the query in each text by late interaction (ColBERT, Khattab and Zaharia, 2020).

    Gives a row a text, a column a word: the best cosine of its vector with one of the text's, brought to 0 for what
    any two words have by chance and 1 for the same word in the same sense.
    """
    found = np.zeros((len(texts), len(query)))
    sizes = np.array([len(text) for text in texts])
    filled = sizes > 0
    if not filled.any() or not len(query):
        return found
    stacked = np.concatenate([text for text in texts if len(text)]).astype(np.float32)
    # As small a product as this is slower on several threads, which BLAS would take.
    cosines = np.einsum("td,wd->tw", stacked, query.astype(np.float32)) / 127**2
    starts = np.cumsum(sizes[filled]) - sizes[filled]
    found[filled] = np.maximum.reduceat(cosines, starts, axis=0)
    return ((found - _CHANCE) / (1 - _CHANCE)).clip(0, 1)


def priors(flags: NDArray[np.uint32], *, asks_when: bool, weights: Weights) -> Floats:
    """Favour what tells much: of the writer's own life, not questions, dated for "when".

    Gives what evidence is to be multiplied by, so that a prior decides between equals and never makes up for evidence.
    """
    factor = 1 + weights.first_person * ((flags & FIRST_PERSON) != 0)
    factor += weights.question * ((flags & QUESTION) != 0)
    if asks_when:
        factor += weights.relative_time * ((flags & RELATIVE_TIME) != 0)
    return factor


def _normal_quantile(probability: Floats) -> Floats:
    """Approximate the inverse of the normal distribution (Shore, 1982), good to a few thousandths."""
    upper = np.maximum(probability, 1 - probability)
    value = 5.5556 * (1 - ((1 - upper) / upper) ** 0.1186)
    return np.where(probability < 0.5, -value, value)
