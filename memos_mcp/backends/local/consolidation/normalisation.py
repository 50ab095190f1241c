"""Wording: a sentence as the words that carry it, so that two ways to say one thing come out alike."""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from memos_mcp.backends.local.consolidation.grammar import Grammar, grammar, grammar_of, in_any
from memos_mcp.backends.local.text.language import recognise, stem_by_gender
from memos_mcp.backends.local.text.language_files import DEFAULT, pattern_of
from memos_mcp.backends.local.text.terms import fold

MARKS = " \t\n.!?…。！？,;，；\"“”'()"

_WORD = re.compile(r"\w+(?:[.:/@'+#-]+\w+)*[+#]*")
_PAIR = re.compile(rf"\b(\w+) (?:{pattern_of('pair')}) (\w+)\b")
_PERSONS = frozenset(["i", "we"])
_FEWEST = 2  # stems beside the person: one alone may be said of many things


@dataclass(frozen=True, slots=True)
class NormalisedSentence:
    """The words that carry a sentence, in order, as stems.

    The last `moved` stems are of words that may stand anywhere, sorted. `past` are the places of those that end like a
    past tense; `negators` are the words that negate, which are not among the stems; `points` tells that the sentence
    speaks of something named elsewhere; `accented` are its words with accents. `free` tells that its language is known
    well enough to compare it with another order of the words. `own` are, of what somebody says of themselves alone, the
    stems that are not light, sorted.
    """

    stems: tuple[str, ...]
    moved: int
    past: frozenset[int]
    negators: tuple[str, ...]
    points: bool
    accented: frozenset[str]
    free: bool
    own: tuple[str, ...] = ()

    def differs_in_accents(self, other: "NormalisedSentence") -> bool:
        """Tell whether one word has other accents in the other sentence ("avó", "avô"); people also leave them out."""
        return not {*map(fold, self.accented - other.accented)}.isdisjoint(map(fold, other.accented - self.accented))

    @property
    def key(self) -> str:
        """A text that is equal for all orders of the same words."""
        return " ".join(self.own or sorted(self.stems))


@lru_cache(maxsize=32)  # a sentence is read for its words, and for what it claims
def plain(sentence: str, rules: Grammar) -> str:
    """Write a sentence out: no accents, no marks around it, no contractions, numbers as digits."""
    text = fold(sentence.replace("’", "'")).strip(MARKS)
    if rules.any_rewrite.search(text):
        for pattern, replacement in rules.rewrites:
            text = pattern.sub(replacement, text)
    if rules.numbers:
        text = rules.any_number.sub(lambda word: rules.numbers[word.group().casefold()], text)
    return text


def wording(sentence: str) -> NormalisedSentence:
    """Reduce a sentence to the words that carry it; in a language without a grammar, to its words."""
    known = grammar_of(sentence)
    rules = known or grammar(DEFAULT)
    text = plain(sentence, rules).casefold() if known else fold(sentence.casefold())
    if known and rules.any_synonym.search(text):
        for pattern, replacement in rules.synonyms:
            text = pattern.sub(replacement, text)
    text = in_any("possessive").sub("", _PAIR.sub(lambda pair: " ".join(sorted(pair.groups())), text))
    carrying: list[str] = rules.word.findall(text)
    negators: list[str] = []
    if known:
        carrying = _carrying(carrying, rules)
        negators = [word for word in carrying if word in rules.negators]
    said = [word for word in carrying if word not in negators]
    moved = sorted(word for word in said if word in rules.movable)
    said = [word for word in said if word not in rules.movable] + moved
    language = known.language if known else recognise(_WORD.findall(sentence.casefold()))
    stems = tuple(stem_by_gender(word, language) for word in said)
    return NormalisedSentence(
        stems=stems,
        moved=len(moved),
        past=frozenset(place for place, word in enumerate(said) if rules.doing.past.search(word)),
        negators=tuple(negators),
        points=bool(rules.pointing.search(text)),
        accented=_accented(sentence),
        free=known is not None and known.profile.spaces,
        own=_own(stems, sentence, rules) if known else (),
    )


def _accented(sentence: str) -> frozenset[str]:
    if sentence.isascii():
        return frozenset()
    words = _WORD.findall(unicodedata.normalize("NFC", sentence).casefold())
    return frozenset(word for word in words if fold(word) != word)


def _own(stems: tuple[str, ...], sentence: str, rules: Grammar) -> tuple[str, ...]:
    """Return the stems that are not light of what somebody says of themselves; nothing where the order may matter."""
    if rules.ordered is None or rules.ordered.search(sentence):
        return ()
    persons = [stem for stem in stems if stem in _PERSONS]
    rest = sorted(stem for stem in stems if stem not in _PERSONS and stem not in rules.doing.light)
    if len(persons) != 1 or len(rest) < _FEWEST:
        return ()
    return (persons[0], *rest)


def _carrying(words: list[str], rules: Grammar) -> list[str]:
    """Leave out what makes no difference; "I" and "my" become one word, said once."""
    kept = [word for word in words if word not in rules.dropped]
    carrying: list[str] = []
    for word in kept:
        person = "i" if word in rules.first else "we" if word in rules.first_plural else ""
        if person and (person in carrying or (word != person and person in kept)):
            continue
        carrying.append(person or word)
    return carrying
