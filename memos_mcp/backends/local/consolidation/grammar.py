"""Grammar: how the sentences of a language are written that can be repeated, updated, ended and corrected.

A file a language; `text/languages/README.md` and `english/changes.toml` explain the entries, and the classes here name
them. Patterns are for text without accents, written out by `normalisation.plain`, where the README says nothing else.
"""

import re
import tomllib
from dataclasses import dataclass, field
from functools import cache, cached_property, lru_cache
from typing import Annotated, Literal

from pydantic import BeforeValidator, PlainValidator, TypeAdapter

from memos_mcp.backends.local.text.language import recognise, stem_by_gender
from memos_mcp.backends.local.text.language_files import (
    LATIN,
    Profile,
    languages_with,
    profiles,
    stop_words,
    text_of,
)
from memos_mcp.backends.local.text.patterns import LazyPattern

Holds = Literal["one", "many", "marked", "place", "count", "time", "tool"]
"""How many values hold at once: `one`; `many`; one, but only a statement that says "now" takes the place of another
(`marked`), as for a `time`; one `place` of a kind, or a `count`, which take places and numbers alone; a `tool` is one
of its kind, `marked`."""

EndOf = Literal["doing", "having"]

LANGUAGES = languages_with("changes.toml")

HAN = re.compile("[\u3400-\u9fff]")

_WORD = re.compile(r"\w+(?:[.:/@'+#-]+\w+)*[+#]*")
_NAMED = re.compile(r"\(\?P<\w+>")
_NEVER = LazyPattern("(?!)")


def _pattern(pattern: str | list[str]) -> LazyPattern:
    return LazyPattern(pattern if isinstance(pattern, str) else _any(pattern))


def _any(patterns: list[str]) -> str:
    return "|".join(f"(?:{pattern})" for pattern in patterns)


Words = Annotated[frozenset[str], BeforeValidator(str.split)]
Pattern = Annotated[LazyPattern, PlainValidator(_pattern)]
Patterns = tuple[Pattern, ...]
Numbers = Annotated[
    dict[str, str], BeforeValidator(lambda words: {word: str(number) for number, word in enumerate(words.split())})
]
AtEnd = Annotated[LazyPattern, PlainValidator(lambda patterns: _pattern(f"(?:{_any(patterns)})$"))]
Replacements = tuple[tuple[Pattern, str], ...]


@dataclass(frozen=True, slots=True)
class AttributeForms:
    """The ways to state an attribute, to state that it changed, and that a value holds no more.

    `implied` tells that a sentence of this form says more than that.
    """

    attribute: str
    holds: Holds
    value: str = ""
    states: Patterns = ()
    changes: Patterns = ()
    ends: Patterns = ()
    implied: bool = False


@dataclass(frozen=True, slots=True)
class EndForms:
    """The ways to say that somebody does or has something no more."""

    of: EndOf
    states: Patterns


@dataclass(frozen=True, slots=True)
class DoingForms:
    """How a sentence says what somebody does: a verb and an object, which ends where a word of `relations` stands.

    `having` and `using` are verbs that can be ended by naming their object alone; `past` ends a verb of the past,
    `light` are stems that tell little.
    """

    pattern: Pattern = _NEVER
    having: Words = frozenset()
    using: Words = frozenset()
    past: Pattern = _NEVER
    relations: Words = frozenset()
    light: Words = frozenset()


@dataclass(frozen=True, slots=True)
class CorrectionForms:
    """How a language corrects what is remembered; `has` are patterns in which THING is to be replaced.

    `same` begins a clause of a compound sentence that leaves its subject to the clause before; `owned` are an owner and
    something of theirs.
    """

    lead: Pattern = _NEVER
    nothing: Patterns = ()
    another: Patterns = ()
    retracts: Patterns = ()
    exchanges: Patterns = ()
    has: tuple[str, ...] = ()
    light: Words = frozenset()
    before: Pattern = _NEVER
    same: Pattern | None = None
    owned: Pattern | None = None


@dataclass(frozen=True, slots=True)
class Swap:
    """The ways to name a value of before, `left`, that another took the place of.

    `shared` say so of what others may have too, such as a place, `own` of what was one's own; `liked` are stems of
    what is felt of a thing, or done with it, whatever took its place; `owned` begins what is said of something of one's
    own.
    """

    shared: Patterns = ()
    own: Patterns = ()
    liked: Words = frozenset()
    owned: Pattern = _NEVER


@dataclass(frozen=True, slots=True)
class Change:
    """How a language says that a value of some matter is another now; `values` are the kinds of value, as patterns.

    `by` is what leads up to the matter where somebody changed it, `reason` what follows it.
    """

    changed: Pattern = _NEVER
    by: Pattern = _NEVER
    reason: Pattern = _NEVER
    people: Pattern = _NEVER
    money: Pattern = _NEVER
    light: Words = frozenset()
    values: dict[str, Pattern] = field(default_factory=dict[str, Pattern])


_NO_DOING, _NO_CORRECTION = DoingForms(), CorrectionForms()


@dataclass(frozen=True, eq=False)
class Grammar:
    """What consolidation knows of a language; what its file leaves out is not known."""

    language: str
    rewrites: Replacements = ()
    synonyms: Replacements = ()
    lead: Pattern = _NEVER
    trail: AtEnd = _NEVER
    inside: Pattern = _NEVER
    changed: Pattern = _NEVER
    unsure: Pattern = _NEVER
    pointing: Pattern = _NEVER
    supposing: Pattern = _NEVER
    clause: Pattern = _NEVER
    ordered: Pattern | None = None
    weekday: Pattern = _NEVER
    day: Pattern = _NEVER
    clock: Pattern = _NEVER
    dropped: Words = frozenset()
    first: Words = frozenset()
    first_plural: Words = frozenset()
    oneself: Pattern = _NEVER
    possessive: Pattern = _NEVER
    articles: Words = frozenset()
    own: Words = frozenset()
    unsaid: Words = frozenset()
    numbers: Numbers = field(default_factory=dict[str, str])
    counts: dict[str, str] = field(default_factory=dict[str, str])
    movable: Words = frozenset()
    negators: Words = frozenset()
    forms: tuple[AttributeForms, ...] = ()
    ends: tuple[EndForms, ...] = ()
    doing: DoingForms = _NO_DOING
    correcting: CorrectionForms = _NO_CORRECTION
    swap: Swap | None = None
    change: Change | None = None

    @property
    def profile(self) -> Profile:
        """How the language is written."""
        return profiles()[self.language]

    def stem(self, word: str) -> str:
        """Return the stem of a case-folded word, other of a woman than of a man."""
        return stem_by_gender(word, self.language)

    @cached_property
    def stop_words(self) -> frozenset[str]:
        """The words that tell nothing."""
        return stop_words(self.language)

    @cached_property
    def word(self) -> re.Pattern[str]:
        """What a word is; without spaces between words, a character."""
        return _WORD if self.profile.spaces else re.compile(f"[{self.profile.letters}]|[a-z0-9]+")

    # Each of these tells at once that none of many patterns is of use.

    @cached_property
    def any_rewrite(self) -> LazyPattern:
        """What any of the rewrites changes."""
        return _one_of([pattern for pattern, _ in self.rewrites])

    @cached_property
    def any_synonym(self) -> LazyPattern:
        """What any of the synonyms changes."""
        return _one_of([pattern for pattern, _ in self.synonyms])

    @cached_property
    def any_number(self) -> LazyPattern:
        """What any number that is written as a word matches."""
        return _pattern(rf"(?<![A-Za-z])(?:{'|'.join(self.numbers)})(?![A-Za-z])")

    @cached_property
    def any_form(self) -> LazyPattern:
        """What any of the forms of an attribute matches."""
        return _one_of([way for form in self.forms for way in (*form.states, *form.changes, *form.ends)])

    @cached_property
    def any_end(self) -> LazyPattern:
        """What any of the ends matches."""
        return _one_of([way for end in self.ends for way in end.states])


@cache
def grammar(language: str) -> Grammar:
    """Read the grammar of a language; a part of its file may name the parts above it."""
    text = text_of(language, "changes.toml")
    for name, part in reversed(tomllib.loads(text).get("parts", {}).items()):
        text = text.replace(f"{{{name}}}", part)
    return TypeAdapter(Grammar).validate_python({"language": language, **tomllib.loads(text)})


@cache
def in_any(part: Literal["supposing", "clause", "weekday", "day", "clock", "oneself", "possessive"]) -> LazyPattern:
    """Return what matches a part of the grammar of any language."""
    return _one_of([getattr(grammar(language), part) for language in LANGUAGES])


@lru_cache(maxsize=32)  # a sentence is read for its words, and for what it is about
def grammar_of(text: str) -> Grammar | None:
    """Return the grammar of the language that a text is in; None where there is none."""
    language = recognise(_WORD.findall(text.casefold()))
    script = _script_of(text)
    if script not in (LATIN, profiles()[language].script):
        language = next(name for name in LANGUAGES if profiles()[name].script == script)
    return grammar(language) if language in LANGUAGES else None


def grammars(text: str) -> list[Grammar]:
    """Return the grammars of the script of a text."""
    script = _script_of(text)
    return [grammar(language) for language in LANGUAGES if profiles()[language].script == script]


def _script_of(text: str) -> str:
    """Return the first script other than the Latin one that a text has letters of and a language with a grammar has."""
    return next((script for script, letters in _scripts().items() if letters.search(text)), LATIN)


@cache
def _scripts() -> dict[str, re.Pattern[str]]:
    known = {profiles()[language].script for language in LANGUAGES}
    return {
        one.script: re.compile(f"[{one.letters}]") for one in profiles().values() if one.letters and one.script in known
    }


def _one_of(patterns: list[LazyPattern]) -> LazyPattern:
    return _pattern([_NAMED.sub("(?:", pattern.pattern) for pattern in patterns])
