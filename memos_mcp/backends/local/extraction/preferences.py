"""Preferences: how somebody says outright what they like, how they are to be addressed, what is always to be done.

The cues are patterns, a file a language. A cue is right nearly always: a missed preference is still a memory, a wrong
one misleads.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from memos_mcp.backends.local.text.language_files import languages_with, pattern_of, table_of, words_pattern_of

_SAYS = {
    "prefers": "what they prefer",
    "dislikes": "what they dislike",
    "cannot": "what they cannot or will not have",
    "likes": "what they like",
    "address": "how to address them",
    "order": "what is always or never to be done",
    "habit": "what they always or never do",
}
_CLAUSE = re.compile(
    rf"[,;:，；]\s*(?:(?:{pattern_of('and')})\s|{pattern_of('and_unspaced')})?|\s[-–—]+\s"
    rf"|\s(?:{pattern_of('and')}|{pattern_of('because')})\s(?=(?:{pattern_of('i')})\b)",
    re.IGNORECASE,
)
_WORDS = re.compile(r"\w")
_QUOTED = re.compile(
    r"""(?<!\w)'(?:[^'\n]|(?<=\w)'(?=\w))+'(?!\w)|"[^"\n]+"|[“‘][^”\n]+[”’](?!\w)|[「『][^」』\n]+[」』]"""
)
_REPORTED = re.compile(rf"(?:{pattern_of('reports')}|{pattern_of('reports_unspaced')})\W*$", re.IGNORECASE)
_UNREAL = re.compile(pattern_of("unreal"), re.IGNORECASE)
_CONDITION = re.compile(rf"(?:{pattern_of('condition')})(?:\b|(?=[\u4e00-\u9fff]))", re.IGNORECASE)
_ONESELF = re.compile(words_pattern_of("of_oneself"), re.IGNORECASE)
_ANEW = re.compile(pattern_of("anew"), re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class StatedPreference:
    """A preference in its speaker's words, and why it was taken as one."""

    statement: str
    reasoning: str


def preferences(sentence: str) -> list[StatedPreference]:
    """Find the preferences that a sentence states outright, at most one a clause.

    What somebody else said, in quotation marks or after "she says", and what is only imagined is nobody's preference.
    """
    found: list[StatedPreference] = []
    rest, own = sentence, "" if _UNREAL.search(sentence) else _QUOTED.sub(_unless_named, sentence)
    while own and (first := _first(own)) is not None:
        says, cue = first
        if _REPORTED.search(own, 0, cue.start()):
            break
        start, stop = _clause(own, cue)
        reasoning = f'The user says outright {says}: "{" ".join(cue.group().split())}".'
        found.append(StatedPreference(rest[start:stop].strip(), reasoning))
        boundary = _CLAUSE.match(own, stop)
        after = boundary.end() if boundary else len(own)
        rest, own = rest[after:], own[after:]
    return found


def _unless_named(quoted: re.Match[str]) -> str:
    """Blank a quotation in which somebody speaks of themselves; a name or a word in quotation marks stays."""
    text = quoted.group()
    return "\0" * len(text) if _ONESELF.search(text) else text


def says_more(sentence: str, stated: Iterable[StatedPreference]) -> bool:
    """Tell whether a sentence says anything beside these preferences."""
    for preference in stated:
        sentence = sentence.replace(preference.statement, "", 1)
    return bool(_WORDS.search(_CLAUSE.sub("", sentence)))


def _first(text: str) -> tuple[str, re.Match[str]] | None:
    cues = ((says, cue) for says, pattern in _cues() if (cue := pattern.search(text)) is not None)
    return min(cues, key=lambda found: found[1].start(), default=None)


@cache
def _cues() -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple(cue for name in languages_with("preferences.toml") for cue in _read(name))


def _read(language: str) -> list[tuple[str, re.Pattern[str]]]:
    table = table_of(language, "preferences.toml")
    parts: dict[str, str] = table.get("parts", {})
    return [(says, _compile(pattern, parts)) for kind, says in _SAYS.items() for pattern in table.get(kind, ())]


def _compile(pattern: str, parts: dict[str, str]) -> re.Pattern[str]:
    for name, part in parts.items():
        pattern = pattern.replace(f"{{{name}}}", part)
    return re.compile(pattern.replace(" ", r"\s"), re.IGNORECASE)


def _clause(sentence: str, cue: re.Match[str]) -> tuple[int, int]:
    boundaries = list(_CLAUSE.finditer(sentence))
    before = [found.end() for found in boundaries if found.end() <= cue.start()]
    after = [found.start() for found in boundaries if found.start() >= cue.end() and _ANEW.match(sentence, found.end())]
    begin = before[-1] if before and not _CONDITION.match(sentence) else 0
    return begin, (after[0] if after else len(sentence))
