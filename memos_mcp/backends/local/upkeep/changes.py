"""Changes: sentences in English which say that a time, an amount or a place of some matter is another now."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from memos_mcp.backends.local.retrieval.language import STOP_WORDS, recognise, stem
from memos_mcp.backends.local.upkeep.forms import grammar
from memos_mcp.backends.local.upkeep.wording import HAN, plain

_DAY = "mon|tues|wednes|thurs|fri|satur|sun"
_MONTH = (
    "january|february|march|april|may|june|july|august|september|october|november|december|"
    "jan|feb|aug|sept?|oct|nov|dec"
)
_KINDS = {
    "date": re.compile(
        rf"(?-i:\b(?i:{_MONTH})(?<!may)\.? (?:the )?\d{{1,2}}(?:st|nd|rd|th)?\b)"
        rf"|\b\d{{1,2}}(?:st|nd|rd|th)?(?: of)? (?:{_MONTH})\b",
        re.IGNORECASE,
    ),
    "clock": re.compile(
        r"\b\d{1,2}[:.]\d\d\b|\b\d{1,2} ?(?:am|pm|o'clock)\b|\bat \d{1,2}\b(?!%| (?:years?|months?|weeks?|days?)\b)"
        r"|\bnoon\b|\bmidnight\b",
        re.IGNORECASE,
    ),
    "weekday": re.compile(rf"\b(?:{_DAY})day(?=s?\b)", re.IGNORECASE),
    "place": re.compile(
        rf"\b(?:in|at|to|near) (?!(?:{_DAY})day)((?-i:[A-Z])[\w'-]*(?: (?-i:[A-Z])[\w'-]*)*)", re.IGNORECASE
    ),
}
_AMOUNT = re.compile(r"(?P<money>[€$£] ?)?\b(?P<number>\d+(?:[.,]\d+)*)(?:-| ?)(?P<unit>%|[a-z]+)?", re.IGNORECASE)
_MONEY = re.compile(r"euros?|dollars?|pounds?|francs?|kroner|yen|yuan|rupees?|bucks?|eur|usd|gbp", re.IGNORECASE)
_CHANGED = re.compile(
    r"\b(?:moved?|push(?:ed)?|postponed|brought forward|rescheduled|shifted|put back|delayed|slipped|switched|changed|"
    r"swapped|rais(?:ed|ing)|increased|upped|lowered|reduced|cut|dropped|(?:went|gone|going|is|am|are) (?:up|down)|"
    r"rose|risen|fell|fallen|extended|shortened|bumped|doubled|halved|now|no longer|from now on|instead|these days|"
    r"as of|(?:down|up) to|from \w+ (?:week|month|year) on)\b",
    re.IGNORECASE,
)
_BY_SOMEBODY = re.compile(
    r"^.{1,40}?\b(?:moved|pushed|postponed|brought forward|rescheduled|shifted|put back|delayed|changed|raised|"
    r"increased|put up|upped|lowered|reduced|cut|extended|shortened|bumped|doubled|halved) (?=(?:my|our|the)\b)",
    re.IGNORECASE,
)
_REASON = re.compile(r",? (?:because|since|so that|due to|thanks to|now that)\b.+$", re.IGNORECASE)
_PEOPLE = re.compile(
    r"\b(?:(?:sister|brother|mother|father|son|daughter|wife|husband|friend|partner|boss|colleague|neighbou?r|aunt|uncle|"
    r"cousin|child|parent|grandmother|grandfather|roommate|flatmate)s?|he|she|they|his|her|their|him|them)\b",
    re.IGNORECASE,
)
_NAME = re.compile(r"(?<=[a-z,'] )(?!I\b)[A-Z][\w'-]*")
_WORD = re.compile(r"[a-z]+(?:-[a-z]+)*")
_LIGHT_LIST = """
have get be do go start begin leave take make put set day week month year time new each every last next from since again
about on off up down mean say tell know think also already still just happen plan
"""
_LIGHT = frozenset(_LIGHT_LIST.split())

Values = tuple[tuple[str, frozenset[str]], ...]
"""The values of each kind that a sentence names; of amounts, the unit is a part of the kind."""

_A = "amount "
_TIMES = frozenset(["date", "clock", "weekday"])
"""The kinds that may change together."""

_SHARE = 0.5
"""Of the stems of what was said first, those that a later sentence has of it at least: a word of many is no matter."""


@dataclass(frozen=True, slots=True)
class Matter:
    """What a sentence is about: stems, the people it names, and its values by kind.

    `changed` tells that it says that something is another now.
    """

    stems: frozenset[str]
    people: frozenset[str]
    values: Values
    changed: bool

    @property
    def names(self) -> list[str]:
        """What another sentence on a value of the same matter is found by."""
        kinds = {_A if kind.startswith(_A) else kind for kind, _ in self.values}
        return [f"changes {kind}|{one}" for kind in kinds for one in self.stems]


def matter(sentence: str) -> Matter | None:
    """Read what a sentence is about; None where it is unsure, or names no value, or is not English."""
    rules = grammar("english")
    if HAN.search(sentence) or recognise(re.findall(r"\w+", sentence.casefold())) != "english":
        return None
    text = plain(sentence, rules)
    if rules.unsure.search(text):
        return None
    said = _REASON.sub("", _BY_SOMEBODY.sub("", text))
    values, rest = _values(said)
    if not values or rules.pointing.search(said):
        return None
    people = {word.casefold() for word in [*_PEOPLE.findall(rest), *_NAME.findall(rest)]}
    stems = {
        stem(word, "english")
        for word in _WORD.findall(_CHANGED.sub(" ", rest).casefold())
        if word not in STOP_WORDS["english"]
    }
    return Matter(
        frozenset(stems - _LIGHT), frozenset(people), tuple(sorted(values.items())), bool(_CHANGED.search(text))
    )


def changes(old: Matter, new: Matter) -> bool:
    """Tell whether a later sentence gives the one value of an earlier one anew."""
    if not new.changed or old.people != new.people or not new.stems <= old.stems:
        return False
    if len(new.stems) < max(1, _SHARE * len(old.stems)):
        return False
    before = dict(old.values)
    after = dict(_alike(before, new.values))
    other = {kind for kind, values in after.items() if values != before.get(kind)}
    return (
        bool(other)
        and (len(other) == 1 or other <= _TIMES)
        and all(_anew(before.get(one), after[one]) for one in other)
    )


def _anew(before: frozenset[str] | None, after: frozenset[str]) -> bool:
    """Tell whether one value took the place of one, which may be named too."""
    if before is None or len(before) != 1 or len(after - before) != 1:
        return False
    return len(after) == 1 or before < after


def _alike(before: dict[str, frozenset[str]], values: Values) -> Iterator[tuple[str, frozenset[str]]]:
    """Give the later values with the kind that they have among the earlier; a bare number is of the one unit there."""
    amounts = [kind for kind in before if kind.startswith(_A)]
    for kind, found in values:
        bare = kind.startswith(_A) and len(amounts) == 1 and _A in (kind, amounts[0])
        yield amounts[0] if bare and kind not in before else kind, found


def _values(text: str) -> tuple[dict[str, frozenset[str]], str]:
    """Take the values out of a text; give them by kind, and what is left."""
    found: dict[str, set[str]] = {}
    for kind, pattern in _KINDS.items():
        for one in pattern.finditer(text):
            found.setdefault(kind, set()).add((one[1] if kind == "place" else one.group()).casefold())
        text = pattern.sub(" ", text)
    for one in _AMOUNT.finditer(text):
        unit = (one["unit"] or "").casefold()
        money = bool(one["money"] or _MONEY.fullmatch(unit))
        named = "money" if money else "" if unit in STOP_WORDS["english"] else stem(unit, "english")
        found.setdefault(f"{_A}{named}", set()).add(one["number"].replace(",", ""))
    text = _AMOUNT.sub(lambda one: " " if _MONEY.fullmatch(one["unit"] or "") else f" {one['unit'] or ''} ", text)
    return {kind: frozenset(values) for kind, values in found.items()}, text
