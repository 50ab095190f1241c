"""`memos-mcp import FILE`: take in what `memos-mcp export` wrote, or what was written like it; each thing once."""

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

from pydantic import JsonValue, TypeAdapter, ValidationError
from rich.console import Console

from memos_mcp.backends.local.directory import LEDGER_FILE
from memos_mcp.backends.local.extractors.secrets import redact_values
from memos_mcp.backends.local.ledger.incoming import Incoming
from memos_mcp.backends.local.ledger.ledger import Ledger
from memos_mcp.backends.local.ledger.records import MemoryRecord, MessageRecord, Record
from memos_mcp.backends.local.retrieval.features import FEATURES_VERSION
from memos_mcp.backends.local.upkeep import KEYS_VERSION, keys
from memos_mcp.errors import InvalidRequest
from memos_mcp.limits import check_add
from memos_mcp.models import AddMessage, Message
from memos_mcp.operations.holding import held_alone
from memos_mcp.operations.ledger_files import bar
from memos_mcp.operations.status import counted
from memos_mcp.settings import Settings

Report = Callable[[int, int], None]

_RECORD: TypeAdapter[MessageRecord | MemoryRecord] = TypeAdapter(Record)


def take_in(settings: Settings, file: Path, *, console: Console, progress: Console) -> None:
    """Take in a file, all of it or nothing; the engine finishes first, and hosts go on at their next call.

    Raises:
        InvalidRequest: the file is not there, or a line of it makes no sense.
        ConfigurationError: a server that is no shared engine holds the store.
        Unavailable: the engine does not end, or the store cannot be used.
    """
    if not file.is_file():
        raise InvalidRequest(f"There is no file {file}; nothing was changed.")
    with bar("Checking", progress) as report:
        total = sum(1 for _ in _records(file, report))
    if not total:
        raise InvalidRequest(f"{file} is empty; nothing was changed.")
    with (
        held_alone(settings.data_dir, progress=progress),
        closing(Ledger.open(settings.data_dir / LEDGER_FILE)) as ledger,
        bar("Importing", progress) as report,
    ):
        records = _records(file, report)
        taken = _take_all(ledger, map(_without_secrets, records) if settings.secrets == "redact" else records)
    console.print(
        f"Imported {counted(taken.new_messages, 'message')} and {counted(taken.new_memories, 'memory', 'memories')}; "
        "what was there already was left as it is.",
        highlight=False,
        soft_wrap=True,
    )
    if taken.without_sources:
        left_out = counted(taken.without_sources, "memory was", "memories were")
        told = (
            f"{left_out} left out: the messages they were made of are neither in the file nor, by the ids given, here."
        )
        console.print(told, highlight=False, soft_wrap=True)


def _take_all(ledger: Ledger, records: Iterator[MessageRecord | MemoryRecord]) -> Incoming:
    incoming = Incoming(ledger, keys=keys, now=time.time_ns() // 1_000_000)
    with ledger.database.transaction():
        if not ledger.messages.users():  # nothing that an older version derived
            ledger.note("features", str(FEATURES_VERSION))
            ledger.note("keys", str(KEYS_VERSION))
        for record in records:
            incoming.take(record)
        incoming.finish()
    return incoming


def _records(file: Path, report: Report) -> Iterator[MessageRecord | MemoryRecord]:
    """Read the lines of a file, reporting (bytes read, of how many).

    Raises:
        InvalidRequest: a line is no record, or one that could not be kept.
    """
    size, read = file.stat().st_size, 0
    with file.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            read += len(line)
            if line.strip():
                yield _parsed(line, f"line {number} of {file}")
            report(read, size)


def _parsed(line: bytes, where: str) -> MessageRecord | MemoryRecord:
    try:
        record = _RECORD.validate_json(line)
        content, role = (
            (record.content, record.role) if isinstance(record, MessageRecord) else (record.memory_value, "user")
        )
        check_add(AddMessage(messages=(Message(role=role, content=content),), info=record.info))
    except ValidationError as exc:
        error = exc.errors()[0]
        field = ".".join(str(part) for part in error["loc"])
        raise InvalidRequest(f"{where}: {field} {error['msg']}. Nothing was changed.") from exc
    except InvalidRequest as exc:
        raise InvalidRequest(f"{where}: {exc} Nothing was changed.") from exc
    return record


def _without_secrets(record: MessageRecord | MemoryRecord) -> MessageRecord | MemoryRecord:
    texts = ("content", "tags", "info") if isinstance(record, MessageRecord) else _MEMORY_TEXTS
    fields = record.model_dump(mode="json", include=set(texts))
    return record.model_copy(update={name: _redacted(value) for name, value in fields.items()})


_MEMORY_TEXTS = ("memory_key", "memory_value", "reasoning", "tags", "info")


def _redacted(value: JsonValue) -> JsonValue | tuple[JsonValue, ...]:
    redacted, _ = redact_values(value)
    return tuple(redacted) if isinstance(redacted, list) else redacted
