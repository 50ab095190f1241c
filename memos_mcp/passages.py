"""Counting the words of a text in any script, and cutting a long one around what was asked for."""

import re
from collections import Counter

_UNIT = re.compile(
    "[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"  # Han and kana: a character
    "|[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]{1,4}"  # Thai, Lao, Burmese, Khmer: about four
    "|[^\\s\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]{1,40}"
)
"""One word: what stands between spaces or, without any, about as much text as a word can have."""

_STEM = 5
"""Words are held to be the same when this much of their beginning is (a stemmer for any alphabet)."""


def count_words(text: str) -> int:
    """Count the words of a text; a Chinese or Japanese character counts as one."""
    return sum(1 for _ in _UNIT.finditer(text))


def passage(text: str, query: str, *, words: int) -> str:
    """Give the stretch of `words` words that holds most of the query's words, `…` where it was cut.

    A text without any of them is cut after its beginning; one that is short enough comes back as it is.
    """
    spans = [match.span() for match in _UNIT.finditer(text)]
    if len(spans) <= words:
        return text
    wanted = set(_stems(query))
    stems = [_stem(text[begin:end]) for begin, end in spans]
    start = _richest_window([stem if stem in wanted else "" for stem in stems], size=words)
    end = start + words
    before = "…" if start else ""
    after = "…" if end < len(spans) else ""
    return f"{before}{text[spans[start][0] : spans[end - 1][1]]}{after}"


def head(text: str, limit: int) -> str:
    """Give as much of the beginning of a text as `limit` bytes of UTF-8 hold, in whole characters."""
    return text.encode()[:limit].decode(errors="ignore")


def _stems(text: str) -> list[str]:
    return [stem for match in _UNIT.finditer(text) if (stem := _stem(match.group()))]


def _stem(word: str) -> str:
    """Give the beginning of a word in lower case, or nothing for one too short to tell anything."""
    letters = re.sub(r"\W", "", word.casefold())
    if len(letters) < 3 and letters.isascii():
        return ""
    return letters[:_STEM]


def _richest_window(hits: list[str], *, size: int) -> int:
    """Give the start of the window with the most different hits, in the middle of those that have as many."""
    inside = Counter(hit for hit in hits[:size] if hit)
    best, first, last = len(inside), 0, 0
    for start in range(1, len(hits) - size + 1):
        if gone := hits[start - 1]:
            inside[gone] -= 1
            if not inside[gone]:
                del inside[gone]
        if come := hits[start + size - 1]:
            inside[come] += 1
        if len(inside) > best:
            best, first, last = len(inside), start, start
        elif len(inside) == best and last == start - 1:
            last = start
    return (first + last) // 2 if best else 0
