"""Terms: what of a text is indexed, whatever its script. A query and a text must end at the same terms.

A word of a script with spaces gives its stem; one of a language other than English gives its stem in both, so that a
short query whose language is unclear still meets it, and its character n-grams, by which words of one root and the
parts of compounds meet (McNamee and Mayfield, Character N-Gram Tokenization for European Language Text Retrieval,
2004). Scripts without spaces give character bigrams, as Lucene's CJKAnalyzer does, and single ideographs. An identifier
(`get_user_by_id`, `HTTPServer`, a path, a version) gives the whole and its parts.
"""

import re
import unicodedata
import zlib
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import pairwise

from memos_mcp.backends.local.text.language import language_of, recognise, stem
from memos_mcp.backends.local.text.language_files import DEFAULT, profiles, stop_words

HASH_BITS = 29
"""Of a term: with its count (`retrieval.features.COUNT_BITS`) one number of 32 bits in what is stored."""

_HAN = (
    "\u2e80-\u2fdf\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
_HANGUL = "\u1100-\u11ff\u3130-\u318f\uac00-\ud7af"
_NO_SPACES = "\u0e00-\u0eff\u0f18-\u0fff\u1000-\u109f\u1780-\u17ff"
_MARKS = (
    "\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u05bf-\u05c7\u0610-\u061a\u064b-\u065f\u06d6-\u06ed"
    "\u0900-\u0963\u0966-\u0dff" + _NO_SPACES
)
_LETTER = rf"[\w{_MARKS}]"
_TOKEN = re.compile(rf"\b[A-Za-z](?:\+\+|#)(?!\w)|{_LETTER}+(?:['’._/\\:@#+\-]+{_LETTER}+)*")
_SCRIPTS = re.compile(
    rf"(?P<han>[{_HAN}]+)|(?P<hangul>[{_HANGUL}]+)|(?P<bare>[{_NO_SPACES}]+)|"
    rf"[^{_HAN}{_HANGUL}{_NO_SPACES}]+"
)
_JOINERS = re.compile(r"['’._/\\:@#+\-]+")
APOSTROPHE = re.compile("['’]")
_PARTS = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_ORDINAL = re.compile(r"(\d+)(?:st|nd|rd|th)")
_SUBWORD_LIMIT = 80  # characters of the longest identifier that is taken apart; longer ones are hashes and data
_STEM_LIMIT = 40  # letters of the longest word that is stemmed: the stemmer's time grows with the word
_STOP_WEIGHT = 0.4
"""Of a stop word in another language than English: where the model reads little, "my" and "we" tell who speaks."""
_LATIN_END = "\u0250"
_HIRAGANA = re.compile("[\u3040-\u309f]")
"""Of Japanese: mostly endings and particles."""
_KANA = re.compile("[\u3040-\u30ff]")
_HAN_STOP = frozenset[str]().union(*(stop_words(name) for name, one in profiles().items() if not one.spaces))


def tokens(text: str) -> list[str]:
    """Split a text into words, identifiers, numbers and runs of scripts without spaces."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    return _TOKEN.findall(_THOUSANDS.sub("", text))


def terms(text: str) -> list[tuple[int, float]]:
    """Return the terms of a text in order, each as a hash and its weight in a query.

    A text of stop words alone gives those.
    """
    return _terms(text)


def _terms(text: str, language: str | None = None) -> list[tuple[int, float]]:
    found = tokens(text)
    language = language or _language(found)
    content = [term for token in found for term in _expand(token, language)]
    return content or [(term_hash(fold(token.casefold())), 1.0) for token in found]


def word_count(text: str) -> int:
    """Count the words of a text; of a script without spaces, two characters are one, as most words of Chinese are."""
    runs = (run for token in tokens(text) for run in _SCRIPTS.finditer(token))
    return sum((len(run.group()) + 1) // 2 if run.lastgroup in ("han", "bare") else 1 for run in runs)


def only_stop_words(text: str) -> bool:
    """Tell whether a text has no word but those of the stop list."""
    found = tokens(text)
    language = _language(found)
    return not any(weight > _STOP_WEIGHT for token in found for _, weight in _expand(token, language))


def latin_language(text: str) -> str:
    """Tell the language of the Latin words of a text; English where it cannot be told."""
    return _language(tokens(text))


def in_latin(text: str) -> bool:
    """Tell whether all letters of a text are of the Latin alphabet."""
    return all(char < _LATIN_END or not char.isalpha() for char in text)


def _language(found: Iterable[str]) -> str:
    return recognise(word.casefold() for token in found for word in APOSTROPHE.split(token))


@lru_cache(maxsize=1 << 12)
def word_terms(word: str, language: str | None = None) -> tuple[int, ...]:
    """Return the terms of a word that stands alone, or in a text of this language, hashed."""
    return tuple(term for term, _ in _terms(word, language))


def term_hash(term: str) -> int:
    """Hash a term to `HASH_BITS` bits, the same on every machine; 100,000 terms share about ten values."""
    return zlib.crc32(term.encode("utf-8", "surrogatepass")) >> (32 - HASH_BITS)


def fold(word: str) -> str:
    """Take the accents off a word."""
    if word.isascii():
        return word
    bare = "".join(char for char in unicodedata.normalize("NFKD", word) if not "\u0300" <= char <= "\u036f")
    return unicodedata.normalize("NFC", bare)


@lru_cache(maxsize=1 << 16)
def _expand(token: str, language: str) -> tuple[tuple[int, float], ...]:
    return tuple((term_hash(term), weight) for term, weight in _token_terms(token, language))


def _token_terms(token: str, language: str) -> Iterator[tuple[str, float]]:
    if token[-1] in "+#":
        yield token.casefold(), 1.0
        return
    if token.casefold().endswith(("n't", "n’t")):
        return
    pieces = _JOINERS.split(token)
    if len(pieces) > 1 and not APOSTROPHE.search(token):
        yield fold(token.casefold()), 0.5
    for piece in pieces:
        if len(pieces) == 1 or len(piece) > 2 or (len(piece) == 2 and piece.isdecimal()):
            yield from _piece_terms(piece, language)


def _piece_terms(piece: str, language: str) -> Iterator[tuple[str, float]]:
    if piece.isascii():
        yield from _word_terms(piece, language)
        return
    for run in _SCRIPTS.finditer(piece):
        match run.lastgroup:
            case "han":
                yield from _han_terms(run.group())
            case "hangul":
                yield run.group(), 0.5
                yield from ((pair, 0.5) for pair in _bigrams(run.group()))
            case "bare":
                yield from ((pair, 1.0) for pair in _bigrams(run.group()) or [run.group()])
            case _:
                yield from _word_terms(run.group().replace("_", ""), language)


def _han_terms(run: str) -> Iterator[tuple[str, float]]:
    for pair in _bigrams(run):
        if not _HAN_STOP.issuperset(pair):
            yield pair, 0.5 if _HIRAGANA.search(pair) else 1.0
    yield from ((char, 1.0) for char in run if char not in _HAN_STOP and (len(run) == 1 or not _KANA.match(char)))


def _bigrams(run: str) -> list[str]:
    return [first + second for first, second in pairwise(run)]


def _word_terms(word: str, language: str) -> Iterator[tuple[str, float]]:
    folded = word.casefold()
    if not folded:
        return
    spoken = language_of(folded, language)
    if folded in stop_words(spoken):
        if spoken != DEFAULT:
            yield fold(folded), _STOP_WEIGHT
        return
    parts = _PARTS.findall(word) if word.isascii() and len(word) <= _SUBWORD_LIMIT else []
    if len(parts) < 2 or _ORDINAL.fullmatch(folded):
        yield from _stems(folded, language)
        return
    yield folded, 0.5
    for part in parts:
        if len(part) > 1 and part.casefold() not in stop_words(language):
            yield from _stems(part.casefold(), language)


def _stems(word: str, among: str) -> Iterator[tuple[str, float]]:
    if len(word) > _STEM_LIMIT or word[0].isdecimal():
        yield _ORDINAL.sub(r"\1", fold(word)), 1.0
        return
    language = language_of(word, among)
    stems = {fold(stem(word, language))}
    if language == among:
        stems.add(fold(stem(word, DEFAULT)))
    yield from ((term, 1.0 / len(stems)) for term in stems)
    if language != DEFAULT:
        yield from _grams(fold(word), profiles()[language].ngram)


def _grams(word: str, length: int) -> Iterator[tuple[str, float]]:
    """Yield the n-grams of a word, each marked as one."""
    count = max(1, len(word) - length + 1)
    yield from ((f"{word[start : start + length]}-", 1.0 / count) for start in range(count))
