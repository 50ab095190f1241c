"""Speech: who speaks, and whether a text is about its writer or counts time from the day it was written."""

import re

from memos_mcp.backends.local.text.language_files import words_of, words_pattern_of

_REACH = 4_000  # characters of a text that are looked at
_HEAD = 200  # characters at its beginning

_SPEAKER = re.compile(r"\s*((?:[^\W\d_][\w.'’-]*[ ]?){1,3})[:：](?=\s|$)")
_LABELS = words_of("labels")
_FIRST_PERSON = re.compile(words_pattern_of("first_person"), re.IGNORECASE)
_RELATIVE_TIME = re.compile(words_pattern_of("relative_time"), re.IGNORECASE)


def speaker_of(text: str) -> str:
    """Return the case-folded first name that a text begins with, as in "Name: text"; empty where there is none."""
    match = _SPEAKER.match(text, 0, _HEAD)
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


def without_speaker(text: str) -> str:
    """Return a text after the name of its speaker."""
    speaker = _SPEAKER.match(text, 0, _HEAD)
    return text[speaker.end() if speaker else 0 : _REACH]


def speaks_of_relative_time(text: str) -> bool:
    """Tell whether a text counts time from when it was written ("yesterday", "last week")."""
    return _RELATIVE_TIME.search(text, 0, _REACH) is not None
