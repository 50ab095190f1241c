"""mem0 and OpenMemory: lists as the API gives them, the history of changes, and OpenMemory's export."""

from collections.abc import Iterator, Mapping
from contextlib import closing
from typing import Any

from memos_mcp.core.models import Status
from memos_mcp.relay.jsonrpc import mapping
from memos_mcp.transfer.detection import DocumentHead, head_of, open_database
from memos_mcp.transfer.documents import Document
from memos_mcp.transfer.record_builder import Item, LeftOut, Origin, Progress, digest, elements, milliseconds, text
from memos_mcp.transfer.transcripts import parsed

_STATES: dict[str, Status] = {"active": "activated", "paused": "archived", "archived": "archived"}


def recognises(head: DocumentHead) -> bool:
    """Say whether a document is such a list, history or export."""
    if head.tables is not None:
        return head.tables.get("history", frozenset()) >= {"memory_id", "new_memory", "event"}
    if head.is_object and (head.has("results") or head.has("memories", "apps")):
        return True
    if head.kind == "lines" and head.has("id", "content", "state"):
        return True
    return head.kind in ("array", "lines") and (head.has("id", "memory") or head.has("memory", "created_at"))


def read(document: Document, origin: Origin, on_read: Progress) -> Iterator[Item]:
    """Yield the memories, without those that were deleted."""
    if document.start(6).startswith(b"SQLite"):
        yield from _replayed(document, origin)
        on_read(document.size)
        return
    for element in _elements(document, on_read):
        yield element if isinstance(element, LeftOut) else _memory(mapping(element), origin)


def _elements(document: Document, on_read: Progress) -> Iterator[object]:
    head = head_of(document)
    if head is None or head.kind == "array":
        return elements(document, "item", on_read=on_read)
    if head.is_object and (place := next((one for one in ("results", "memories") if head.has(one)), None)):
        return elements(document, f"{place}.item", on_read=on_read)
    return (parsed(line) for line in document.lines(on_read) if line.strip())


def _memory(one: Mapping[str, Any], origin: Origin) -> Item:
    value = text(one.get("memory")) or text(one.get("content")) or text(one.get("data"))
    state = text(one.get("state")) or "active"
    if state not in _STATES or one.get("deleted_at"):
        return LeftOut("deleted memories")
    categories = one.get("categories")
    tags = [text(tag) for tag in categories] if isinstance(categories, list) else []  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    about = mapping(one.get("metadata"))
    return origin.memory(
        value,
        identity=text(one.get("id")) or digest(value),
        time=milliseconds(one.get("created_at")),
        tags=tags,
        status=_STATES[state],
        info={"metadata": about} if about else None,
    )


def _replayed(document: Document, origin: Origin) -> Iterator[Item]:
    """Yield what holds after all changes: the last of each memory."""
    sql = "SELECT * FROM history WHERE memory_id = ? ORDER BY created_at, rowid"
    with closing(open_database(document)) as database:
        for (name,) in database.execute("SELECT memory_id FROM history GROUP BY memory_id ORDER BY min(rowid)"):
            changes = [dict(row) for row in database.execute(sql, (name,))]
            last = changes[-1]
            if last.get("event") == "DELETE" or last.get("is_deleted"):
                yield LeftOut("deleted memories")
                continue
            said = {"id": name, "memory": last.get("new_memory"), "created_at": changes[0].get("created_at")}
            yield _memory(said, origin)
