"""Languages: which one a text is in, its stop words and its stemmer (Snowball, as NLTK and Lucene use it)."""

import re
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache
from itertools import islice
from typing import Literal, cast, get_args

from Stemmer import Stemmer  # pyright: ignore[reportUnknownVariableType]

from memos_mcp.backends.local.text.language_files import stop_words

Language = Literal[
    "english", "german", "spanish", "french", "italian", "portuguese", "russian", "greek", "arabic", "hindi"
]

_STEMMED: tuple[Language, ...] = get_args(Language)
STOP_WORDS: dict[Language, frozenset[str]] = {name: stop_words(name) for name in _STEMMED}

_SCRIPTS: tuple[tuple[str, str, Language], ...] = (
    ("\u0370", "\u03ff", "greek"),
    ("\u0400", "\u04ff", "russian"),
    ("\u0600", "\u06ff", "arabic"),
    ("\u0900", "\u097f", "hindi"),
)
_WRITTEN = (
    ("\u0370", "\u03ff", "Greek"),
    ("\u0400", "\u052f", "Cyrillic"),
    ("\u0590", "\u05ff", "Hebrew"),
    ("\u0600", "\u06ff", "Arabic script"),
    ("\u0900", "\u097f", "Devanagari"),
    ("\u0e00", "\u0e7f", "Thai"),
    ("\u3040", "\u30ff", "Japanese"),
    ("\u3400", "\u9fff", "Chinese"),
    ("\uac00", "\ud7af", "Korean"),
)
_LETTERS = 2_000  # of a text that are counted
_LATIN_WORD = re.compile(r"[^\W\d_]+")
_OTHERS: tuple[Language, ...] = tuple(
    name for name in _STEMMED if STOP_WORDS[name] and name not in ("english", "russian")
)
_VOTERS = 400  # words of a text that are looked up
_VOTES: dict[str, list[Language]] = {}
for _language in ("english", *_OTHERS):
    for _word in STOP_WORDS[_language]:
        _VOTES.setdefault(_word, []).append(_language)


def recognise(words: Iterable[str]) -> Language:
    """Tell the language of case-folded Latin words by a vote of the stop lists; English where none clearly wins."""
    sample = list(islice(words, _VOTERS))
    votes = Counter(language for word in sample for language in _VOTES.get(word, ()))
    best = max(_OTHERS, key=votes.__getitem__)
    rivals = [votes[language] for language in ("english", *_OTHERS) if language != best]
    needed = 1 if len(sample) <= 4 else 2
    return best if votes[best] >= needed and votes[best] > max(rivals) else "english"


def written_in(text: str) -> str:
    """Tell the script of most letters or, of Latin ones, the language; English where that cannot be told."""
    letters = Counter(name for char in text[:_LETTERS] if (name := _script_of(char)))
    if letters["Japanese"]:  # its ideographs are those of Chinese
        letters["Japanese"] += letters.pop("Chinese", 0)
    script = max(letters, key=letters.__getitem__, default="Latin")
    return recognise(_LATIN_WORD.findall(text.casefold())).capitalize() if script == "Latin" else script


def _script_of(char: str) -> str:
    if not char.isalpha():
        return ""
    return next((name for low, high, name in _WRITTEN if low <= char <= high), "Latin" if char < "\u0250" else "")


def language_of(word: str, among: Language) -> Language:
    """Tell the language of a word by its script, or else that of the text that it stands among."""
    if word.isascii():
        return among
    for low, high, language in _SCRIPTS:
        if low <= word[0] <= high:
            return language
    return among


@lru_cache(maxsize=1 << 16)
def stem(word: str, language: Language) -> str:
    """Reduce a case-folded word to its Snowball stem."""
    stemmer = Stemmer(language, 0)  # pyright: ignore[reportUnknownVariableType]  # for one thread alone, so a new one
    return cast("str", stemmer.stemWord(word))  # pyright: ignore[reportUnknownMemberType]
