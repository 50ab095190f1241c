"""When: the times that a text names, resolved from the day on which it was said.

"yesterday", "last Friday", "two weeks ago", "next summer", "in 2019" in English, Chinese, Spanish, German and French,
and dates in numerals. What is vague ("recently", "a few years ago") is left alone.
"""

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, tzinfo

from memos_mcp.backends.local.extractors.when.languages import Language, languages
from memos_mcp.backends.local.extractors.when.meanings import Named, period
from memos_mcp.backends.local.extractors.when.periods import Grain, Period, around

__all__ = ["Grain", "TimeMention", "resolve"]

_NUMERALS = re.compile(r"(?<![\w/.-])((?:19|20)\d\d)([-/.])(0?[1-9]|1[0-2])\2(0?[1-9]|[12]\d|3[01])(?![\d/-])")
_SENTENCE_END = re.compile(r"[.!?](?=\s)|[。！？\n]")

_Found = tuple[int, int, Period | None]


@dataclass(frozen=True, slots=True)
class TimeMention:
    """A time that a text names: `start` and `end` (the first moment after it) in epoch milliseconds.

    `grain` is the unit in which it is whole, `span` the place of its words in the text.
    """

    start: int
    end: int
    grain: Grain
    span: tuple[int, int]


def resolve(text: str, *, said: datetime) -> list[TimeMention]:
    """Find the times that a text names, in order; days begin in the time zone of `said`, UTC if it has none."""
    found = [*_numerals(text)]
    for language in languages():
        if language.hint.search(text):
            found += _named(text, language, said.date())
    zone = said.tzinfo or UTC
    mentions = [_mention(start, stop, named, zone) for start, stop, named in _longest(found) if named is not None]
    return sorted(mentions, key=lambda mention: mention.span)


def _longest(found: list[_Found]) -> list[_Found]:
    """Keep the longest of those that overlap."""
    kept: list[_Found] = []
    for mention in sorted(found, key=lambda mention: (mention[0] - mention[1], mention[0])):
        if all(mention[1] <= other[0] or other[1] <= mention[0] for other in kept):
            kept.append(mention)
    return kept


def _mention(start: int, stop: int, named: Period, zone: tzinfo) -> TimeMention:
    first, after = (int(datetime.combine(day, time(), zone).timestamp()) * 1000 for day in (named.start, named.end))
    return TimeMention(first, after, named.grain, (start, stop))


def _numerals(text: str) -> Iterator[_Found]:
    for match in _NUMERALS.finditer(text):
        with suppress(ValueError):
            yield *match.span(), around(date(*map(int, match.group(1, 3, 4))), "day")


def _named(text: str, language: Language, said: date) -> Iterator[_Found]:
    for meaning, pattern in language.patterns:
        for match in pattern.finditer(text):
            with suppress(ValueError, OverflowError):
                yield *_span(match), period(meaning, Named(match, language, said, _sentence(text, match)))


def _span(match: re.Match[str]) -> tuple[int, int]:
    return match.span("time" if "time" in match.re.groupindex else 0)


def _sentence(text: str, match: re.Match[str]) -> str:
    ends = [end.end() for end in _SENTENCE_END.finditer(text, 0, match.start())]
    after = _SENTENCE_END.search(text, match.end())
    return text[ends[-1] if ends else 0 : after.start() if after else len(text)]
