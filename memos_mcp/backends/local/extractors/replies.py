"""Replies: what a message states, and the question right before it that it answers."""

from dataclasses import dataclass, replace

from memos_mcp.backends.local.extractors.base import Source
from memos_mcp.backends.local.extractors.passages import PASSAGE_CHARACTERS, Passage, passages
from memos_mcp.backends.local.extractors.prose import prose
from memos_mcp.backends.local.extractors.questions import is_bare_answer, is_question, is_short_answer, stated
from memos_mcp.backends.local.extractors.secrets import MARK
from memos_mcp.backends.local.extractors.sentences import sentences, shorten
from memos_mcp.backends.local.extractors.words import content_words

_TOOL_CHARACTERS = 200


@dataclass(frozen=True, slots=True)
class Reply:
    """The statements of a message, and the question it answers with the message that asked it."""

    message: Source
    statements: tuple[str, ...]
    question: str = ""
    asked: tuple[int, ...] = ()
    asks: bool = False

    def passages(self, turn: int) -> list[Passage]:
        """Part the statements by matter; a yes or a no, and what is too short to stand alone, bring the question."""
        said = self.statements
        telling = tuple(sentence for sentence in said if content_words(sentence))
        answers = bool(self.question and said) and not (self.asks and not telling)
        if answers and is_short_answer(" ".join(said)):
            return [self._answer(part) for part in self._part(said, turn)]
        found = self._part(telling, turn)
        if answers and found and is_bare_answer(said[0]):
            found[0] = self._answer(replace(found[0], sentences=(said[0], *found[0].sentences)))
        return found

    def _part(self, said: tuple[str, ...], turn: int) -> list[Passage]:
        return passages(said, message=self.message, turn=turn)

    def _answer(self, passage: Passage) -> Passage:
        return replace(passage, question=self.question, sources=self.asked + passage.sources)


def read(message: Source, *, previous: Source | None) -> Reply:
    """Read a message as the reply to the one before it."""
    question = _question(previous) if previous and previous.role != message.role else ""
    said = _said(message)
    statements = tuple(shorten(part, limit=PASSAGE_CHARACTERS) for part in map(stated, said) if part)
    return Reply(
        message, statements, question, (previous.seq,) if previous and question else (), any(map(is_question, said))
    )


def _said(message: Source) -> list[str]:
    if message.role == "system" or (message.role == "tool" and len(message.content) > _TOOL_CHARACTERS):
        return []
    found = _sentences(message)
    if found and found[-1].endswith((":", "：")):
        found.pop()  # what it announces was pasted
    return found if message.role != "tool" or len(found) == 1 else []


def _question(message: Source) -> str:
    if message.role not in ("user", "assistant"):
        return ""
    last = _sentences(message)[-1:]
    return next((asked for asked in last if is_question(asked) and content_words(asked)), "")


def _sentences(message: Source) -> list[str]:
    return [sentence for sentence in sentences(prose(message.content)) if MARK not in sentence]
