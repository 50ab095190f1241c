"""What the model is asked: the instructions, and the messages as data."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from memos_mcp.backends.local.extraction.base import Source
from memos_mcp.backends.local.extraction.chat import ChatMessages
from memos_mcp.backends.local.text.prose import prose
from memos_mcp.backends.local.text.secrets import redact
from memos_mcp.core.models import clock_text

VERSION = "1"
"""Of the prompt and the schema; it is part of the name under which a memory is kept."""

BATCH_BYTES = 8_000
"""Of UTF-8, of the messages in one request: with instructions and answer, within a context of 4,096 tokens."""

_LONG_MESSAGE = 4_000  # characters: half a batch


@dataclass(frozen=True, slots=True)
class Batch:
    """Neighbouring messages that one request asks about, and those before them, which explain.

    `instructions` are what the application wants to be kept of them.
    """

    messages: tuple[Source, ...]
    before: tuple[Source, ...]
    instructions: str = ""

    def source(self, number: int) -> Source | None:
        """Return the message that the model knows by a number."""
        known = self.before + self.messages
        return known[number - 1] if 1 <= number <= len(known) else None


def batches(messages: Sequence[Source], *, before: Sequence[Source], instructions: str = "") -> list[Batch]:
    """Cut messages at turns into batches; each after the first is explained by the last messages of the one before."""
    found: list[Batch] = []
    part: list[Source] = []
    size = 0
    for message in messages:
        length = len(_line(0, message, is_new=True).encode())
        if part and size + length > BATCH_BYTES:
            found.append(Batch(tuple(part), tuple(before), instructions))
            before, part, size = part[-2:], [], 0
        part.append(message)
        size += length
    return [*found, Batch(tuple(part), tuple(before), instructions)] if part else found


def question(batch: Batch) -> ChatMessages:
    """Ask for the memories in a batch."""
    count = len(batch.before)
    lines = [
        _line(at, source, is_new=at > count) for at, source in enumerate((*batch.before, *batch.messages), start=1)
    ]
    wanted = f"\n\n{_text(f'instructed.v{VERSION}.md')}\n\n{batch.instructions}" if batch.instructions else ""
    return [
        {"role": "system", "content": _text(f"extract.v{VERSION}.md") + wanted},
        {"role": "user", "content": "\n".join(lines)},
    ]


def repair(asked: ChatMessages, *, answer: str, problem: str) -> ChatMessages:
    """Ask again, showing the answer and what is wrong with it."""
    again = _text(f"repair.v{VERSION}.md").format(problem=problem)
    return [*asked, {"role": "assistant", "content": answer[:_LONG_MESSAGE]}, {"role": "user", "content": again}]


@cache
def schema() -> dict[str, Any]:
    """Return the JSON schema of an answer."""
    return json.loads(_text(f"extract.v{VERSION}.schema.json"))


def _line(number: int, source: Source, *, is_new: bool) -> str:
    """Write a message as one line of JSON, from which no text in it can break out; secrets stay here."""
    said = source.with_speaker
    content = said if len(said) <= _LONG_MESSAGE else prose(said)
    line = {"id": number, "role": source.role, "time": clock_text(source.chat_time), "content": redact(content)[0]}
    line["content"] = str(line["content"])[:_LONG_MESSAGE].encode("utf-8", "replace").decode()
    return json.dumps(line | {"new": is_new}, ensure_ascii=False)


@cache
def _text(name: str) -> str:
    return files(__name__.rpartition(".")[0]).joinpath("prompts", name).read_text("utf-8").strip()
