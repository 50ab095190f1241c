"""Statements: what a memory says, sentence by sentence, as far as it can be compared."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from zlib import crc32

from memos_mcp.backends.local.consolidation.changes import Matter, ReplacedValue, matter, replaced_values
from memos_mcp.backends.local.consolidation.claims import USER, Action, Claim, readings
from memos_mcp.backends.local.consolidation.grammar import HAN, in_any
from memos_mcp.backends.local.consolidation.normalisation import NormalisedSentence, wording
from memos_mcp.backends.local.text.language_files import digest
from memos_mcp.backends.local.text.questions import is_question
from memos_mcp.backends.local.text.sentences import sentences
from memos_mcp.backends.local.text.speech import speaks_of_relative_time
from memos_mcp.core.perspective import Perspective, bare, perspective_of

KEYS_VERSION = 11
"""Grows when the code of `keys` gives another answer for the same text: what an older version gave is made again."""

LONGEST = 2_000
"""Characters of a memory that are compared; a longer one is never judged to be another's equal."""

_CLAUSE_WORDS = 3  # of the shortest clause that is a sentence of its own: a subject, a verb, an object

_CLAUSE_WORD = re.compile(r"[^\s'’]+|['’](?:m|re|ve|ll)\b")
_SPEAKER = re.compile(r"([A-ZÀ-Þ][\w.'’-]*(?: [A-ZÀ-Þ][\w.'’-]*)?): ")


@dataclass(frozen=True, slots=True)
class Statement:
    """One thing that a memory says; `dated` tells that it counts time from the day it was said.

    `adjuncts` are the words around its claims, for each language that it was read in.
    """

    text: str
    wording: NormalisedSentence
    claims: tuple[Claim, ...]
    doings: tuple[Action, ...]
    ends: tuple[Action, ...]
    adjuncts: tuple[tuple[str, str], ...]
    dated: bool
    gone: tuple[ReplacedValue, ...] = ()
    matter: Matter | None = None

    @property
    def keys(self) -> set[int]:
        """The numbers under which another statement on the same matter finds this one."""
        return _numbers(
            *self._names(),
            *(f"done {doing.subject}|{doing.verb}" for doing in self.doings),
            *(f"had {doing.subject}|{doing.head}" for doing in self.doings if doing.kind != "other"),
            *(f"ended {_ended_name(end)}" for end in self.ends),
            *(f"value {one.value}" for one in self.claims if one.value and one.holds in ("one", "marked")),
            *(f"last {stem}" for stem in self.wording.stems[-1:]),
            *(self.matter.keys if self.matter else ()),
        )

    @property
    def sought(self) -> set[int]:
        """The numbers under which this statement finds others."""
        return _numbers(
            *self._names(),
            *(f"claim {USER}|{one.attribute}|" for one in self.claims if (one.subject, one.holds) == ("we", "place")),
            *(f"{'done' if end.verb else 'had'} {_ended_name(end)}" for end in self.ends),
            *(f"value {' '.join(end.object)}" for end in self.ends if end.object),
            *(f"last {one.stems[-1]}" for one in self.gone),
            *(self.matter.sought if self.matter else ()),
            *(f"ended {doing.subject}|{doing.verb}" for doing in self.doings),
            *(f"ended {doing.subject}|{doing.head}" for doing in self.doings if doing.kind != "other"),
        )

    def _names(self) -> Iterator[str]:
        yield f"words {self.wording.key}"
        for claim in self.claims:
            value = claim.value if claim.holds == "many" and not claim.implied else ""
            yield f"claim {claim.subject}|{claim.attribute}|{value}"


@dataclass(frozen=True, slots=True)
class ComparedMemory:
    """A memory as upkeep sees it: from whose perspective, by which speaker, and its statements."""

    perspective: Perspective
    speaker: str
    statements: tuple[Statement, ...]
    whole: bool

    @property
    def keys(self) -> set[int]:
        """The numbers under which other memories find this one."""
        return {key for statement in self.statements for key in statement.keys}

    @property
    def sought(self) -> set[int]:
        """The numbers under which this memory finds others."""
        return {key for statement in self.statements for key in statement.sought}


@lru_cache(maxsize=1024)
def told(text: str) -> ComparedMemory:
    """Read a memory's text. What begins with a quoted question is one statement, which its words alone can equal."""
    said = bare(text)
    speaker = _SPEAKER.match(said)
    body = said[speaker.end() :] if speaker else said
    return ComparedMemory(
        perspective=perspective_of(text),
        speaker=speaker[1].casefold() if speaker else "",
        statements=tuple(_statements(body[:LONGEST])),
        whole=len(body) <= LONGEST,
    )


def keys_version() -> str:
    """Return what `keys` depends on: the version of its code, and a digest of the languages' files that it reads."""
    read = digest("language.toml", "stop_words.txt", "speech.toml", "changes.toml", "places.toml")
    return f"{KEYS_VERSION} {read}"


def keys(text: str) -> set[int]:
    """Return the keys by which memories that bear on the same matter as this one can be found."""
    return told(text).keys


def joined(value: str, texts: Sequence[str]) -> str:
    """Put statements of a memory together again as its perspective and its speaker told them."""
    start = len(value) - len(bare(value))
    speaker = _SPEAKER.match(value, start)
    return value[: speaker.end() if speaker else start] + " ".join(map(_ended, texts))


def _ended(text: str) -> str:
    return text if not text[-1].isalnum() else text + ("。" if HAN.match(text[-1]) else ".")


def _numbers(*names: str) -> set[int]:
    return {crc32(name.encode("utf-8", "surrogatepass")) for name in names}


def _ended_name(end: Action) -> str:
    return f"{end.subject}|{end.verb or end.head}"


def _statements(body: str) -> list[Statement]:
    if body.startswith('"') and '" ' in body:
        return [_opaque(body)]
    found: list[Statement] = []
    for sentence in sentences(body):
        found += [_opaque(sentence)] if is_question(sentence) else _stated(sentence)
    return [statement for statement in found if statement.wording.stems or statement.wording.negators]


def _stated(sentence: str) -> list[Statement]:
    """Read a sentence clause by clause; what it says as a whole to be replaced goes with its first."""
    first, *rest = map(_statement, _clauses(sentence))
    return [replace(first, gone=tuple(replaced_values(sentence))), *rest]


def _clauses(sentence: str) -> list[str]:
    """Part a sentence where its subject is named anew, but not between two subjects ("My wife and I moved")."""
    if in_any("supposing").search(sentence):
        return [sentence]
    clauses: list[str] = []
    for clause in in_any("clause").split(sentence):
        if clauses and len(_CLAUSE_WORD.findall(clauses[-1])) < _CLAUSE_WORDS and not HAN.search(sentence):
            return [sentence]
        clauses.append(clause)
    return [clause for clause in clauses if clause.strip()]


def _statement(text: str) -> Statement:
    read = readings(text)
    said, dated = wording(text), speaks_of_relative_time(text)
    claims = [claim for reading in read for claim in reading.claims()]
    doings = tuple(dict.fromkeys(doing for reading in read for doing in reading.doings()))
    return Statement(
        text,
        said,
        tuple(dict.fromkeys(claims)),
        doings,
        tuple(dict.fromkeys(end for reading in read for end in reading.ends())),
        tuple((reading.language, reading.adjuncts) for reading in read) if claims else (),
        dated,
        matter=matter(text),
    )


def _opaque(text: str) -> Statement:
    return Statement(text, wording(text), (), (), (), (), speaks_of_relative_time(text))
