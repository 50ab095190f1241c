"""Wording: a sentence as the words that carry it, so that two ways to say one thing come out alike."""

import re
from dataclasses import dataclass
from functools import lru_cache

from memos_mcp.backends.local.consolidation.grammar import HAN, Grammar, grammar
from memos_mcp.backends.local.text.language import recognise, stem
from memos_mcp.backends.local.text.terms import fold

MARKS = " \t\n.!?…。！？,;，；\"“”'()"

_WORD = re.compile(r"\w+(?:[.:/@'+#-]+\w+)*[+#]*")
_HAN_WORD = re.compile("[\u3400-\u9fff]|[a-z0-9]+")
_OWNED = re.compile(r"'s\b")
_AND = re.compile(r"\b(\w+) (?:and|y|und) (\w+)\b")
_PERSONS = frozenset(["i", "we"])
_FEWEST = 2  # stems beside the person: one alone may be said of many things
_ORDERED = re.compile(
    r"\b(?:than|over|instead|rather|before|after|from|until|if|when|because|while|between|against|without|who|which|and|me|us|repla\w+|swap\w*|trad\w+|exchang\w+|"
    r"sister|brother|mother|mum|mom|father|dad|son|daughter|wife|husband|friend|partner|boss|colleague|neighbou?r|"
    r"he|she|they|his|her|their|aunt|uncle|cousin|child|children|kids?|parents?|prefer)\b|'s \w|\w,.*,.*,",
    re.IGNORECASE,
)
"""Where the order of the words, or whose something is, may make another sense."""

_NUMBERS = {
    language: {word: str(number) for number, word in enumerate(words.split())}
    for language, words in (
        ("english", "zero one two three four five six seven eight nine ten eleven twelve"),
        ("spanish", "cero uno dos tres cuatro cinco seis siete ocho nueve diez once doce"),
    )
}
_NUMBER = {
    language: re.compile(rf"(?<![A-Za-z])(?:{'|'.join(numbers)})(?![A-Za-z])", re.IGNORECASE)
    for language, numbers in _NUMBERS.items()
}


@dataclass(frozen=True, slots=True)
class NormalisedSentence:
    """The words that carry a sentence, in order, as stems.

    The last `moved` stems are of words that may stand anywhere, sorted. `past` are the places of those that end like a
    past tense; `negators` are the words that negate, which are not among the stems; `points` tells that the sentence
    speaks of something named elsewhere; `free` that its language is known well enough to compare it with another
    order of the words. `own` are, of what somebody says of themselves alone, the stems that are not light, sorted.
    """

    stems: tuple[str, ...]
    moved: int
    past: frozenset[int]
    negators: tuple[str, ...]
    points: bool
    free: bool
    own: tuple[str, ...] = ()

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
    if numbers := _NUMBERS.get(rules.language):
        text = _NUMBER[rules.language].sub(lambda word: numbers[word.group().casefold()], text)
    return text


def wording(sentence: str) -> NormalisedSentence:
    """Reduce a sentence to the words that carry it."""
    language = "chinese" if HAN.search(sentence) else recognise(_WORD.findall(sentence.casefold()))
    known = language in ("english", "spanish", "chinese")
    rules = grammar(language if known else "english")
    text = plain(sentence, rules).casefold() if known else fold(sentence.casefold())
    if known and rules.any_synonym.search(text):
        for pattern, replacement in rules.synonyms:
            text = pattern.sub(replacement, text)
    text = _AND.sub(lambda pair: " ".join(sorted(pair.groups())), text)
    words: list[str] = (_HAN_WORD if language == "chinese" else _WORD).findall(_OWNED.sub("", text))
    carrying = _carrying(words, rules) if known else words
    fixed, moved = _parted([word for word in carrying if not known or word not in rules.negators], rules)
    said = [*fixed, *moved]
    stems = tuple(word if language == "chinese" else stem(word, language) for word in said)
    return NormalisedSentence(
        stems=stems,
        moved=len(moved),
        past=frozenset(place for place, word in enumerate(said) if rules.doing.past.search(word)),
        negators=tuple(word for word in carrying if known and word in rules.negators),
        points=bool(rules.pointing.search(text)),
        free=known and language != "chinese",
        own=_own(stems, sentence, rules) if language == "english" else (),
    )


def _own(stems: tuple[str, ...], sentence: str, rules: Grammar) -> tuple[str, ...]:
    """Return the stems that are not light of what somebody says of themselves; nothing where the order may matter."""
    persons = [stem for stem in stems if stem in _PERSONS]
    rest = sorted(stem for stem in stems if stem not in _PERSONS and stem not in rules.doing.light)
    if len(persons) != 1 or len(rest) < _FEWEST or _ORDERED.search(sentence):
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


def _parted(words: list[str], rules: Grammar) -> tuple[list[str], list[str]]:
    """Part words from those that may stand anywhere ("usually", "Monday"), and sort these."""
    fixed = [word for word in words if word not in rules.movable]
    return fixed, sorted(word for word in words if word in rules.movable)
