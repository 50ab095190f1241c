"""Relativity: how sure it is that a text bears on the query, 0 to 1, comparable between queries.

A logistic of how much of the query is found in the text or beside it: neighbours make an answer surer that holds few
of the question's words, but not a text that bears on nothing of it. The constants are set by hand so that 0.45 (from
which MemOS's clients take a hit to be relevant) parts what answers a question from the best of what does not.
"""

from dataclasses import dataclass

import numpy as np

from memos_mcp.backends.local.retrieval.scores import Floats

_AT_THRESHOLD = -0.2
_STEEPNESS = 8.0
_CHANCE = 0.045
"""By how much the best of so many texts that do not answer looks better with each e-fold of their number."""

_MOST = 3_000
"""Up to so many texts that was measured; of more it is taken to look no better."""

_FEW = 30
"""In a store of so many texts, a word that stands in none counts half of what it does in a large one."""


_STANDING = 0.0625
_STANDING_MOST = 0.125
"""What a unit of score is worth beyond that of a usual answer, and the most that it adds or takes.

Chosen, with the two below, on LoCoMo 1 to 3 and half of each other English set, so that no set loses evidence beyond
two or three texts; from 0.04 to 0.075 the figures are the same.
"""

_STANDS = 9.0
_STANDS_AMONG_MANY = 7.5
"""The score of a usual answer in a store of one text, and how much more it is in a large one, where words are rarer."""

_WORD_CHANCE = 0.15
"""How near some word of a text is to any word by chance."""

ONLY_ASKS = 1.0
REMARK = 1.0
NO_NAME = 1.0
OTHER_KIND = 0.25
"""What is taken from the evidence of a text that only asks, of an idle remark, of a text without a name where one is
asked for, and of one without a place or a number."""

_WHOLE = 0.3
"""What it is worth that all of a query is met, as an identifier or a time that stands for itself is."""

_BEARS = 0.5
"""The share of the query, of its own to a text, from which its neighbours count in full."""

_SHARED = 4.0
"""How much is taken from the evidence of a text for a share of the query that it has as many others have."""


Against = Floats | float
"""What speaks against each text, in units of the evidence."""


@dataclass(frozen=True, slots=True)
class Found:
    """How much of the query is found, a value a text: the share of its words by their worth, and the cosine."""

    coverage: Floats
    cosine: Floats


def beyond_chance(found: Floats) -> Floats:
    """Return what of the words found by meaning is more than chance."""
    return ((found - _WORD_CHANCE) / (1 - _WORD_CHANCE)).clip(0.0, 1.0)


def standing(score: Floats, texts: int) -> Floats:
    """Return what texts' scores by the ranker speak for them, or against them, in units of the evidence.

    A score adds up what shares leave out: how many words are met, how rare they are, who speaks, and when. In a store
    of few texts it says little.
    """
    telling = texts / (texts + _FEW)
    beyond = score - _STANDS - _STANDS_AMONG_MANY * telling
    return telling * (_STANDING * beyond).clip(-_STANDING_MOST, _STANDING_MOST)


def of_meaning(
    window: Found,
    own: Found,
    *,
    absent: float,
    texts: int,
    shared: Against = 0.0,
    of_its_own: Floats | float = 0.0,
    unfit: Against = 0.0,
    standing: Floats | float = 0.0,
) -> Floats:
    """Judge a question in English by the model that comes with the package, whose cosines part answers from others.

    It was tuned to (`tools/minilm`), so that they say more than shared words do.

    `shared` is the share of the query's words, each counting alike, that stand in a text as they do in others: a name
    that many texts hold makes all of them alike to the query, though what is asked about it stands in none. What of it
    is above the coverage, where a word counts by its rarity, is taken off. `of_its_own` is the share that stands in a
    text and in no other: neighbours say what such a text leaves out. `unfit` is what speaks against a text, `standing`
    what its score does for it.

    `absent` is the share of the question that stands in no text at all: what a user never spoke of is asked for in
    words that they never used, while most of what they did speak of shares some. Of a store of few texts that says
    little: most words stand in none of them.
    """
    telling = texts / (texts + _FEW)
    against = _SHARED * np.maximum(0.0, shared - own.coverage) + unfit
    itself, beside = (one.coverage / 2 + _WHOLE * one.coverage**8 + one.cosine - against for one in (own, window))
    evidence = _together(itself, beside, bears=(0.32, 0.5), at_least=of_its_own / _BEARS)
    needed = 0.54 if texts > 1 else 0.44  # the only text of a store cannot be mistaken for another
    return _logistic(evidence + standing - 0.1 * telling * absent - needed, texts)


def of_another_language(window: Found, own: Found, *, unfit: Against = 0.0) -> Floats:
    """Judge a question in another language of the Latin alphabet by that model, to which all texts in it are alike."""
    coverage = _together(own.coverage, window.coverage, bears=(0.3, 0.5))
    return _logistic(coverage + 0.3 * own.cosine - unfit - 0.6, 1)


def of_another_script(window: Found, own: Found, *, unfit: Against = 0.0) -> Floats:
    """Judge a question in another script by that model; without spaces, many a term is no word and stands nowhere."""
    coverage = _together(own.coverage, window.coverage, bears=(0.0, 0.1))
    return _logistic(coverage + 0.3 * own.cosine - unfit - 0.47, 1)


def of_likeness(window: Found, own: Found, *, mean: float, texts: int, unfit: Against = 0.0) -> Floats:
    """Judge by a model of unknown scale: its cosine counts above the mean of the store's."""
    itself, beside = (one.coverage / 2 + (one.cosine - mean) / max(1 - mean, 0.1) for one in (own, window))
    return _logistic(_together(itself, beside, bears=(0.15, 0.3)) - unfit - 0.2, texts)


def of_words(window: Found, own: Found, *, texts: int, unfit: Against = 0.0) -> Floats:
    """Judge by words alone."""
    return _logistic(_together(own.coverage, window.coverage, bears=(0.0, 0.15)) - unfit - 0.1, texts)


def _together(own: Floats, window: Floats, *, bears: tuple[float, float], at_least: Floats | float = 0.0) -> Floats:
    """Return the evidence of the text itself and of its neighbours.

    What neighbours add counts for nothing below the lower bound of what the text itself `bears`, in full from the
    upper, and for `at_least` that share of it.
    """
    low, high = bears
    share = np.clip(np.maximum((own - low) / (high - low), at_least), 0.0, 1.0)
    return own + (np.maximum(own, window) - own) * share


def _logistic(evidence: Floats, texts: int) -> Floats:
    excess = evidence - _CHANCE * np.log(min(texts, _MOST))
    return 1 / (1 + np.exp(-(_AT_THRESHOLD + _STEEPNESS * excess)))
