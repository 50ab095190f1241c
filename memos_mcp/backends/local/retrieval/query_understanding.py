"""A query understood: its terms, the times that it means, whether it asks when, and whose words it wants."""

import re
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from memos_mcp.backends.local.retrieval.answer_types import favoured_kind, required_kind
from memos_mcp.backends.local.retrieval.features import BY_ASSISTANT, BY_USER
from memos_mcp.backends.local.retrieval.question_words import frames
from memos_mcp.backends.local.text.language import Language, written_in
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
)

_ASKS_WHEN = re.compile(
    r"\s*(?:(?:when(?! (?:i|we|he|she|they|my|our)\b)|what (?:day|date|month|year|time)|how long ago|since when|"
    r"on (?:what|which)|in (?:what|which))\b|"
    r"¿?\s*(?:hasta |desde |en )?(?:cuándo|cuando|qué (?:día|fecha))|(?:ab |bis |seit )?wann|an welchem (?:tag|datum)|"
    r"(?:depuis |à partir de |jusqu'à )?quand|(?:à )?quel(?:le)? (?:jour|date)|quando|(?:с )?когда|"
    r"(?:какого|в какой|в какое) (?:числа|день|время)|متى|(?:في )?أي (?:يوم|تاريخ)|เมื่อไ|"
    r".*(?:什么时候|何时|哪天|いつ|何[日月]|何曜日|[日程]は[?？]*$|"
    r"언제|며칠|날짜|요일|날[은이]?[?？]*$|कब|तारीख|किस दिन))",
    re.IGNORECASE,
)
_OFTEN_WITHOUT_PRONOUN = frozenset(("Cyrillic", "Arabic script", "Devanagari", "Japanese", "Korean"))
"""Scripts of languages where "I" is left out or is in the ending of the verb."""

_SAID_BY_USER = re.compile(
    r"\b(?:did|have|had|do) i (?:\w+ )?(?:say|said|tell|told|mention|ask|want|prefer|like|plan)|"
    r"\bi (?:said|told you|mentioned|asked)\b|我(?:说|提)",
    re.IGNORECASE,
)
_SAID_BY_ASSISTANT = re.compile(
    r"\b(?:did|have|had) you (?:\w+ )?(?:say|said|tell|told|suggest|recommend|explain|propose|advise|given?)|"
    r"\byou (?:(?:have|had|once|ever|also|already|just|previously) )*"
    r"(?:said|told me|suggested|recommended|explained|proposed|advised|gave me|mentioned|provided|"
    r"listed|wrote|shared|described)\b|\bour (?:previous|last|earlier) (?:chat|conversation|discussion)\b|"
    r"\bremind me\b|"
    r"\b(?:dijiste|recomendaste|sugeriste|aconsejaste|explicaste|propusiste|recordaste)\b|\b(?:hast|hattest) du mir\b|"
    r"\blaut dir\b|\bm['’]as-tu\b|\btu m['’]as\b|\bты (?:мне )?(?:сказал|говорил|советовал|рекомендовал|предлагал)|"
    r"(?<![和给跟向对与过])你(?:曾经?|之前|上次|刚才?|当时|已经|还|都)*(?:(?:[给跟向对为帮]|和)我们?)?"
    r"(?:说|建议|推荐|告诉|提到|提过|介绍|分享|列|解释|给了?我)|"
    r"(?:教えて|勧めて|提案して|言って)くれた|라고 (?:했|말했|추천했)|"
    r"نصحتني|اقترحت|أخبرتني|قلت لي|كما قلت|तुमने|आपने",
    re.IGNORECASE,
)


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
        """Which of its terms only frame it."""
        return frames(self.terms[0])

    @cached_property
    def english(self) -> bool:
        """Whether it is in English."""
        return self.latin and self.language == "english"

    @cached_property
    def language(self) -> Language:
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
    def words(self) -> tuple[int, ...]:
        """The hashes of its words as they stand, in order, to find names among them."""
        found = [word for token in tokens(self.text) for word in APOSTROPHE.split(token.casefold())]
        return tuple(dict.fromkeys(term_hash(word) for word in found))

    @cached_property
    def asks_when(self) -> bool:
        """Whether it asks for a time."""
        return _ASKS_WHEN.match(self.text) is not None

    @cached_property
    def said_by(self) -> int:
        """The flag of the role whose words it wants, or 0."""
        if _SAID_BY_ASSISTANT.search(self.text):
            return BY_ASSISTANT
        return BY_USER if _SAID_BY_USER.search(self.text) else 0

    @cached_property
    def of_oneself(self) -> bool:
        """Whether it asks about the life of the one who asks, and not what the assistant said."""
        own = in_first_person(self.text) or self.script in _OFTEN_WITHOUT_PRONOUN
        return own and self.said_by != BY_ASSISTANT

    @cached_property
    def favoured_kind(self) -> int:
        """The flag of what it asks for, or 0."""
        return favoured_kind(self.text)

    @cached_property
    def required_kind(self) -> int:
        """The flag of what nearly every answer to it holds, or 0."""
        return required_kind(self.text)

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
