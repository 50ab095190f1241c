"""A query understood: its terms, the times that it means, whose words it wants, and what kind of answer.

Kinds of answers, and the words that only frame a question, are by the coarse classes of question answering (Li and
Roth, Learning Question Classifiers, 2002).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from memos_mcp.backends.local.retrieval.flags import BY_ASSISTANT, BY_USER, NAME, NUMBER, PLACE
from memos_mcp.backends.local.text.language import is_universal, written_in
from memos_mcp.backends.local.text.language_files import DEFAULT, pattern_of, profiles, words_of
from memos_mcp.backends.local.text.speech import in_first_person
from memos_mcp.backends.local.text.temporal.queries import Span, named_times, spans
from memos_mcp.backends.local.text.terms import (
    APOSTROPHE,
    in_latin,
    latin_language,
    only_stop_words,
    term_hash,
    terms,
    tokens,
    word_terms,
)


def _beginning(key: str) -> re.Pattern[str]:
    return re.compile(rf"\s*(?:{pattern_of(key)})", re.IGNORECASE)


_ASKS_WHEN = _beginning("asks_when")
_ASKS_FOR_THE_PAST = re.compile(pattern_of("past"), re.IGNORECASE)
_SAID_BY_USER = re.compile(pattern_of("said_by_user"), re.IGNORECASE)
_SAID_BY_ASSISTANT = re.compile(pattern_of("said_by_assistant"), re.IGNORECASE)
_FAVOURED = {NUMBER: _beginning("asks_number"), PLACE: _beginning("asks_place"), NAME: _beginning("asks_name")}
_REQUIRED = {
    NUMBER: _beginning("requires_number"),
    PLACE: _beginning("requires_place"),
    NAME: _beginning("requires_name"),
}
_UNINFLECTED = frozenset(one.shown for one in profiles().values() if not one.inflects)
_OFTEN_WITHOUT_PRONOUN = frozenset(one.shown for one in profiles().values() if one.leaves_out_pronouns)


@dataclass(frozen=True)
class Question:
    """What a query says of itself, apart from any store."""

    text: str

    @cached_property
    def terms(self) -> tuple[NDArray[np.uint32], NDArray[np.float64]]:
        """Its distinct terms and their weights; those of its time where it has nothing else but stop words."""
        weights: dict[int, float] = {}
        for term, weight in terms(self._times if self._times and only_stop_words(self.text) else self.text):
            weights[term] = max(weight, weights.get(term, 0.0))
        return np.array(list(weights), np.uint32), np.array(list(weights.values()))

    @cached_property
    def dated(self) -> NDArray[np.uint32]:
        """The terms that name a time."""
        return np.array([term for term, _ in terms(self._times)] if self._times else [], np.uint32)

    @cached_property
    def framing(self) -> NDArray[np.bool_]:
        """Which of its terms only frame it: "what kind of books does she like?" is about books."""
        return np.fromiter((term in _framing_terms() for term in self.terms[0].tolist()), np.bool_)

    @cached_property
    def english(self) -> bool:
        """Whether it is in English."""
        return self.latin and self.language == DEFAULT and not is_universal(self.text)

    @cached_property
    def language(self) -> str:
        """The language of its Latin words."""
        return latin_language(self.text)

    @cached_property
    def latin(self) -> bool:
        """Whether it is in the Latin alphabet."""
        return in_latin(self.text)

    @cached_property
    def script(self) -> str:
        """The script of most of its letters or, of Latin ones, the language."""
        return written_in(self.text)

    @cached_property
    def inflects(self) -> bool:
        """Whether its words have several forms."""
        return self.script not in _UNINFLECTED

    @cached_property
    def words(self) -> tuple[int, ...]:
        """The hashes of its words as they stand, in order, to find names among them."""
        found = [word for token in tokens(self.text) for word in APOSTROPHE.split(token.casefold())]
        return tuple(dict.fromkeys(term_hash(word) for word in found))

    @cached_property
    def asks_when(self) -> bool:
        """Whether it asks for a time."""
        return _ASKS_WHEN.match(self.text) is not None

    @cached_property
    def asks_for_the_past(self) -> bool:
        """Whether it asks for how things were: "where did I live before?"."""
        return _ASKS_FOR_THE_PAST.search(self.text[:1_000]) is not None

    @cached_property
    def said_by(self) -> int:
        """The flag of the role whose words it wants, or 0."""
        if _SAID_BY_ASSISTANT.search(self.text):
            return BY_ASSISTANT
        return BY_USER if _SAID_BY_USER.search(self.text) else 0

    @cached_property
    def of_oneself(self) -> bool:
        """Whether it is in the first person, as "how do I reach Ana?" is, and not about what the assistant said."""
        own = in_first_person(self.text) or self.script in _OFTEN_WITHOUT_PRONOUN
        return own and self.said_by != BY_ASSISTANT

    @cached_property
    def favoured_kind(self) -> int:
        """The flag of what it asks for, the first whose pattern matches, or 0; what holds it ranks a little higher."""
        return self._kind(_FAVOURED)

    @cached_property
    def required_kind(self) -> int:
        """The flag of what nearly every answer to it holds, found as above, or 0: "which" may ask for anything.

        What lacks it loses relativity: "where" requires a place, so that "where can I reach Ana?" does, too.
        """
        return self._kind(_REQUIRED)

    def _kind(self, patterns: Mapping[int, re.Pattern[str]]) -> int:
        return next((flag for flag, pattern in patterns.items() if pattern.match(self.text)), 0)

    @cached_property
    def _times(self) -> str:
        return named_times(self.text)

    def spans(self, *, now: int, first: int, last: int) -> list[Span]:
        """Return the times that it means."""
        return spans(self.text, now=now, first=first, last=last) if self._times else []


@lru_cache(maxsize=16)
def understood(text: str) -> Question:
    """Understand a query once for all that are searched for it: messages, then memories."""
    return Question(text)


@cache
def _framing_terms() -> frozenset[int]:
    """Return the terms that only frame questions; rare in what people tell, they would look telling."""
    return frozenset(term for word in words_of("frames") for term in word_terms(word))
