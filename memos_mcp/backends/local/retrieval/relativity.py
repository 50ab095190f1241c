"""Relativity: how sure it is that a text bears on the query, 0 to 1, comparable between queries.

A logistic of how much of the query is found in the text or beside it, with constants set by hand so that 0.45 (from
which MemOS's clients take a hit to be relevant) parts what answers a question from the best of what does not.
"""

import numpy as np

from memos_mcp.backends.local.retrieval.scores import Floats

_AT_THRESHOLD = -0.2
_STEEPNESS = 8.0


def of_meaning(*, words: Floats, cosine: Floats) -> Floats:
    """Judge by the model whose token vectors there are: the query's words found by late interaction, and the cosine."""
    return _logistic(words + cosine - 0.9)


def of_likeness(*, coverage: Floats, cosine: Floats, mean: float) -> Floats:
    """Judge by a model of unknown scale: the query's words found as they stand, and the cosine above the mean one."""
    return _logistic(0.5 * coverage + (cosine - mean) / max(1 - mean, 0.1) - 0.4)


def of_words(*, coverage: Floats) -> Floats:
    """Judge by words alone."""
    return _logistic(coverage - 0.35)


def _logistic(excess: Floats) -> Floats:
    return 1 / (1 + np.exp(-(_AT_THRESHOLD + _STEEPNESS * excess)))
