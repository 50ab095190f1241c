"""Words, and those that carry nothing worth remembering: greetings, thanks, praise, the yes and no of an answer."""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import pairwise

from memos_mcp.backends.local.text.language import recognise, stem
from memos_mcp.backends.local.text.language_files import pattern_of, stop_words, words_of

_MARKS = (
    "\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0900-\u0963\u0966-\u0dff"
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"
)
LETTER = rf"[\w{_MARKS}]"
"""The characters of words, with the vowel signs and accents that stand on letters."""

_WORD = re.compile(rf"{LETTER}+")
_NO_SPACES = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")
_PARTICLES = re.compile(pattern_of("particles"))
_ADDRESSED = re.compile(r"^[A-ZÀ-Þ][\w.'’-]{1,20}: |, [A-ZÀ-Þ][\w'’-]*(?=[!.?]*$)")
_LONGEST_STEM = 40  # letters; a stemmer's time grows with the word
_REMEMBERED = 256  # texts, for each is read several times over
_GREETED = re.compile(rf"(?i:{pattern_of('greets')}),?(?: [A-ZÀ-Þ][\w.'’-]*){{1,2}}\W*")


SMALL_TALK = words_of("small_talk")
ANSWERS = words_of("answers")


@lru_cache(maxsize=_REMEMBERED)
def words(text: str) -> tuple[str, ...]:
    """Return the words of a text, case-folded."""
    return tuple(word.casefold() for word in _WORD.findall(text))


@lru_cache(maxsize=_REMEMBERED)
def language_of(text: str) -> str:
    """Tell the language of a text in Latin letters, English where that is not clear."""
    return recognise(words(text))


def extent(found: Iterable[str]) -> float:
    """Count words, two characters of a script without spaces being one; its particles count for nothing."""
    return sum(_runs(word) if _NO_SPACES.search(word) else 1 for word in found)


@lru_cache(maxsize=_REMEMBERED)
def content_words(text: str, *, without: frozenset[str] = frozenset()) -> tuple[str, ...]:
    """Return the words of a text that say something: no stop words, no small talk, no name that is only called."""
    said = _ADDRESSED.sub("", text)
    if _GREETED.fullmatch(said):
        return ()
    silent = stop_words(language_of(said))
    return tuple(word for word in words(said) if not (word in silent or word in SMALL_TALK or word in without))


@lru_cache(maxsize=_REMEMBERED)
def matter(text: str, *, without: frozenset[str] = frozenset()) -> frozenset[str]:
    """Return what a text speaks of, for comparison: the stems of its content words, pairs of characters in Chinese."""
    language = language_of(text)
    return frozenset(term for word in content_words(text, without=without) for term in _terms(word, language))


def _terms(word: str, language: str) -> Iterator[str]:
    if not _NO_SPACES.search(word):
        yield stem(word, language) if len(word) <= _LONGEST_STEM else word
        return
    bare = _PARTICLES.sub("", word)
    yield from (first + second for first, second in pairwise(bare)) if len(bare) > 1 else bare


def _runs(word: str) -> float:
    return len(_PARTICLES.sub("", word)) / 2
