"""Grounding: does what a model wrote follow from the messages that it names?

A claim holds if most of what it says is said there, if every name and number in it is there, if its dates are there or
follow from what is ("yesterday", said on 8 May, is 7 May), and if it denies what is denied there and nothing else
(`unsupported`). Words can agree where meanings do not, so its vector must be near to one of theirs
(`SemanticGrounding`). The test errs on the side of refusal: the messages themselves are kept in any case.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from functools import cache, lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from memos_mcp.backends.local.extraction.base import Source
from memos_mcp.backends.local.text.language_files import pattern_of, words_of
from memos_mcp.backends.local.text.questions import is_question
from memos_mcp.backends.local.text.sentences import sentences
from memos_mcp.backends.local.text.temporal import TimeMention, resolve
from memos_mcp.backends.local.text.temporal.languages import languages
from memos_mcp.backends.local.text.words import LETTER, matter, words

Reason = Literal["words", "name", "number", "date", "negation"]

_SHARED = 0.6  # of the content words of a claim
_STEM = 4  # letters that a common beginning has at least
_NAME = re.compile(
    rf"(?<=[^.!?:\s\"“] )[\"“(]?([A-ZÀ-ÞА-Я]{LETTER}+(?:['’-]{LETTER}+)*)|\b([A-Z]{{2,}}|[a-z]+[A-Z]\w*)\b"
)
_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
_CLAUSE = re.compile(rf",\s|[;；，]|\s(?:{pattern_of('joins')})\s|{pattern_of('joins_unspaced')}")
"""Where one clause of a sentence ends and the next begins."""
_NEGATION = re.compile(pattern_of("denies"), re.IGNORECASE)
_NO_DENIAL = re.compile(pattern_of("no_denial"), re.IGNORECASE)
_NO = re.compile(rf"\W*(?:{pattern_of('no')})", re.IGNORECASE)
_REPORTING = words_of("reporting")

Embed = Callable[[str], NDArray[np.float32]]
"""Gives a text as a vector of unit length."""

NEAR = 0.7
"""The least cosine between a claim and a part of what was said.

Measured with the packaged model (`python -m benchmarks.quality.grounding`): of 34 claims that follow from what was said
the furthest has 0.73; of 17 that are invented in the words of the messages, and pass every other check, the nearest has
0.67. Models that hold all texts for near, such as multilingual-e5, refuse less by it and nothing that is true.
"""

_REMEMBERED = 512  # vectors: the sentences and clauses of a batch
_USER = re.compile(r"^(?:the )?user(?P<owns>['’]s)?\b", re.IGNORECASE)


def unsupported(claim: str, sources: Sequence[Source]) -> Reason | None:
    """Return why a claim does not follow from its sources, at least one, or None where it does."""
    said = "\n".join(source.with_speaker for source in sources)
    times = resolve(claim, said=sources[-1].moment)
    bare = _without(claim, times)
    claimed, known = _claimed(bare), matter(said)
    if not claimed or sum(_is_known(term, known) for term in claimed) < _SHARED * len(claimed):
        return "words"
    if not all(_follows(time, sources) for time in times):
        return "date"
    if not all(name.casefold() in said.casefold() or _claimed(name) <= known for name in _names(bare)):
        return "name"
    if not _numbers(bare) <= _numbers(said):
        return "number"
    return "negation" if _denies_otherwise(claim, list(_clauses(sources))) else None


def supporting(claim: str, sources: Sequence[Source]) -> Source | None:
    """Return the first source that supports a claim by itself."""
    return next((source for source in sources if unsupported(claim, [source]) is None), None)


def _claimed(text: str) -> frozenset[str]:
    return matter(text, without=_REPORTING)


def _is_known(term: str, known: frozenset[str]) -> bool:
    """Tell whether a term was said, its last two letters aside: stems of inflected forms differ there."""
    start = term[: max(_STEM, len(term) - 2)]
    return term in known or (len(start) >= _STEM and any(other.startswith(start) for other in known))


def _without(claim: str, times: Sequence[TimeMention]) -> str:
    for time in reversed(times):
        claim = claim[: time.span[0]] + "," + claim[time.span[1] :]
    return claim


def _follows(time: TimeMention, sources: Sequence[Source]) -> bool:
    """Tell whether a time is, or contains, one that a source names or the day on which it was said."""
    for source in sources:
        moment = source.moment
        today = moment.replace(hour=0, minute=0, second=0, microsecond=0)
        spans = [(named.start, named.end) for named in resolve(source.content, said=moment)]
        spans.append((int(today.timestamp() * 1000), int((today + timedelta(1)).timestamp() * 1000)))
        if any(time.start <= start and end <= time.end for start, end in spans):
            return True
    return False


def _names(text: str) -> list[str]:
    found = (first or second for first, second in _NAME.findall(text))
    return [name for name in found if name.casefold() not in _REPORTING]


def _numbers(text: str) -> set[str]:
    """Return the numbers in a text; 1 is left out, for its words are articles too."""
    numerals = {number.replace(",", "").rstrip(".:") for number in _NUMBER.findall(text)}
    return (numerals | {_number_words()[word] for word in words(text) if word in _number_words()}) - {"1"}


@cache
def _number_words() -> dict[str, str]:
    return {form: str(value) for language in languages() for form, value in language.words["n"].items()}


def _clauses(sources: Sequence[Source]) -> Iterator[tuple[frozenset[str], bool]]:
    """Yield what each clause speaks of and whether it denies; a question that is answered with a no denies."""
    for source, reply in zip(sources, [*sources[1:], None], strict=True):
        refused = reply is not None and reply.role != source.role and _NO.match(reply.content) is not None
        for sentence in sentences(source.content):
            denied_by_reply = refused and is_question(sentence)
            for clause in _CLAUSE.split(sentence):
                yield matter(clause), _denies(clause) != denied_by_reply


def _denies_otherwise(claim: str, said: Sequence[tuple[frozenset[str], bool]]) -> bool:
    for sentence in sentences(claim):
        for clause in _CLAUSE.split(sentence):
            claimed = _claimed(clause)
            shared = max((len(claimed & known) for known, _ in said), default=0)
            nearest = {denies for known, denies in said if shared and len(claimed & known) == shared}
            if nearest and _denies(clause) not in nearest:
                return True
    return False


def _denies(clause: str) -> bool:
    return bool(_NEGATION.search(_NO_DENIAL.sub("", clause)))


class SemanticGrounding:
    """Compares claims with the messages they come from, and the sentences and clauses of these."""

    def __init__(self, embed: Embed) -> None:
        """Take the embedder as a function; it may be slow, and is asked for each text once."""
        self._embed = lru_cache(maxsize=_REMEMBERED)(embed)

    def of(self, claim: str, sources: Sequence[Source]) -> float:
        """Return the cosine of a claim and the part of its sources that is nearest to it; parts share words with it."""
        said = _USER.sub(lambda user: "My" if user["owns"] else "I", claim)
        vector, known = self._embed(said), matter(claim)
        parts = dict.fromkeys(part for source in sources for part in _parts(source.content, known))
        return max((float(vector @ self._embed(part)) for part in parts), default=0.0)


def _parts(text: str, known: frozenset[str]) -> Iterator[str]:
    yield text
    for sentence in sentences(text):
        for part in (sentence, *_CLAUSE.split(sentence)):
            if known & matter(part):
                yield part
