"""Speech: who speaks, whether a text asks, is about its writer, counts time from the day it was written, or holds a
number, a name or a place."""

import re

from memos_mcp.backends.local.text.language_files import pattern_of, words_of
from memos_mcp.backends.local.text.questions import only_asks

_REACH = 4_000  # characters of a text that are looked at
_TAIL = 200  # characters at its beginning and at its end

_SPEAKER = re.compile(r"\s*((?:[^\W\d_][\w.'’-]*[ ]?){1,3})[:：](?=\s|$)")
_LABELS = words_of("labels")
_FIRST_PERSON = re.compile(
    rf"\b(?:{pattern_of('first_person')})\b|{pattern_of('first_person_unspaced')}", re.IGNORECASE
)
_QUESTION_END = re.compile(rf"(?:[?？؟]|{pattern_of('may_ask_at_end')})[^\w?？؟]*(?:\[[^\]]*\]\s*)?$")
_RELATIVE_TIME = re.compile(
    rf"\b(?:{pattern_of('relative_time')})\b|{pattern_of('relative_time_unspaced')}", re.IGNORECASE
)
_NUMBER = re.compile(rf"\d|\b(?:{pattern_of('number')})\b|{pattern_of('number_unspaced')}")
_NAME = re.compile(r"[a-zß-ÿ,;'’)] [A-ZÀ-Þ][^\W\d_]|[\"“«][A-ZÀ-Þ]")
_PLACE = re.compile(
    rf"\b(?:{pattern_of('prepositions')}) (?:(?:{pattern_of('articles')})\b|[A-ZÀ-Þ])"
    rf"|{pattern_of('prepositions_unspaced')}"
)


def speaker_of(text: str) -> str:
    """Return the case-folded first name that a text begins with, as in "Name: text"; empty where there is none."""
    match = _SPEAKER.match(text, 0, _TAIL)
    if match is None:
        return ""
    name = match.group(1).strip()
    first = name.split()[0].casefold()
    if name[0].islower() or first in _LABELS or any(word[0].islower() for word in name.split()):
        return ""
    return first


def in_first_person(text: str) -> bool:
    """Tell whether the writer speaks of themselves."""
    return _FIRST_PERSON.search(text, 0, _REACH) is not None


def asks(text: str) -> bool:
    """Tell whether a text ends in a question; what follows in square brackets does not count."""
    return _QUESTION_END.search(text[-_TAIL:]) is not None


def asks_alone(text: str) -> bool:
    """Tell whether a text is a question and tells nothing beside it."""
    return asks(text) and only_asks(_told(text).partition("[")[0])


def holds_number(text: str) -> bool:
    """Tell whether a text holds a number, in digits or in words."""
    return _NUMBER.search(_told(text)) is not None


def holds_name(text: str) -> bool:
    """Tell whether a text holds what looks like a name: a capital within a sentence, or after a quotation mark.

    In a text without capitals any word may be one.
    """
    told = _told(text)
    return _NAME.search(told) is not None or told == told.lower()


def holds_place(text: str) -> bool:
    """Tell whether a text holds what looks like a place: a preposition of place before an article or a capital."""
    return _PLACE.search(_told(text)) is not None


def _told(text: str) -> str:
    """Return what is told after the name of the speaker."""
    speaker = _SPEAKER.match(text, 0, _TAIL)
    return text[speaker.end() if speaker else 0 : _REACH]


def speaks_of_relative_time(text: str) -> bool:
    """Tell whether a text counts time from when it was written ("yesterday", "last week")."""
    return _RELATIVE_TIME.search(text, 0, _REACH) is not None
