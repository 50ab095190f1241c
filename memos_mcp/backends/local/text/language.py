"""Languages: which one a text or a word is in, and its stemmer (Snowball, as NLTK and Lucene use it)."""

import re
from collections import Counter
from collections.abc import Iterable
from functools import cache, lru_cache
from itertools import islice
from typing import cast

from Stemmer import Stemmer  # pyright: ignore[reportUnknownVariableType]

from memos_mcp.backends.local.text.language_files import DEFAULT, LATIN, Profile, profiles, stop_words

FEMININE = "~"
"""What `stem_by_gender` puts at the end."""

_LETTERS = 2_000  # of a text that are counted
_LATIN_WORD = re.compile(r"[^\W\d_]+")
_LATIN_END = "\u0250"
_VOTERS = 400  # words of a text that are looked up
_SELDOM_ENGLISH = re.compile(r"[¿¡ß]|\b[a-zß-ÿ]*[à-öø-ÿ][a-zß-ÿ]*\b")
"""A mark or a word in small letters with an accent, which is no name."""


def recognise(words: Iterable[str]) -> str:
    """Tell the language of case-folded words by a vote of the stop lists; English where none clearly wins.

    A language that stands for its script is told by its letters, and only keeps others of that script from winning.
    """
    sample = list(islice(words, _VOTERS))
    votes = _votes(sample)
    best = max(_told_by_words(), key=votes.__getitem__, default=DEFAULT)
    if votes[best] < (1 if len(sample) <= 4 else 2):
        return DEFAULT
    script = profiles()[best].script
    rivals = (votes[name] for name, profile in profiles().items() if profile.script == script and name != best)
    return best if votes[best] > max(rivals, default=0) else DEFAULT


def _votes(words: Iterable[str]) -> Counter[str]:
    """Count in the stop list of each language how many of these words stand."""
    return Counter(language for word in words for language in _voting().get(word, ()))


@cache
def _voting() -> dict[str, list[str]]:
    voting: dict[str, list[str]] = {}
    for language in profiles():
        for word in stop_words(language):
            voting.setdefault(word, []).append(language)
    return voting


@cache
def _told_by_words() -> tuple[str, ...]:
    return tuple(name for name, one in profiles().items() if not one.letters and name != DEFAULT and stop_words(name))


def written_in(text: str) -> str:
    """Tell the script of most letters or, of Latin ones, the language; English where that cannot be told."""
    script = _script_of_most(text)
    return profiles()[recognise(_LATIN_WORD.findall(text.casefold()))].shown if script == LATIN else script


@lru_cache(maxsize=64)  # a text is asked about for what the ranker knows of it, and for the model that embeds it
def is_universal(text: str) -> bool:
    """Tell whether a text is in a language that the second model of the default reads.

    Where the letters are Latin it need not be told which one: "La vendimia la empezamos en abril" has as many words of
    Italian as of Spanish, and none of English.
    """
    script = _script_of_most(text)
    if script != LATIN:
        return script in universal_languages()
    votes = _votes(_LATIN_WORD.findall(text.casefold())[:_VOTERS])
    read, unread = (
        max((votes[name] for name, one in profiles().items() if one.universal is universal), default=0)
        for universal in (True, False)
    )
    return read + bool(_SELDOM_ENGLISH.search(text)) > unread


@cache
def universal_languages() -> frozenset[str]:
    """Return the languages, as they are shown, that the second model of the default reads."""
    return frozenset(one.shown for one in profiles().values() if one.universal)


def _script_of_most(text: str) -> str:
    if text.isascii():
        return LATIN
    letters = Counter(script for char in text[:_LETTERS] if char.isalpha() and (script := _script_of(char)))
    for profile in _scripts():
        if letters[profile.script] and profile.borrows:
            letters[profile.script] += letters.pop(profile.borrows, 0)
    return max(letters, key=letters.__getitem__, default=LATIN)


@cache
def _scripts() -> tuple[Profile, ...]:
    """Return the languages that stand for a script."""
    return tuple(profile for profile in profiles().values() if profile.letters)


@lru_cache(maxsize=1 << 12)
def _script_of(char: str) -> str:
    """Return the script of a letter, empty for one that no language stands for."""
    if char < _LATIN_END:
        return LATIN
    return next((one.script for one in _scripts() if one.letters[0] <= char <= one.letters[-1]), "")


def language_of(word: str, among: str) -> str:
    """Tell the language of a word by its script, or else that of the text that it stands among."""
    script = LATIN if word.isascii() else _script_of(word[0])
    return among if script == profiles()[among].script else _standing_for().get(script, among)


@cache
def _standing_for() -> dict[str, str]:
    """Return by script the language that stands for it, where there is more known of it than its letters."""
    known = {one.script: one.name for one in _scripts() if one.stemmer or stop_words(one.name)}
    return {LATIN: DEFAULT, **known}


@lru_cache(maxsize=1 << 16)
def stem(word: str, language: str) -> str:
    """Reduce a case-folded word to its Snowball stem; in a language without a stemmer it stays as it is."""
    algorithm = profiles()[language].stemmer
    if not algorithm:
        return word
    stemmer = Stemmer(algorithm, 0)  # pyright: ignore[reportUnknownVariableType]  # for one thread alone, so a new one
    return cast("str", stemmer.stemWord(word))  # pyright: ignore[reportUnknownMemberType]


@lru_cache(maxsize=1 << 16)
def stem_by_gender(word: str, language: str) -> str:
    """Reduce a case-folded word to its stem, with a mark on feminine ones: "hija" and "hijo" have one stem."""
    feminine = profiles()[language].feminine
    return (
        f"{stem(word, language)}{FEMININE}"
        if feminine and re.search(f"(?:{feminine})$", word)
        else stem(word, language)
    )
