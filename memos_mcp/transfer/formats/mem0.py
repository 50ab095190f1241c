"""mem0 and OpenMemory: lists as the API gives them, the history of changes, and OpenMemory's export."""

from collections.abc import Iterator, Mapping
from contextlib import closing
from typing import Any

from memos_mcp.core.models import Status
from memos_mcp.relay.jsonrpc import mapping
from memos_mcp.transfer.detection import DocumentHead, open_database
from memos_mcp.transfer.documents import Document
from memos_mcp.transfer.record_builder import Item, LeftOut, Origin, Progress, digest, elements, milliseconds, text
from memos_mcp.transfer.transcripts import parsed

_STATES: dict[str, Status] = {"active": "activated", "paused": "archived", "archived": "archived"}


def recognises(head: DocumentHead) -> bool:
    """Say whether a document is such a list, history or export."""
    if head.tables is not None:
        return head.tables.get("history", frozenset()) >= {"memory_id", "new_memory", "event"}
    match head.kind:
        case "array":
            return head.has("id", "memory") or head.has("memory", "created_at")
        case "object":
            return head.has("results") or head.has("memories", "apps", "export_meta")
        case "lines":
            return (
                head.has("id", "content", "state")
                or head.has("memory", "created_at")
                or (len(head.samples) == 1 and (head.has("results") or head.has("memories", "apps")))
            )
        case _:
            return False


def read(document: Document, origin: Origin, on_read: Progress) -> Iterator[Item]:
    """Yield the memories, without those that were deleted."""
    start = document.first_bytes()
    if start.startswith(b"SQLite"):
        yield from _replayed(document, origin)
        on_read(document.size)
        return
    for element in _elements(document, start, on_read):
        yield element if isinstance(element, LeftOut) else _memory(mapping(element), origin)


def _elements(document: Document, start: bytes, on_read: Progress) -> Iterator[object]:
    if start.startswith(b"["):
        return elements(document, "item", on_read=on_read)
    first = parsed(start.split(b"\n")[0].decode("utf-8", "replace"))
    if "memory" in first or "state" in first:
        return (parsed(line) for line in document.lines(on_read) if line.strip())
    return elements(document, "results.item" if b'"results"' in start else "memories.item", on_read=on_read)


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
