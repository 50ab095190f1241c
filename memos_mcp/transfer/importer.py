"""Finding out what is in documents, and taking it into a ledger: each thing once, and to be ended at any moment."""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from pathlib import Path

from memos_mcp.backends.local.consolidation import keys, keys_version
from memos_mcp.backends.local.ledger.database_interface import Database
from memos_mcp.backends.local.ledger.ledger import Ledger
from memos_mcp.backends.local.ledger.record_import import Known, RecordImport
from memos_mcp.backends.local.ledger.records import MemoryRecord, MessageRecord
from memos_mcp.backends.local.retrieval.features import features_version
from memos_mcp.backends.local.text.secrets import redact_values
from memos_mcp.core.errors import InvalidRequest
from memos_mcp.transfer.documents import Document, documents_in
from memos_mcp.transfer.record_builder import Item, LeftOut, Origin
from memos_mcp.transfer.registry import OURS, Format, format_of, list_of_formats

Report = Callable[[int, int], None]


def unseen(done: int, total: int) -> None:
    """Show nothing of how far it has come."""
    del done, total


Parsed = MessageRecord | MemoryRecord

AT_ONCE = 500
"""Records that are taken in together: what is lost where it is ended is at most these, and only until the next run."""


@dataclass(frozen=True, slots=True)
class RecognisedDocument:
    """A document that was recognised, and as what."""

    document: Document
    format: Format


@dataclass(frozen=True, slots=True)
class Recognised:
    """What was recognised in what was named, and the names of what was not."""

    sources: Sequence[RecognisedDocument]
    unknown: Sequence[str]

    @property
    def size(self) -> int:
        """Bytes in all."""
        return sum(source.document.size for source in self.sources)


@dataclass(slots=True)
class FoundInDocuments:
    """What is in documents of one format: how much, how much of it is new, from when till when, what is left out."""

    messages: int = 0
    memories: int = 0
    new_messages: int = 0
    new_memories: int = 0
    conversations: set[int] = field(default_factory=set[int])
    first: int | None = None
    last: int | None = None
    undated: int = 0
    left_out: Counter[str] = field(default_factory=Counter[str])

    def note(self, item: Item, *, is_new: bool) -> None:
        """Count one thing."""
        if isinstance(item, LeftOut):
            self.left_out[item.what] += item.count
            return
        if isinstance(item, MessageRecord):
            self.messages += 1
            self.new_messages += is_new
            self.conversations.add(hash((item.user_id, item.conversation_id)))
        else:
            self.memories += 1
            self.new_memories += is_new
        if item.create_time is None:
            self.undated += 1
        else:
            self.first = item.create_time if self.first is None else min(self.first, item.create_time)
            self.last = item.create_time if self.last is None else max(self.last, item.create_time)


def recognise(paths: Iterable[Path]) -> Recognised:
    """Find the documents in files, folders and archives, and what they are.

    Raises:
        InvalidRequest: there is nothing at a path, or nothing in it is recognised; the sentence lists what would be.
    """
    sources: list[RecognisedDocument] = []
    unknown: list[str] = []
    for path in paths:
        before = len(sources)
        for document in documents_in(path):
            found = format_of(document)
            if found is None:
                unknown.append(document.name)
            else:
                sources.append(RecognisedDocument(document, found))
        if len(sources) == before:
            is_empty = path.is_file() and not any(document.start(4096).strip() for document in documents_in(path))
            what = "is empty" if is_empty else "is nothing that can be imported"
            raise InvalidRequest(f"{path} {what}; nothing was changed. What is recognised: {list_of_formats()}.")
    return Recognised(sources, unknown)


def survey(
    recognised: Recognised, *, user_id: str, database: Database | None, owner: str = "", report: Report = unseen
) -> dict[str, FoundInDocuments]:
    """Read everything once and say what is in it, and how much of it is not in the ledger, by the name of its format.

    With an `owner`, all of it is taken for that user's, whoever else is named in it.

    Raises:
        InvalidRequest: a line of our own format makes no sense.
    """
    known = Known(database)
    found: dict[str, FoundInDocuments] = {}
    for source, items in _all_items(recognised, user_id, report, owner):
        counts = found.setdefault(source.format.title, FoundInDocuments())
        for item in items:
            counts.note(item, is_new=not isinstance(item, LeftOut) and known.is_new(item))
    return found


def run(
    recognised: Recognised,
    ledger: Ledger,
    *,
    user_id: str,
    redact: bool,
    owner: str = "",
    report: Report = unseen,
    without_sources: Callable[[int], object] = lambda _: None,
) -> tuple[int, int]:
    """Take in what is new, and say how many messages and memories that was.

    `without_sources` is told, source by source, of how many memories none of their messages is here.

    What has no time gets that of its file. What other programs wrote is taken in some hundred records at a time, a file
    of our own as a whole or not at all: in it, memories name the messages that they were learnt from.
    """
    taken = (0, 0)
    with ledger.database.transaction():
        if not ledger.messages.users():  # nothing that an older version derived
            ledger.note("features", features_version())
            ledger.note("keys", keys_version())
    for source, items in _all_items(recognised, user_id, report, owner):
        dated = {"create_time": source.document.modified}
        records: Iterator[Parsed] = (
            item if item.create_time is not None or source.format is OURS else item.model_copy(update=dated)
            for item in items
            if not isinstance(item, LeftOut)
        )
        records = map(_without_secrets, records) if redact else records
        incoming = RecordImport(ledger, keys=keys, now=time.time_ns() // 1_000_000)
        if source.format is OURS:
            with ledger.database.transaction():
                _take(incoming, records)
        else:
            while batch := list(islice(records, AT_ONCE)):
                with ledger.database.transaction():
                    _take(incoming, batch)
        taken = (taken[0] + incoming.new_messages, taken[1] + incoming.new_memories)
        without_sources(incoming.without_sources)
    return taken


def _take(incoming: RecordImport, records: Iterable[Parsed]) -> None:
    for record in records:
        incoming.take(record)
    incoming.finish()


def _all_items(
    recognised: Recognised, user_id: str, report: Report, owner: str
) -> Iterator[tuple[RecognisedDocument, Iterator[Item]]]:
    done, total = 0, recognised.size

    def on_read(count: int) -> None:
        nonlocal done
        done += count
        report(min(done, total), total)

    for source in recognised.sources:
        items = source.format.read(source.document, Origin(source.format.name, user_id), on_read)
        yield source, map(partial(_owned, owner), items) if owner else items


def _owned(owner: str, item: Item) -> Item:
    return item if isinstance(item, LeftOut) else item.model_copy(update={"user_id": owner})


_TEXTS = {"content", "tags", "info"}
_MEMORY_TEXTS = {"memory_key", "memory_value", "reasoning", "tags", "info"}


def _without_secrets(record: Parsed) -> Parsed:
    texts = _TEXTS if isinstance(record, MessageRecord) else _MEMORY_TEXTS
    fields = record.model_dump(mode="json", include=texts)
    redacted = {name: redact_values(value)[0] for name, value in fields.items()}
    return record.model_copy(
        update={name: tuple(value) if isinstance(value, list) else value for name, value in redacted.items()}
    )
