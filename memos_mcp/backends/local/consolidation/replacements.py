"""Swaps: sentences that name the value of before, and say that another took its place."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from memos_mcp.backends.local.consolidation.grammar import grammar
from memos_mcp.backends.local.consolidation.normalisation import HAN, NormalisedSentence, plain, wording

_PERSONS = ("i", "we")
_ONESELF = re.compile(r"(?:I|we)\b", re.IGNORECASE)
_ONES_OWN = re.compile(r"(?:my|our) [\w -]+? (?:is|are) ", re.IGNORECASE)
_MOST_AROUND = 4
"""Stems beside its value that a statement has at most: of a longer one, the value may not be what it is about."""


@dataclass(frozen=True, slots=True)
class ReplacedValue:
    """The stems of a value that something took the place of; `own` tells that it was the user's own thing.

    `about` are the stems of what it is said to be a value of, where that is said.
    """

    stems: tuple[str, ...]
    own: bool
    about: frozenset[str]


def gone(sentence: str) -> Iterator[ReplacedValue]:
    """Yield the values that a sentence in English says to be replaced."""
    rules = grammar("english")
    if rules.swap is None or HAN.search(sentence):
        return
    text = plain(sentence, rules)
    if rules.unsure.search(text):
        return
    for patterns, own in ((rules.swap.shared, False), (rules.swap.own, True)):
        for pattern in patterns:
            if found := pattern.fullmatch(text):
                about = found.groupdict().get("about") or ""
                yield ReplacedValue(wording(found["left"]).stems, own, frozenset(wording(about).stems))


def was(old: NormalisedSentence, text: str, value: ReplacedValue, new: NormalisedSentence) -> bool:
    """Tell whether an earlier statement says of the user, at its end, what a later one says to be replaced."""
    around = old.stems[: -len(value.stems)]
    if not around or old.stems[len(around) :] != value.stems or len(around) > _MOST_AROUND:
        return False
    if around[0] not in _PERSONS or old.past or old.negators or old.points or _is_liked(around):
        return False
    if value.about:
        return not value.about.isdisjoint(around)
    if _ONESELF.match(text):
        return True
    return bool(_ONES_OWN.match(text)) and (value.own or not set(around[1:]).isdisjoint(new.stems))


def _is_liked(stems: tuple[str, ...]) -> bool:
    swap = grammar("english").swap
    return swap is not None and not swap.liked.isdisjoint(stems)
