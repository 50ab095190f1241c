"""Slots: claims of sentences that have no known form, but a number, a time or a means that may change."""

import re
from collections.abc import Iterator

from memos_mcp.backends.local.consolidation.claims import Claim, Doing
from memos_mcp.backends.local.consolidation.normalisation import NormalisedSentence

_MEANS_LIST = """
take use commut travel drive ride wear sleep stay pay bank shop host build deploy indent heat cook train
"""
_MEANS = frozenset(_MEANS_LIST.split())
"""Stems of verbs that are done with one thing at a time, for one purpose."""

_TIME = re.compile(r"(?:every )?(?:mon|tues|wednes|thurs|fri|satur|sun)day|\d{1,2}[:.]\d\d|noon|midnight")
_NUMBER = re.compile(
    r"\d+(?:[.,]\d+)?(?:st|nd|rd|th)?|first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth"
)
_CHOICES = """
english german french spanish italian portuguese dutch swedish danish polish russian turkish arabic hindi chines korean
short long
brief detail
formal inform casual
metric imperi
light dark
first last
polit blunt direct
part-tim full-tim
daili week biweek month quarter year
day night morn even late earli
window mac linux
iphon android
junior senior
remot hybrid
"""
_CHOICE = {word: words for words in _CHOICES.splitlines() for word in words.split()}
"""Stems of words of which one is chosen, such as the language of an answer."""

_PERSONS = frozenset(["i", "we"])


def slots(wording: NormalisedSentence, doings: tuple[Doing, ...], *, changed: bool, definite: bool) -> Iterator[Claim]:
    """Yield what a sentence of the present says, with the part that may change as the value.

    `definite` tells that it is about something definite, or says what is to be done; what it says of the user is so.
    """
    stems = wording.stems
    if wording.past or wording.points or wording.negators or not wording.free:
        return
    if not stems or not (definite or stems[0] in _PERSONS):
        return
    for place, stem in enumerate(stems):
        kind = _kind(stem, first=place < 2)
        if kind and (definite or place > 1 or kind == "time"):
            habit = kind == "number" and stems[-1].startswith("every ")
            rest = f"{' '.join(stems[:place])} _ {' '.join(stems[place + 1 :])}"
            yield _claim(f"{kind} in {rest}", stem, changed=changed, habit=habit)
    for doing in doings:
        after = doing.words - set(doing.object)
        if doing.verb in _MEANS and doing.object and after:
            yield _claim(f"{doing.subject} {doing.verb} {' '.join(sorted(after))}", doing.object[-1], changed=changed)


def _kind(stem: str, *, first: bool) -> str:
    """Name what a stem is one of: a time, a number (not as one of the first words), a choice; or nothing."""
    if _TIME.fullmatch(stem):
        return "time"
    if _NUMBER.fullmatch(stem):
        return "" if first else "number"
    return _CHOICE.get(stem, "")


def _claim(attribute: str, value: str, *, changed: bool, habit: bool = False) -> Claim:
    return Claim("", attribute, value, "one" if habit else "marked", changed=changed, implied=True)
