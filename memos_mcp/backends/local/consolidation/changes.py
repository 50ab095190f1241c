"""Changes: what a sentence says to be another now, without saying it in one of the known forms.

Either it gives a time, an amount or a place of some matter anew (`Matter`), or it names the value of before as one that
another took the place of (`ReplacedValue`).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from memos_mcp.backends.local.consolidation.grammar import Change, Grammar, Swap, grammar_of, grammars, in_any
from memos_mcp.backends.local.consolidation.normalisation import NormalisedSentence, plain, wording

_AMOUNT = re.compile(r"(?P<money>[€$£] ?)?\b(?P<number>\d+(?:[.,]\d+)*)(?:-| ?)(?P<unit>%|[a-z]+)?", re.IGNORECASE)
_NAME = re.compile(r"(?<=[a-z,'] )(?!I\b)[A-Z][\w'-]*")
_WORD = re.compile(r"[a-z]+(?:-[a-z]+)*")

_PERSONS = ("i", "we")
_MOST_AROUND = 4
"""Stems beside its value that a statement has at most: of a longer one, the value may not be what it is about."""

Values = tuple[tuple[str, frozenset[str]], ...]
"""The values of each kind that a sentence names; of amounts, the unit is a part of the kind."""

_A = "amount "
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
    def keys(self) -> list[str]:
        """The names under which other sentences on a value of the same matter find this one."""
        return [*self._names("changes"), *(self._names("changed") if self.changed else ())]

    @property
    def sought(self) -> list[str]:
        """The names under which this sentence finds others: one of the two has to say that something changed."""
        return self._names("changes" if self.changed else "changed")

    def _names(self, kind_of_key: str) -> list[str]:
        kinds = {_A if kind.startswith(_A) else kind for kind, _ in self.values}
        return [f"{kind_of_key} {kind}|{one}" for kind in kinds for one in self.stems]


def matter(sentence: str) -> Matter | None:
    """Read what a sentence is about; None where it is unsure, or names no value, or its language is not known."""
    rules = grammar_of(sentence)
    if rules is None or rules.change is None:
        return None
    text = plain(sentence, rules)
    if rules.unsure.search(text):
        return None
    said = rules.change.reason.sub("", rules.change.by.sub("", text))
    values, rest = _values(said, rules, rules.change)
    if not values or rules.pointing.search(said):
        return None
    people = {word.casefold() for word in [*rules.change.people.findall(rest), *_NAME.findall(rest)]}
    left = _WORD.findall(rules.change.changed.sub(" ", rest).casefold())
    light = {rules.stem(word) for word in rules.change.light}
    stems = {rules.stem(word) for word in left if word not in rules.stop_words}
    return Matter(
        frozenset(stems - light),
        frozenset(people),
        tuple(sorted(values.items())),
        bool(rules.change.changed.search(text)),
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
    return len(other) == 1 and all(_anew(before.get(kind), after[kind]) for kind in other)


def _anew(before: frozenset[str] | None, after: frozenset[str]) -> bool:
    """Tell whether one value took the place of one, which may be named too."""
    if before is None or len(before) != 1 or len(after - before) != 1:
        return False
    return len(after) == 1 or before < after


def _alike(before: dict[str, frozenset[str]], values: Values) -> Iterator[tuple[str, frozenset[str]]]:
    """Yield the later values with the kind that they have among the earlier; a bare number is of the one unit there."""
    amounts = [kind for kind in before if kind.startswith(_A)]
    for kind, found in values:
        bare = kind.startswith(_A) and len(amounts) == 1 and _A in (kind, amounts[0])
        yield amounts[0] if bare and kind not in before else kind, found


def _values(text: str, rules: Grammar, change: Change) -> tuple[dict[str, frozenset[str]], str]:
    """Take the values out of a text; give them by kind, and what is left."""
    found: dict[str, set[str]] = {}
    for kind, pattern in change.values.items():
        for one in pattern.finditer(text):
            found.setdefault(kind, set()).add(one.groupdict().get("value", one.group()).casefold())
        text = pattern.sub(" ", text)
    for one in _AMOUNT.finditer(text):
        unit = (one["unit"] or "").casefold()
        money = bool(one["money"] or change.money.fullmatch(unit))
        named = "money" if money else "" if unit in rules.stop_words else rules.stem(unit)
        found.setdefault(f"{_A}{named}", set()).add(one["number"].replace(",", ""))
    rest = _AMOUNT.sub(lambda one: " " if change.money.fullmatch(one["unit"] or "") else f" {one['unit'] or ''} ", text)
    return {kind: frozenset(values) for kind, values in found.items()}, rest


@dataclass(frozen=True, slots=True)
class ReplacedValue:
    """The stems of a value that something took the place of; `own` tells that it was the user's own thing.

    `about` are the stems of what it is said to be a value of, where that is said.
    """

    stems: tuple[str, ...]
    own: bool
    about: frozenset[str]
    swap: Swap


def replaced_values(sentence: str) -> Iterator[ReplacedValue]:
    """Yield the values that a sentence says to be replaced."""
    for rules in grammars(sentence):
        if rules.swap is not None and not rules.unsure.search(text := plain(sentence, rules)):
            yield from _replaced(text, rules.swap)


def _replaced(text: str, swap: Swap) -> Iterator[ReplacedValue]:
    for patterns, own in ((swap.shared, False), (swap.own, True)):
        for pattern in patterns:
            if found := pattern.fullmatch(text):
                about = found.groupdict().get("about") or ""
                yield ReplacedValue(wording(found["left"]).stems, own, frozenset(wording(about).stems), swap)


def is_replaced(old: NormalisedSentence, text: str, value: ReplacedValue, new: NormalisedSentence) -> bool:
    """Tell whether an earlier statement says of the user, at its end, what a later one says to be replaced."""
    around = old.stems[: -len(value.stems)]
    if not around or old.stems[len(around) :] != value.stems or len(around) > _MOST_AROUND:
        return False
    if around[0] not in _PERSONS or old.past or old.negators or old.points or not value.swap.liked.isdisjoint(around):
        return False
    if value.about:
        return not value.about.isdisjoint(around)
    if in_any("oneself").match(text):
        return True
    return bool(value.swap.owned.match(text)) and (value.own or not set(around[1:]).isdisjoint(new.stems))
