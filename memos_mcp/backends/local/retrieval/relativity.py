"""Relativity: how sure it is that a text bears on the query, 0 to 1, comparable between queries.

A logistic of how much of the query is found in the text or beside it, with constants set by hand so that 0.45 (from
which MemOS's clients take a hit to be relevant) parts what answers a question from the best of what does not.
"""

import numpy as np

from memos_mcp.backends.local.retrieval.scores import Floats

_AT_THRESHOLD = -0.2
_STEEPNESS = 8.0
_CHANCE = 0.045
"""By how much the best of so many texts that do not answer looks better with each e-fold of their number."""

_FEW = 30
"""In a store of so many texts, a word that stands in none counts half of what it does in a large one."""


def of_meaning(*, coverage: Floats, cosine: Floats, absent: float, texts: int) -> Floats:
    """Judge a question in English by the model that comes with token vectors, whose cosines are known.

    `absent` is the share of the question that stands in no text at all: what a user never spoke of is asked for in
    words that they never used, while most of what they did speak of shares some. Of a store of few texts that says
    little: most words stand in none of them.
    """
    return _logistic(coverage + cosine - _unheard(absent, texts) - 0.6, texts, chance=0.02)


def of_another_language(*, coverage: Floats, cosine: Floats, absent: float, texts: int) -> Floats:
    """Judge a question in another language of the Latin alphabet by that model, to which all texts in it are alike."""
    return _logistic(coverage + 0.3 * cosine - _unheard(absent, texts) - 0.35, 1)


def of_another_script(*, coverage: Floats, absent: float, texts: int) -> Floats:
    """Judge a question in another script, of which that model reads too little for its cosines to tell."""
    return _logistic(coverage - _unheard(absent, texts) + 0.16, texts)


def of_likeness(*, coverage: Floats, cosine: Floats, mean: float, absent: float, texts: int) -> Floats:
    """Judge by a model of unknown scale: its cosine counts above the mean of the store's."""
    likeness = (cosine - mean) / max(1 - mean, 0.1)
    return _logistic(coverage / 2 + likeness - _unheard(absent, texts) / 2 - 0.15, texts)


def of_words(*, coverage: Floats, texts: int) -> Floats:
    """Judge by words alone."""
    return _logistic(coverage - 0.1, texts)


def _unheard(absent: float, texts: int) -> float:
    """Return what speaks against all texts: half of the question's share that stands in none."""
    return texts / (texts + _FEW) * absent / 2


def _logistic(evidence: Floats, texts: int, *, chance: float = _CHANCE) -> Floats:
    excess = evidence - chance * np.log(texts)
    return 1 / (1 + np.exp(-(_AT_THRESHOLD + _STEEPNESS * excess)))
