"""Flags: what the ranker knows of a text beside its terms, a bit each; `_FLAGS` has the predicates of its text."""

import re

from memos_mcp.backends.local.text.language import is_universal
from memos_mcp.backends.local.text.language_files import pattern_of, words_pattern_of
from memos_mcp.backends.local.text.questions import only_asks
from memos_mcp.backends.local.text.speech import in_first_person, speaks_of_relative_time, without_speaker

FIRST_PERSON = 1
QUESTION = 2
RELATIVE_TIME = 4
BY_USER = 8
BY_ASSISTANT = 16
NUMBER = 32  # any digit, of a date, a version or a telephone number too, or a number in words
NAME = 64
PLACE = 128
ASKS_ALONE = 256
UNIVERSAL = 512  # in a language that the second model of the default reads

_TAIL = 200  # characters at the end of a text

_QUESTION_END = re.compile(rf"(?:[?？؟]|{pattern_of('may_ask_at_end')})[^\w?？؟]*(?:\[[^\]]*\]\s*)?$")
_NUMBER = re.compile(rf"\d|{words_pattern_of('number')}")
_NAME = re.compile(r"[a-zß-ÿ,;'’)] [A-ZÀ-Þ][^\W\d_]|[\"“«][A-ZÀ-Þ]")
_PLACE = re.compile(
    rf"\b(?:{pattern_of('prepositions')}) (?:(?:{pattern_of('articles')})\b|[A-ZÀ-Þ])"
    rf"|{pattern_of('prepositions_unspaced')}"
)


def flags_of(text: str, *, role: str) -> int:
    """Return the flags of a text that `role` (user, assistant, system or tool) wrote."""
    return _ROLES.get(role, 0) | sum(flag for flag, holds in _FLAGS.items() if holds(text))


def _asks(text: str) -> bool:
    """Tell whether a text ends in a question; what follows in square brackets does not count."""
    return _QUESTION_END.search(text[-_TAIL:]) is not None


def _asks_alone(text: str) -> bool:
    """Tell whether a text is a question and tells nothing beside it."""
    return _asks(text) and only_asks(without_speaker(text).partition("[")[0])


def _holds_number(text: str) -> bool:
    """Tell whether a text holds a digit, or a number in words."""
    return _NUMBER.search(without_speaker(text)) is not None


def _holds_name(text: str) -> bool:
    """Tell whether a text holds what looks like a name: a capital within a sentence, or after a quotation mark.

    In a text without capitals any word may be one.
    """
    said = without_speaker(text)
    return _NAME.search(said) is not None or said == said.lower()


def _holds_place(text: str) -> bool:
    """Tell whether a text holds what looks like a place: a preposition of place before an article or a capital."""
    return _PLACE.search(without_speaker(text)) is not None


_ROLES = {"user": BY_USER, "assistant": BY_ASSISTANT}
_FLAGS = {
    FIRST_PERSON: in_first_person,
    QUESTION: _asks,
    RELATIVE_TIME: speaks_of_relative_time,
    NUMBER: _holds_number,
    NAME: _holds_name,
    PLACE: _holds_place,
    ASKS_ALONE: _asks_alone,
    UNIVERSAL: is_universal,
}
