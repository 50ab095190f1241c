"""Languages: the words and patterns by which each names a time, read from a file a language."""

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import cast

from memos_mcp.backends.local.text.language_files import languages_with, profiles, table_of
from memos_mcp.backends.local.text.patterns import LazyPattern
from memos_mcp.backends.local.text.words import LETTER

_KINDS = {
    "day_word": "days",
    "day_apart": "days_apart",
    "unit": "units",
    "weekday": "weekdays",
    "month": "months",
    "season": "seasons",
    "n": "numbers",
    "named_year": "named_years",
    "day": "numerals",
}
_NUMERALS = {"n": r"\d{1,3}", "day": r"[0-3]?\d"}
_YEAR = r"(?P<year>(?:19|20)\d\d)"
_PERIOD = "(?:{unit}|{weekday}|{month}|{season})"

Table = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Language:
    """One language's ways to name a time.

    `patterns` are pairs of a meaning and what says it, `queries` further ones that count in a query alone; `words`
    give, for each kind of word, the value of its forms; `hint` is found in every text that any of the patterns
    matches, `unless` only in texts of another language that shares a word; `past` in a sentence about the past,
    `future` in one about what is to come.
    """

    name: str
    patterns: tuple[tuple[str, LazyPattern], ...]
    queries: tuple[tuple[str, LazyPattern], ...]
    words: Mapping[str, Mapping[str, int | str]]
    hint: LazyPattern
    unless: re.Pattern[str]
    past: re.Pattern[str]
    future: re.Pattern[str]

    def speaks(self, text: str) -> bool:
        """Tell whether a text may name a time in this language."""
        return self.unless.search(text) is None and self.hint.search(text) is not None


@cache
def languages() -> tuple[Language, ...]:
    """Read all languages, and before them what is of none, once."""
    numerals = tomllib.loads(files(__name__.rpartition(".")[0]).joinpath("numerals.toml").read_text("utf-8"))
    return (
        _read("", numerals, spaces=False),
        *(
            _read(name, table_of(name, "times.toml"), spaces=profiles()[name].spaces)
            for name in languages_with("times.toml")
        ),
    )


def _read(name: str, table: Table, *, spaces: bool) -> Language:
    words = {kind: _forms(cast("Table", table.get(section, {}))) for kind, section in _KINDS.items()}
    words["n"] |= words["day"]
    before, after = _edges(table) if spaces else ("", "")
    placeholders = _placeholders(words, cast("list[str]", table.get("ambiguous", [])))
    patterns, queries = (
        tuple(
            (meaning, _compile(pattern, placeholders, before=before, after=after))
            for meaning, group in {**days, **cast("Mapping[str, list[str]]", section)}.items()
            for pattern in group
        )
        for days, section in (
            ({"days": ["{day_word}"]} if words["day_word"] else {}, table.get("patterns", {})),
            ({}, table.get("queries", {})),
        )
    )
    named = {form for kind, forms in words.items() if kind not in _NUMERALS for form in forms}
    dates = rf"(?:19|20)\d\d|\d+{LETTER}*"
    grown = "prefixes" in table or "endings" in table
    hint = _compile(
        "(?:" + "|".join(filter(None, [_alternatives(named), dates])) + ")",
        {},
        before="" if grown else before,
        after="" if grown else after,
    )
    unless, past, future = (
        re.compile(str(table.get(key, "(?!)")), re.IGNORECASE) for key in ("unless", "past", "future")
    )
    return Language(name, patterns, queries, words, hint, unless, past, future)


def _forms(section: Table) -> dict[str, int | str]:
    """Turn `value = forms` or `form = value` into the value of each form."""
    forms: dict[str, int | str] = {}
    for key, entry in section.items():
        if isinstance(entry, int):
            forms[key] = entry
        else:
            value = int(key) if key.isdecimal() else key
            forms |= dict.fromkeys(cast("list[str]", entry), value)
    return forms


def _placeholders(words: Mapping[str, Mapping[str, int | str]], ambiguous: Iterable[str]) -> dict[str, str]:
    found = {kind: rf"(?P<{kind}>{_alternatives(forms)})" for kind, forms in words.items() if kind not in _NUMERALS}
    for kind, numeral in _NUMERALS.items():
        found[kind] = f"(?P<{kind}>{'|'.join([numeral, *filter(None, [_alternatives(words[kind])])])})"
    capital = [form.capitalize() for form in ambiguous]
    sure = [form for form in words["month"] if form not in set(ambiguous)]
    found["Month"] = f"(?P<month>{_alternatives(sure)}{'|(?-i:' + _alternatives(capital) + ')' if capital else ''})"
    found["sure_month"] = f"(?P<month>{_alternatives(sure)})"
    return found | {"year": _YEAR}


def _alternatives(forms: Iterable[str]) -> str:
    return "|".join(re.escape(form) for form in sorted(forms, key=len, reverse=True))


def _edges(table: Table) -> tuple[str, str]:
    """Return what has to stand before and after words with spaces between them: no letters but what is written on.

    `prefixes` of a table are what may stand on the first word; with `endings`, anything may on the last.
    """
    return rf"(?<!{LETTER}){table.get('prefixes', '')}", "" if table.get("endings") else rf"(?!{LETTER})"


def _compile(pattern: str, placeholders: Mapping[str, str], *, before: str, after: str) -> LazyPattern:
    pattern = pattern.replace("{period}", _PERIOD)
    for name, part in placeholders.items():
        pattern = pattern.replace(f"{{{name}}}", part)
    pattern = pattern.replace(r"\ ", " ").replace(" ?", r"\s*").replace(" ", r"\s+")
    return LazyPattern(f"{before}(?:{pattern}){after}")
