"""Tables: CSV, JSON lines or a JSON list of `{role, content, time}`; without a role, each row is a memory."""

import csv
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from memos_mcp.core.limits import is_blank
from memos_mcp.relay.jsonrpc import mapping
from memos_mcp.transfer.detection import DocumentHead
from memos_mcp.transfer.documents import Document
from memos_mcp.transfer.record_builder import Item, LeftOut, Origin, Progress, digest, elements, milliseconds, text
from memos_mcp.transfer.transcripts import parsed, spoken

NAMES: Final = {
    "content": ("content", "text", "message", "memory", "note", "fact"),
    "role": ("role", "sender", "author", "speaker"),
    "time": ("time", "timestamp", "created_at", "date", "created", "create_time"),
    "conversation": ("conversation_id", "conversation", "thread", "session", "session_id"),
    "id": ("id", "uuid", "message_id"),
    "title": ("title",),
    "tags": ("tags",),
}
_LONGEST_CELL: Final = 10_000_000  # characters; csv takes 131,072 by default


def recognises(head: DocumentHead) -> bool:
    """Say whether a document is such a table."""
    if head.kind == "text":
        return _header(head.text) is not None
    return head.kind in ("lines", "array") and (head.has("role", "content") or head.has("role", "text"))


def _header(start: str) -> tuple[list[str], str] | None:
    """Return the names of the columns and what separates them, where the first line names a content."""
    line = next((line for line in start.splitlines() if line.strip()), "")
    for separator in (",", ";", "\t"):
        names = [
            name.strip().strip("'\"").lower() for name in next(csv.reader([line or separator], delimiter=separator))
        ]
        if len(names) > 1 and any(name in NAMES["content"] for name in names) and all(len(one) < 40 for one in names):
            return names, separator
    return None


def read(document: Document, origin: Origin, on_read: Progress) -> Iterator[Item]:
    """Yield a message for each row that has a role, a memory for each other."""
    with_times = _Rows(origin, document)
    for row in _rows(document, on_read):
        yield row if isinstance(row, LeftOut) else with_times.take(row)


def _rows(document: Document, on_read: Progress) -> Iterator[Mapping[str, Any] | LeftOut]:
    source = document.utf8()
    start = source.read(1 << 16).decode("utf-8", "replace")
    source.close()
    match start.lstrip()[:1]:
        case "[":
            for element in elements(document, on_read=on_read):
                yield element if isinstance(element, LeftOut) else mapping(element)
        case "{":
            for line in document.lines(on_read):
                if line.strip():
                    yield parsed(line) or LeftOut("lines that are no JSON object")
        case _:
            found = _header(start)
            if found is not None:
                yield from _csv(document.lines(on_read), *found)


def _csv(lines: Iterable[str], names: list[str], separator: str) -> Iterator[Mapping[str, Any]]:
    csv.field_size_limit(_LONGEST_CELL)
    reader = csv.reader((f"{line}\n" for line in lines), delimiter=separator)
    next(reader, None)
    for row in reader:
        if any(row):
            yield dict(zip(names, row, strict=False))


class _Rows:
    def __init__(self, origin: Origin, document: Document) -> None:
        self._origin = origin
        self._document = document
        self._last: dict[str, int | None] = {}

    def take(self, row: Mapping[str, Any]) -> Item:
        values = {name: next((row[one] for one in names if row.get(one)), None) for name, names in NAMES.items()}
        content, conversation = spoken(values["content"]), text(values["conversation"]) or self._document.name
        if is_blank(content):
            return LeftOut("empty messages")
        time = milliseconds(values["time"])
        role, numbered = text(values["role"]), self._origin.repeats.numbered
        identity = text(values["id"]) or numbered(digest(conversation, role, str(time), content)[:24])
        if not role:
            tags = [tag.strip() for tag in text(values["tags"]).split(",")]
            title = text(values["title"])
            return self._origin.memory(content, identity=identity, time=time, key=title, tags=tags)
        time = time or self._last.get(conversation)
        self._last[conversation] = time
        return self._origin.message(
            role,
            content,
            identity=f"{conversation}/{identity}",
            conversation=conversation,
            time=time,
            title=text(values["title"]),
        )
