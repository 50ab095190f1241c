"""Keyphrases: the words of a text that name what it is about, for its title and tags.

Runs of words between stop words are candidates, as in RAKE (Rose et al., 2010); a run counts by how often its words
occur and by their length, and a name by more.
"""

import re
from collections import Counter
from functools import lru_cache

from memos_mcp.backends.local.text.language import recognise
from memos_mcp.backends.local.text.language_files import pattern_of, stop_words, words_of
from memos_mcp.backends.local.text.prose import LINK
from memos_mcp.backends.local.text.sentences import shorten
from memos_mcp.backends.local.text.words import LETTER, SMALL_TALK
from memos_mcp.core.perspective import without_marks

_TITLE_PHRASES = 2  # chosen, as the two below: a title is a line of a list, and tags are few
_TITLE_CHARACTERS = 60
_TAGS = 4
_PHRASE_WORDS = 3  # the longest phrase
_RUN_CHARACTERS = 8  # the longest phrase in a script without spaces

_TOKEN = re.compile(rf"{LETTER}+(?:['’-]+{LETTER}+)*|[^\w\s]")
_GAPS = re.compile(pattern_of("gaps"))
_HAN = re.compile("[\u3400-\u9fff]{2,}|[\u30a1-\u30fe]{2,}")
_NO_SPACES = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")
_PLAIN = words_of("plain")


@lru_cache(maxsize=64)
def keyphrases(text: str) -> tuple[str, ...]:
    """Return the phrases that name what a text is about, the best first, in its own words."""
    runs = _runs(without_marks(text))
    counts = Counter(word.casefold() for run in runs for word in run)
    best: dict[str, tuple[float, str]] = {}
    for run in runs:
        phrase = " ".join(run[:_PHRASE_WORDS])
        score = sum(_weight(word, counts) for word in run[:_PHRASE_WORDS]) / (1 + 0.35 * (len(run[:_PHRASE_WORDS]) - 1))
        best.setdefault(phrase.casefold(), (score, phrase))
    return tuple(phrase for _, phrase in sorted(best.values(), key=lambda found: -found[0]))


def title(text: str) -> str:
    """Return a title for a text: its best phrases in the order in which they stand, or else its first words."""
    phrases = keyphrases(text)[:_TITLE_PHRASES]
    if not phrases:
        return shorten(without_marks(text), limit=_TITLE_CHARACTERS)
    return shorten(", ".join(sorted(phrases, key=text.find)), limit=_TITLE_CHARACTERS)


def tags(text: str) -> tuple[str, ...]:
    """Return the few phrases by which a text can be filed."""
    return tuple(phrase.lower() for phrase in keyphrases(text)[:_TAGS])


def _runs(text: str) -> list[list[str]]:
    tokens = _TOKEN.findall(LINK.sub(".", text))
    silent = stop_words(recognise(token.casefold() for token in tokens)) | SMALL_TALK | _PLAIN
    runs: list[list[str]] = [[]]
    for token in tokens:
        if _NO_SPACES.search(token):
            runs += [
                [piece[:_RUN_CHARACTERS]] for run in _HAN.findall(token) for piece in _GAPS.split(run) if len(piece) > 1
            ]
            runs.append([])
        elif len(token) > 1 and _stem(token) not in silent:
            runs[-1].append(token)
        else:
            runs.append([])
    return [run for run in runs if run and not all(word.isdecimal() for word in run)]


def _stem(token: str) -> str:
    return re.split("['’]", token.casefold(), maxsplit=1)[0]


def _weight(word: str, counts: Counter[str]) -> float:
    named = word[0].isupper()
    return counts[word.casefold()] + min(len(word), 8) / 8 + (0.5 if named else 0)
