"""Wordings: where a text names times, and in which words; what they come to depends on the day they were said."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from unicodedata import decimal

from memos_mcp.backends.local.text.temporal.languages import Language, languages
from memos_mcp.backends.local.text.words import language_of

_SENTENCE_END = re.compile(r"[.!?؟](?=\s)|[。！？।\n]")
_CLAUSE_ENDS = re.compile(_SENTENCE_END.pattern + r"|[,;:،؛](?:(?=\s)|(?<=[\u3400-\u9fff].))|[，；：]|\s[–—-]\s")
_FOREIGN_DIGIT = re.compile(r"[^\D0-9]")


@dataclass(frozen=True, slots=True)
class TimeWords:
    """Words that name a time, by the pattern of a meaning (`resolution.py`), with their sentence and their clause."""

    meaning: str
    match: re.Match[str]
    language: Language
    sentence: str
    clause: str

    @property
    def span(self) -> tuple[int, int]:
        """The place of the words in the text."""
        return self.match.span("time" if "time" in self.match.re.groupindex else 0)

    def has(self, kind: str) -> bool:
        """Tell whether a word of this kind was used."""
        return self.match.groupdict().get(kind) is not None


def wordings(text: str, *, asked: bool = False) -> list[TimeWords]:
    """Return the wordings of a text in order, the longest of those that overlap.

    `asked` reads a query: what only a query means as a time, such as a month by itself, counts too.
    """
    text = text if text.isascii() else _FOREIGN_DIGIT.sub(lambda digit: str(decimal(digit[0])), text)
    found = [wording for language in languages() if language.speaks(text) for wording in _in(text, language, asked)]
    return sorted(_longest(found, spoken=language_of(text)) if found else [], key=lambda wording: wording.span)


def _in(text: str, language: Language, asked: bool) -> Iterator[TimeWords]:
    patterns = language.queries + language.patterns if asked else language.patterns
    found = [(meaning, match) for meaning, pattern in patterns for match in pattern.finditer(text)]
    ends = [[end.span() for end in pattern.finditer(text)] for pattern in (_SENTENCE_END, _CLAUSE_ENDS) if found]
    for meaning, match in found:
        yield TimeWords(meaning, match, language, *(_around(text, match, spans) for spans in ends))


def _longest(found: list[TimeWords], *, spoken: str) -> list[TimeWords]:
    """Return the longest of those that overlap; of one length, that of the language of the text."""
    kept: list[TimeWords] = []
    order = [(wording.span[0] - wording.span[1], wording.span[0], wording.language.name != spoken) for wording in found]
    for _, wording in sorted(zip(order, found, strict=True), key=lambda one: one[0]):
        start, stop = wording.span
        if all(stop <= other.span[0] or other.span[1] <= start for other in kept):
            kept.append(wording)
    return kept


def _around(text: str, match: re.Match[str], ends: list[tuple[int, int]]) -> str:
    """Return what stands between the last end before a match and the first after it."""
    before = bisect_right(ends, match.start(), key=lambda span: span[1])
    after = bisect_left(ends, match.end(), key=lambda span: span[0])
    return text[ends[before - 1][1] if before else 0 : ends[after][0] if after < len(ends) else len(text)]
