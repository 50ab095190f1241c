"""Replies: what a message states, and the question right before it that it answers."""

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import takewhile

from memos_mcp.backends.local.extraction.base import Source
from memos_mcp.backends.local.extraction.passages import PASSAGE_CHARACTERS, Passage, passages
from memos_mcp.backends.local.extraction.salience import tells, tells_of_itself
from memos_mcp.backends.local.text.language_files import pattern_of
from memos_mcp.backends.local.text.prose import prose
from memos_mcp.backends.local.text.questions import is_bare_answer, is_question, is_short_answer, stated
from memos_mcp.backends.local.text.secrets import MARK
from memos_mcp.backends.local.text.sentences import sentences, shorten
from memos_mcp.backends.local.text.speech import speaker_of
from memos_mcp.backends.local.text.words import content_words

_HANDS_OVER = re.compile(pattern_of("hands_over"), re.IGNORECASE)
"""With what a text begins that is not the speaker's own, such as one to translate, or a part to be played."""

_TOOL_CHARACTERS = 200  # of the longest output that may be one plain statement


@dataclass(frozen=True, slots=True)
class Reply:
    """The statements of a message, and the question it answers with the message that asked it; whether it asks one."""

    message: Source
    statements: tuple[str, ...]
    question: str
    asked: tuple[int, ...]
    asks: bool

    def passages(self, turn: int) -> list[Passage]:
        """Part the statements by matter; a yes or a no, and what is too short to stand alone, bring the question."""
        said = self.statements
        telling = tuple(filter(self._tells, said))
        answers = bool(self.question and said) and self._is_person and not (self.asks and not telling)
        if answers and is_short_answer(" ".join(said)):
            return [self._answer(part) for part in self._part(said, turn)]
        found = self._part(telling, turn)
        if answers and found and is_bare_answer(said[0]):
            found[0] = self._answer(replace(found[0], sentences=(said[0], *found[0].sentences)))
        return found

    @property
    def _label(self) -> str:
        """The name of who speaks, as it stands before what they say; empty for the user and for an assistant."""
        content = self.message.content
        named = self.message.speaker or (
            re.split("[:：]", content, maxsplit=1)[0].strip() if speaker_of(content) else ""
        )
        return f"{named}:" if named else ""

    def _tells(self, sentence: str) -> bool:
        """Tell whether a sentence is worth remembering; what an assistant says is, where it is about itself."""
        return tells(sentence) if self._is_person else tells_of_itself(sentence)

    @property
    def _is_person(self) -> bool:
        """Whether a person speaks: the user, or one whose message begins with a name in the assistant's place."""
        return self.message.role != "assistant" or bool(self._label)

    def _part(self, said: tuple[str, ...], turn: int) -> list[Passage]:
        """Part statements by matter, each part after the name of who speaks."""
        found = passages(said, message=self.message, turn=turn)
        label = self._label
        return [
            passage
            if passage.sentences[0].startswith(label)
            else replace(passage, sentences=(f"{label} {passage.sentences[0]}", *passage.sentences[1:]))
            for passage in found
        ]

    def _answer(self, passage: Passage) -> Passage:
        return replace(passage, question=self.question, sources=self.asked + passage.sources)


def read(message: Source, *, previous: Source | None) -> Reply:
    """Read a message as the reply to the one before it."""
    question = _question(previous) if previous and previous.role != message.role else ""
    said = _said(message)
    parts = (shorten(part, limit=PASSAGE_CHARACTERS) for part in map(stated, said) if part)
    return Reply(
        message,
        tuple(dict.fromkeys(parts)),
        question,
        asked=(previous.seq,) if previous and question else (),
        asks=any(map(is_question, said)),
    )


def _said(message: Source) -> list[str]:
    if message.role == "system" or (message.role == "tool" and len(message.content) > _TOOL_CHARACTERS):
        return []
    found = list(takewhile(lambda sentence: not _HANDS_OVER.match(sentence), _read(message.content)))
    if found and found[-1].endswith((":", "：")):
        found.pop()  # what it announces was pasted
    return found if message.role != "tool" or len(found) == 1 else []


def _question(message: Source) -> str:
    if message.role not in ("user", "assistant"):
        return ""
    last = _read(message.content)[-1:]
    return next((asked for asked in last if is_question(asked) and content_words(asked)), "")


@lru_cache(maxsize=8)  # a message is read twice: by itself, and for the question that the next one answers
def _read(content: str) -> tuple[str, ...]:
    return tuple(sentence for sentence in sentences(prose(content)) if MARK not in sentence)
