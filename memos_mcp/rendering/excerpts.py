"""Counting the words of a text in any script, and cutting a long one around what was asked for."""

import re
from bisect import bisect_right
from collections import Counter, deque
from collections.abc import Iterator
from functools import lru_cache

_UNIT = re.compile(
    "[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"  # Han and kana: a character
    "|[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]{1,4}"  # Thai, Lao, Burmese, Khmer: about four
    "|[^\\s…\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]{1,40}"
)
"""One word: what stands between spaces or, without any, about as much text as a word can have."""

_LETTERS = re.compile(r"\w+")
_STEM = 5
"""Words are held to be the same when this much of their beginning is (a stemmer for any alphabet)."""


def count_words(text: str) -> int:
    """Count the words of a text; a Chinese or Japanese character counts as one."""
    return len(_UNIT.findall(text))


@lru_cache(maxsize=64)  # both forms of an answer show the same passages
def passage(text: str, query: str, *, words: int) -> str:
    """Return the stretch of `words` words that holds most of the query's words, `…` where it was cut.

    A text without any of them is cut after its beginning; one that is short enough comes back as it is.
    """
    if count_words(text) <= words:
        return text
    spans = [match.span() for match in _UNIT.finditer(text)]
    start = _richest_window(_hits(text, query, spans), length=len(spans), size=words)
    end = start + words
    before = "…" if start else ""
    after = "…" if end < len(spans) else ""
    return f"{before}{text[spans[start][0] : spans[end - 1][1]]}{after}"


def head(text: str, limit: int) -> str:
    """Return as much of the beginning of a text as `limit` bytes of UTF-8 hold, in whole characters."""
    return text.encode()[:limit].decode(errors="ignore")


def _hits(text: str, query: str, spans: list[tuple[int, int]]) -> dict[int, str]:
    """Return the words of a text, by their number, that begin like a word of the query, each with that beginning."""
    begins = [begin for begin, _ in spans]
    folded = _folded(text)
    return {bisect_right(begins, place) - 1: stem for stem in _stems(query) for place in _places(stem, folded)}


@lru_cache(maxsize=8)
def _stems(query: str) -> tuple[str, ...]:
    """Return the beginnings of the words of a query, a longer one before that which it begins with."""
    stems = {stem for word in _UNIT.findall(query.casefold()) if (stem := _stem(word))}
    return tuple(sorted(stems, reverse=True))


def _stem(word: str) -> str:
    """Return the beginning of a word, or nothing for one too short to tell anything."""
    match = _LETTERS.search(word)
    if match is None or (len(match.group()) < 3 and word.isascii()):
        return ""
    return match.group()[:_STEM]


def _folded(text: str) -> str:
    """Case-fold a text, each character at its place."""
    folded = text.casefold()
    return folded if len(folded) == len(text) else "".join(map(_folded_character, text))


def _folded_character(character: str) -> str:
    folded = character.casefold()
    return folded if len(folded) == 1 else character


def _places(stem: str, text: str) -> Iterator[int]:
    """Yield where a stem stands; where words have spaces around them, it has to begin one."""
    place = text.find(stem)
    while place >= 0:
        if len(stem) == 1 or not _LETTERS.match(text, place - 1, place):
            yield place
        place = text.find(stem, place + 1)


def _richest_window(hits: dict[int, str], *, length: int, size: int) -> int:
    """Return the start of the window with the most different hits, which has them in its middle."""
    window: deque[int] = deque()
    inside: Counter[str] = Counter()
    best, first, last = 0, 0, 0
    for number in sorted(hits):
        window.append(number)
        inside[hits[number]] += 1
        while window[0] <= number - size:
            inside[hits[window.popleft()]] -= 1
        inside += Counter()  # forgets what has come to nothing
        if len(inside) > best:
            best, first, last = len(inside), window[0], number
    return max(0, min(length - size, (first + last - size) // 2 + 1)) if best else 0
