"""Passages: the statements of one speaker on one matter, which make one memory."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from memos_mcp.backends.local.extraction.base import Source
from memos_mcp.backends.local.extraction.salience import weight
from memos_mcp.backends.local.text.language_files import pattern_of
from memos_mcp.backends.local.text.temporal import TimeMention, resolve
from memos_mcp.backends.local.text.words import matter

PASSAGE_CHARACTERS = 400
"""The longest passage; a memory is read by the line."""

_SAME_MATTER = 0.25  # of the content words of the shorter of two passages
_STANDS_ALONE = 3  # content words
_RECENT = 8  # passages back in which a matter is looked for

_OPENING = re.compile(pattern_of("opens"), re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Passage:
    """Statements on one matter, in order, with the messages they stand in and the question they answer, if any.

    `message` is the first of them; `turn` counts the turns of its speaker. `matter` are the terms of what it says,
    `time` is the first time it names.
    """

    message: Source
    sentences: tuple[str, ...]
    sources: tuple[int, ...]
    turn: int
    matter: frozenset[str]
    question: str = ""
    time: TimeMention | None = None

    @property
    def text(self) -> str:
        """The statements, after the question in quotation marks."""
        statement = " ".join([*map(_ended, self.sentences[:-1]), self.sentences[-1]])
        return f'"{self.question}" {statement}' if self.question else statement


def passages(sentences: Sequence[str], *, message: Source, turn: int) -> list[Passage]:
    """Part the statements of one message by matter; one that leans on the sentence before stays with it."""
    found: list[list[str]] = []
    for sentence in sentences:
        if found and _belongs(sentence, found[-1]):
            found[-1].append(sentence)
        else:
            found.append([sentence])
    return [_passage(group, message, turn) for group in found]


def join(found: Iterable[Passage]) -> list[Passage]:
    """Join passages of one speaker on one matter from neighbouring turns of theirs."""
    joined: list[Passage] = []
    for passage in found:
        recent = range(len(joined) - 1, max(-1, len(joined) - 1 - _RECENT), -1)
        place = next((at for at in recent if _same_matter(joined[at], passage)), None)
        if place is None:
            joined.append(passage)
        else:
            joined[place] = _both(joined[place], passage)
    return joined


def opens(sentence: str) -> bool:
    """Tell whether a sentence names its subject and so can stand without the one before it."""
    return bool(_OPENING.match(sentence))


def _belongs(sentence: str, group: list[str]) -> bool:
    if sum(map(len, group)) + len(sentence) > PASSAGE_CHARACTERS:
        return False
    before = " ".join(group)
    if min(weight(sentence), weight(before)) < _STANDS_ALONE:
        return True
    return not opens(sentence) or bool(matter(before) & matter(sentence))


def _passage(group: list[str], message: Source, turn: int) -> Passage:
    text = " ".join(group)
    times = resolve(text, said=message.moment)
    return Passage(message, tuple(group), (message.seq,), turn, matter(text), time=times[0] if times else None)


def _ended(sentence: str) -> str:
    return sentence if not sentence[-1].isalnum() else sentence + ("。" if sentence[-1] >= "\u2e80" else ".")


def _same_matter(earlier: Passage, later: Passage) -> bool:
    first, second = earlier.message, later.message
    if (first.role, first.speaker) != (second.role, second.speaker):
        return False
    if earlier.question or later.question or later.turn - earlier.turn > 1:
        return False
    if len(earlier.text) + len(later.text) > PASSAGE_CHARACTERS:
        return False
    shared = len(earlier.matter & later.matter)
    return shared >= max(1, _SAME_MATTER * min(len(earlier.matter), len(later.matter)))


def _both(earlier: Passage, later: Passage) -> Passage:
    return replace(
        earlier,
        sentences=tuple(dict.fromkeys(earlier.sentences + later.sentences)),
        sources=tuple(dict.fromkeys((*earlier.sources, *later.sources))),
        turn=later.turn,
        matter=earlier.matter | later.matter,
        time=earlier.time or later.time,
    )
