"""mcp-memory-service: its database, and its export as JSON."""

import json
from collections.abc import Iterator, Mapping
from contextlib import closing
from typing import Any

from memos_mcp.core.models import Status
from memos_mcp.relay.jsonrpc import mapping
from memos_mcp.transfer.detection import DocumentHead, open_database
from memos_mcp.transfer.documents import Document
from memos_mcp.transfer.record_builder import Item, LeftOut, Origin, Progress, digest, elements, milliseconds, text


def recognises(head: DocumentHead) -> bool:
    """Say whether a document is such a database or export."""
    if head.tables is not None:
        return head.tables.get("memories", frozenset()) >= {"content", "content_hash", "created_at"}
    return head.is_object and head.has("export_metadata", "memories")


def read(document: Document, origin: Origin, on_read: Progress) -> Iterator[Item]:
    """Yield the memories, without those that were deleted."""
    if not document.start(6).startswith(b"SQLite"):
        for element in elements(document, "memories.item", on_read=on_read):
            yield element if isinstance(element, LeftOut) else _memory(mapping(element), origin)
        return
    with closing(open_database(document)) as database:
        for row in database.execute("SELECT * FROM memories ORDER BY created_at"):
            yield _memory(dict(row), origin)
    on_read(document.size)


def _memory(one: Mapping[str, Any], origin: Origin) -> Item:
    if one.get("deleted_at"):
        return LeftOut("deleted memories")
    value, time = text(one.get("content")), milliseconds(one.get("created_at"))
    status: Status = "archived" if one.get("superseded_by") else "activated"
    kind = text(one.get("memory_type"))
    return origin.memory(
        value,
        identity=text(one.get("content_hash")) or digest(value),
        time=time if time is not None else milliseconds(one.get("created_at_iso")),
        tags=(*_tags(one.get("tags")), *([kind] if kind else [])),
        status=status,
        info={"metadata": mapping(_parsed(one.get("metadata")))} if one.get("metadata") else None,
    )


def _tags(value: object) -> tuple[str, ...]:
    parts: object = value.split(",") if isinstance(value, str) else value
    return tuple(text(part).strip() for part in parts) if isinstance(parts, list) else ()  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]


def _parsed(value: object) -> object:
    try:
        return json.loads(value) if isinstance(value, str) else value
    except ValueError:
        return {}
