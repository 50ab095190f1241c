"""Preferences: how somebody says outright what they like, how they are to be addressed, what is always to be done.

The cues are patterns, a file a language. A cue is right nearly always: a missed preference is still a memory, a wrong
one misleads.
"""

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

LANGUAGES = ("english", "chinese", "spanish", "german", "french")

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
    r"[,;:，；]\s*(?:(?:and|but|so|y|pero|und|aber|et|mais)\s|而且|但)?|\s[-–—]+\s"
    r"|\s(?:and|but|so|since|because|y|pero|und|aber|et|mais)\s(?=(?:i|ich|je|yo|my|please)\b)",
    re.IGNORECASE,
)
_ANEW = re.compile(r"(?:i|my|we|yo|mi|ich|wir|mein\w*|je|mon|ma)\b|\w{0,4}我", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Stated:
    """A preference in its speaker's words. `whole` tells that the sentence says nothing else."""

    statement: str
    reasoning: str
    whole: bool


def preference(sentence: str) -> Stated | None:
    """Find the preference that a sentence states outright."""
    for says, pattern in _cues():
        cue = pattern.search(sentence)
        if cue is not None:
            start, stop = _clause(sentence, cue)
            reasoning = f'The user says outright {says}: "{" ".join(cue.group().split())}".'
            return Stated(sentence[start:stop].strip(), reasoning, whole=stop - start == len(sentence))
    return None


@cache
def _cues() -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple(cue for language in LANGUAGES for cue in _read(language))


def _read(language: str) -> list[tuple[str, re.Pattern[str]]]:
    table = tomllib.loads(files(__name__.rpartition(".")[0]).joinpath("cues", f"{language}.toml").read_text("utf-8"))
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
    return (before[-1] if before else 0), (after[0] if after else len(sentence))
