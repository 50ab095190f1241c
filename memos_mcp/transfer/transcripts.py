"""Transcripts that coding agents write, a JSON object a line: what was said in each line, and by whom."""

import json
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from memos_mcp.core.projects import project_of
from memos_mcp.relay.jsonrpc import mapping
from memos_mcp.transfer.documents import Document
from memos_mcp.transfer.record_builder import Item, LeftOut, Origin, Progress, Repeats, objects, text

TOOL_OUTPUT: Final = LeftOut("tool calls and their output")

_NOTES_OF_THE_HOST: Final = re.compile(
    r"<(system-reminder|ide_opened_file|ide_selection|environment_context|user_instructions|hook_context|recalled-memory)>.*?</\1>\s*",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Utterance:
    """What somebody said. `id` is the same in every copy of a transcript."""

    id: str
    role: str
    content: str
    time: int | None


class Transcript(ABC):
    """Reads a transcript line by line; `session`, `folder` and `title` are what the lines so far say of it."""

    def __init__(self, session: str = "") -> None:
        """Begin; `session` is its name where no line has told it yet."""
        self.session = session
        self.folder = ""
        self.title = ""
        self.repeats = Repeats()

    @abstractmethod
    def take(self, line: Mapping[str, Any]) -> Utterance | LeftOut | None:
        """Take the next line: what was said in it, what is left out of it, or nothing."""


def parsed(line: str) -> dict[str, Any]:
    """Return the object of a line; nothing where it holds none, as a last line that is half written."""
    try:
        return mapping(json.loads(line))
    except (ValueError, RecursionError):
        return {}


def spoken(content: object) -> str:
    """Return the text of a message: a text itself, or its blocks of text."""
    if isinstance(content, str):
        return content
    kinds = ("text", "input_text", "output_text", None)
    return "\n\n".join(text(block.get("text")) for block in objects(content) if block.get("type") in kinds).strip()


def without_notes(said: str) -> str:
    """Return what a user said without what the host put beside it."""
    return _NOTES_OF_THE_HOST.sub("", said).strip() if "<" in said else said.strip()


def read_transcript(
    document: Document, origin: Origin, on_read: Progress, *, new: Callable[[], Transcript]
) -> Iterator[Item]:
    """Yield the messages of a transcript."""
    title = _title(document, new())
    transcript = new()
    last: int | None = None
    for line in document.lines(on_read):
        found = transcript.take(parsed(line)) if line.strip() else None
        if isinstance(found, LeftOut):
            yield found
        elif found is not None:
            last = found.time or last
            yield origin.message(
                found.role,
                found.content,
                identity=found.id,
                conversation=transcript.session or document.name,
                time=last,
                title=title,
                app_id=project_of(transcript.folder),
            )


def _title(document: Document, transcript: Transcript) -> str:
    """Look through a transcript for the title, which may come last."""
    for line in document.lines():
        if '"title"' in line or 'Title"' in line or '"summary"' in line:
            transcript.take(parsed(line))
    return transcript.title
