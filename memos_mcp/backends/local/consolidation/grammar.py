"""Forms: how the statements of a language are written that can be repeated, updated and ended; a file a language."""

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from memos_mcp.backends.local.text.language_files import languages_with, table_of
from memos_mcp.backends.local.text.terms import fold

Holds = Literal["one", "many", "marked", "place", "count", "time", "tool"]
"""How many values hold at once: `one`; `many`; one, but only a statement that says "now" takes the place of another
(`marked`), as for a `time`; one `place` of a kind, or a `count`, which take places and numbers alone; a `tool` is one
of its kind, `marked`."""

EndOf = Literal["doing", "having"]

LANGUAGES = languages_with("changes.toml")

Pattern = re.Pattern[str]

_WAYS = ("states", "changes", "ends")
_HEADS = ("{S} ", "{OWNER} ", "{THING} ", "(?P<value>{NAME}) ")
_NAMED = re.compile(r"\(\?P<\w+>")


@dataclass(frozen=True, slots=True)
class AttributeForms:
    """The ways to state an attribute, to state that it changed, and that a value holds no more.

    `implied` tells that a sentence of this form says more than that.
    """

    attribute: str
    value: str
    holds: Holds
    states: tuple[Pattern, ...]
    changes: tuple[Pattern, ...]
    ends: tuple[Pattern, ...]
    implied: bool


@dataclass(frozen=True, slots=True)
class CorrectionForms:
    """How a language corrects what is remembered; `has` are patterns in which THING is to be replaced."""

    lead: Pattern
    nothing: tuple[Pattern, ...]
    another: tuple[Pattern, ...]
    retracts: tuple[Pattern, ...]
    exchanges: tuple[Pattern, ...]
    has: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Swap:
    """The ways to name a value of before, `left`, that another took the place of.

    `shared` say so of what others may have too, such as a place, `own` of what was one's own; `liked` are stems of
    what is felt of a thing, or done with it, whatever took its place.
    """

    shared: tuple[Pattern, ...]
    own: tuple[Pattern, ...]
    liked: frozenset[str]


@dataclass(frozen=True, slots=True)
class Change:
    """How a language says that a value of some matter is another now; `values` are the kinds of value, as patterns.

    `by` is what leads up to the matter where somebody changed it, `reason` what follows it.
    """

    changed: Pattern
    by: Pattern
    reason: Pattern
    people: Pattern
    money: Pattern
    light: frozenset[str]
    values: dict[str, Pattern]


@dataclass(frozen=True, slots=True, eq=False)
class Grammar:
    """What upkeep knows of a language; all patterns are for text without accents.

    `any_rewrite`, `any_synonym`, `any_form` and `any_end` tell at once that none of many patterns is of use.
    """

    rewrites: tuple[tuple[Pattern, str], ...]
    synonyms: tuple[tuple[Pattern, str], ...]
    any_rewrite: Pattern
    any_synonym: Pattern
    any_form: Pattern
    any_end: Pattern
    lead: Pattern
    trail: Pattern
    inside: Pattern
    changed: Pattern
    unsure: Pattern
    pointing: Pattern
    dropped: frozenset[str]
    first: frozenset[str]
    first_plural: frozenset[str]
    movable: frozenset[str]
    negators: frozenset[str]
    forms: tuple[AttributeForms, ...]
    ends: dict[EndOf, tuple[Pattern, ...]]
    doing: Pattern
    having: frozenset[str]
    using: frozenset[str]
    past: Pattern
    relations: frozenset[str]
    light: frozenset[str]
    swap: "Swap | None"
    change: "Change | None"
    correcting: CorrectionForms


@cache
def grammar(language: str) -> Grammar:
    """Read the grammar of one of `LANGUAGES`."""
    table: dict[str, Any] = table_of(language, "changes.toml")
    parts: dict[str, str] = table["parts"]
    doing = table["doing"]
    return Grammar(
        rewrites=_replacements(table["rewrites"]),
        synonyms=_replacements(table["synonyms"]),
        any_rewrite=_compile(_any([pattern for pattern, _ in table["rewrites"]]), {}),
        any_synonym=_compile(_any([pattern for pattern, _ in table["synonyms"]]), {}),
        any_form=_nameless([way for form in table["form"] for kind in _WAYS for way in form.get(kind, ())], parts),
        any_end=_nameless([pattern for end in table["end"] for pattern in end["states"]], parts),
        lead=_compile(_any(table["lead"]), parts),
        trail=_compile(f"(?:{_any(table['trail'])})$", parts),
        inside=_compile(table["inside"], parts),
        changed=_compile(table["changed"], parts),
        unsure=_compile(table["unsure"], parts),
        pointing=_compile(table["pointing"], parts),
        dropped=_words(table["dropped"]),
        first=_words(table["first"]),
        first_plural=_words(table["first_plural"]),
        movable=_words(table["movable"]),
        negators=_words(table["negators"]),
        forms=tuple(_form(form, parts) for form in table["form"]),
        ends={end["of"]: tuple(_compile(pattern, parts) for pattern in end["states"]) for end in table["end"]},
        doing=_compile(doing["pattern"], parts),
        having=_words(doing["having"]),
        using=_words(doing["using"]),
        past=_compile(doing["past"], parts),
        relations=_words(doing["relations"]),
        light=_words(doing.get("light", "")),
        swap=_swap(table["swap"], parts) if "swap" in table else None,
        change=_change(table["change"]) if "change" in table else None,
        correcting=_correcting(table["correcting"]),
    )


@cache
def places(kind: Literal["cities", "countries"]) -> dict[str, str]:
    """Return the known places of a kind: each way to write one, case-folded, with its first."""
    listed = _file(f"{kind}.txt").replace("\n", " ").split(",")
    groups = [[name.strip() for name in group.split("/")] for group in listed]
    return {fold(name).casefold().removeprefix("the "): group[0] for group in groups for name in group if name}


@cache
def tools() -> dict[str, tuple[str, str]]:
    """Return the known tools: each way to write one, with its kind (the first tool of it) and its first name."""
    kinds = [
        [[name.strip() for name in tool.split("/")] for tool in kind.split(",")]
        for kind in _file("tools.txt").splitlines()
    ]
    return {name: (kind[0][0], tool[0]) for kind in kinds for tool in kind for name in tool}


def _file(name: str) -> str:
    return files(__name__.rpartition(".")[0]).joinpath("grammar", name).read_text("utf-8")


def _form(table: dict[str, Any], parts: dict[str, str]) -> AttributeForms:
    ways = {name: tuple(_compile(pattern, parts) for pattern in table.get(name, ())) for name in _WAYS}
    return AttributeForms(
        table["attribute"], table.get("value", ""), table["holds"], **ways, implied=table.get("implied", False)
    )


def _swap(table: dict[str, Any], parts: dict[str, str]) -> Swap:
    shared, own = ([_compile(pattern, parts) for pattern in table[name]] for name in ("shared", "own"))
    return Swap(tuple(shared), tuple(own), _words(table["liked"]))


def _change(table: dict[str, str]) -> Change:
    named = {name: _compile(table[name], {}) for name in ("changed", "by", "reason", "people", "money")}
    values = {kind: _compile(table[kind], {}) for kind in ("date", "clock", "weekday", "place")}
    return Change(**named, light=_words(table["light"]), values=values)


def _correcting(table: dict[str, Any]) -> CorrectionForms:
    names = ("nothing", "another", "retracts", "exchanges")
    ways = {name: tuple(_compile(pattern, {}) for pattern in table[name]) for name in names}
    return CorrectionForms(lead=_compile(_any(table["lead"]), {}), has=tuple(table["has"]), **ways)


def _replacements(pairs: list[list[str]]) -> tuple[tuple[Pattern, str], ...]:
    return tuple((_compile(pattern, {}), replacement) for pattern, replacement in pairs)


def _compile(pattern: str, parts: dict[str, str]) -> Pattern:
    return re.compile(_written_out(pattern, parts), re.IGNORECASE)


def _written_out(pattern: str, parts: dict[str, str]) -> str:
    before = ""
    while before != pattern:
        before = pattern
        for name, part in parts.items():
            pattern = pattern.replace(f"{{{name}}}", part)
    return pattern


def _nameless(patterns: list[str], parts: dict[str, str]) -> Pattern:
    """Make one pattern of many; those that begin with the same part share it."""
    begun = {head: [pattern[len(head) :] for pattern in patterns if pattern.startswith(head)] for head in _HEADS}
    others = [pattern for pattern in patterns if not pattern.startswith(_HEADS)]
    whole = _any([*others, *(f"{head}(?:{_any(rest)})" for head, rest in begun.items() if rest)])
    return re.compile(_NAMED.sub("(?:", _written_out(whole, parts)), re.IGNORECASE)


def _any(patterns: list[str]) -> str:
    return "|".join(f"(?:{pattern})" for pattern in patterns)


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())
