"""Our own JSON lines, as `memos-mcp export` writes them; a `user_id` is the user's where none is written."""

import json
from collections.abc import Iterator

from pydantic import TypeAdapter, ValidationError

from memos_mcp.backends.local.ledger.records import MemoryRecord, MessageRecord, Record
from memos_mcp.core.errors import InvalidRequest
from memos_mcp.core.limits import check_add
from memos_mcp.core.models import PUBLIC_KEY, AddMessage, Message
from memos_mcp.relay.jsonrpc import mapping
from memos_mcp.transfer.detection import DocumentHead
from memos_mcp.transfer.documents import Document
from memos_mcp.transfer.record_builder import Origin, Progress

_RECORD: TypeAdapter[MessageRecord | MemoryRecord] = TypeAdapter(Record)


def recognises(head: DocumentHead) -> bool:
    """Say whether a document is such a file."""
    return head.kind == "lines" and (
        any(sample.get("kind") == "message" and "role" in sample for sample in head.samples)
        or any(sample.get("kind") == "memory" and "memory_value" in sample for sample in head.samples)
    )


def read(document: Document, origin: Origin, on_read: Progress) -> Iterator[MessageRecord | MemoryRecord]:
    """Yield the records.

    Raises:
        InvalidRequest: a line is no record, or one that could not be kept.
    """
    for number, line in enumerate(document.lines(on_read), start=1):
        if line.strip():
            yield _parsed(line, origin.user_id, f"line {number} of {document.name}")


def _parsed(line: str, user_id: str, where: str) -> MessageRecord | MemoryRecord:
    try:
        record = _RECORD.validate_python({"user_id": user_id, **mapping(json.loads(line))})
        content, role = (
            (record.content, record.role) if isinstance(record, MessageRecord) else (record.memory_value, "user")
        )
        info = {name: value for name, value in record.info.items() if name != PUBLIC_KEY}
        check_add(AddMessage(messages=(Message(role=role, content=content),), info=info))
    except ValidationError as exc:
        error = exc.errors()[0]
        field = ".".join(str(part) for part in error["loc"])
        raise InvalidRequest(f"{where}: {field} {error['msg']}. Nothing was changed.") from exc
    except InvalidRequest as exc:
        raise InvalidRequest(f"{where}: {exc} Nothing was changed.") from exc
    except (ValueError, RecursionError) as exc:
        raise InvalidRequest(f"{where}: it is no JSON. Nothing was changed.") from exc
    return record
