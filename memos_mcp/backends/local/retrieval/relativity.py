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

_FEW = 32
"""In a store of so many texts the words that are shared tell a quarter of what they do in a large one.

There the few texts that share one are as likely to be about the same matter as to answer.
"""

_WORD_CHANCE = 0.15
"""How near some word of a text is to any word by chance."""

ONLY_ASKS = 1.0
REMARK = 1.0
NO_NAME = 1.5
OTHER_KIND = 0.25
"""What is taken from the evidence of a text that only asks, of an idle remark, of a text without a name where one is
asked for, and of one without a place or a number."""

_UNFIT = 0.3
"""What the four above count beside the cosines of the model that comes with the package, which mostly knows them."""

_WHOLE = 0.3
"""What it is worth that all of a query is met, as an identifier or a time that stands for itself is."""

_BEARS = 0.5
"""The share of the query, of its own to a text, from which its neighbours count in full."""

_NEEDED_MORE = 0.085
"""How much more evidence is needed with each e-fold of the texts.

Chosen, with what `of_meaning` counts, on LoCoMo 1 to 3, the tuning half of the paraphrases and all other English sets,
so that misses and false alarms at 0.45 are fewest together.
"""

_BESIDE_FROM, _BESIDE_FULL = 0.15, 0.2
"""How much more evidence than a scale's `needed` a text must have itself, for its neighbours to count."""


@dataclass(frozen=True, slots=True)
class Scale:
    """What the cosines of a tuned model tell in a language.

    `needed` is the evidence that is needed, before what more of it many texts need, `fewest` or more; `parting` is the
    steepness of the logistic, by which it is nearest to the chance that the store answers. Some questions are near to
    all texts: `usual` is the share of the mean of all cosines that therefore tells nothing.
    """

    needed: float
    parting: float
    fewest: int
    usual: float = 0.0


ENGLISH = Scale(needed=0.285, parting=15.0, fewest=5)
IN_OTHERS = Scale(needed=-0.0125, parting=20.0, fewest=10, usual=0.5)
UNINFLECTED = Scale(needed=0.06, parting=20.0, fewest=7, usual=0.5)
"""Of English, of other languages, and of those of them whose words have one form and are shared more by chance.

The second was chosen on `languages.json`, the languages by file and the facts in other languages that are held out, the
third on MemoryBank in Chinese and the Chinese of those facts.
"""


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


def of_meaning(
    window: Found,
    own: Found,
    *,
    scale: Scale,
    mean: float,
    texts: int,
    of_its_own: Floats | float = 0.0,
    unfit: Against = 0.0,
) -> Floats:
    """Judge by the models that come with the package, whose cosines part answers from others.

    They were tuned to (`tools/`), so that these say more than shared words do, most of all in a store of few texts.
    `mean` is that of the cosines of all texts, `of_its_own` the share of the query's words that stands in a text and in
    no other: neighbours say what such a text leaves out. `unfit` is what speaks against a text.
    """
    by_words = (texts / (texts + _FEW)) ** 2 / 2
    usual = scale.usual * mean
    itself, beside = (
        one.cosine - usual + by_words * one.coverage + _WHOLE * one.coverage**12 - _UNFIT * unfit
        for one in (own, window)
    )
    bears = (scale.needed + _BESIDE_FROM, scale.needed + _BESIDE_FULL)
    found = _together(itself, beside, bears=bears, at_least=of_its_own / _BEARS)
    chance = _NEEDED_MORE * np.log(np.clip(texts, scale.fewest, _MOST))
    return _sure(found - scale.needed - chance, steepness=scale.parting)


def of_another_script(window: Found, own: Found, *, unfit: Against = 0.0) -> Floats:
    """Judge a question in a script that no model reads; without spaces, many a term is no word and stands nowhere."""
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
    return _sure(evidence - _CHANCE * np.log(min(texts, _MOST)))


def _sure(excess: Floats, *, steepness: float = _STEEPNESS) -> Floats:
    return 1 / (1 + np.exp(-(_AT_THRESHOLD + steepness * excess)))
