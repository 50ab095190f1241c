"""The file of the reference memory server: entities with observations, and relations between them, a JSON line each."""

from collections.abc import Iterator, Mapping
from typing import Any, cast

from memos_mcp.transfer.detection import DocumentHead
from memos_mcp.transfer.documents import Document
from memos_mcp.transfer.record_builder import Item, LeftOut, Origin, Progress, digest, text
from memos_mcp.transfer.transcripts import parsed


def recognises(head: DocumentHead) -> bool:
    """Say whether a document is such a file."""
    return head.kind == "lines" and (head.has("entityType", "observations") or head.has("from", "to", "relationType"))


def read(document: Document, origin: Origin, on_read: Progress) -> Iterator[Item]:
    """Yield a memory for each observation and each relation."""
    for line in document.lines(on_read):
        if line.strip():
            yield from _of(parsed(line), origin)


def _of(one: Mapping[str, Any], origin: Origin) -> Iterator[Item]:
    match one.get("type"):
        case "entity":
            name, kind = _words(one.get("name")), _words(one.get("entityType"))
            observations = one.get("observations")
            for told in cast("list[object]", observations) if isinstance(observations, list) else []:
                value = f"{name}: {text(told)}" if text(told) else ""
                yield origin.memory(value, identity=digest(name, text(told)), key=name, tags=(kind,))
        case "relation":
            value = " ".join(_words(one.get(part)) for part in ("from", "relationType", "to"))
            yield origin.memory(value, identity=digest(value), key=_words(one.get("from")))
        case _:
            yield LeftOut("lines that are no entity or relation")


def _words(name: object) -> str:
    return text(name).replace("_", " ").strip()
