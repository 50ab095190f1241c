"""What a document begins with, by which its format is recognised; its name is never asked."""

import json
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final, Literal

import ijson  # pyright: ignore[reportMissingTypeStubs]

from memos_mcp.relay.jsonrpc import mapping
from memos_mcp.transfer.documents import Document

Kind = Literal["database", "array", "object", "lines", "text"]

LOOKED_AT: Final = 40
"""Lines, or elements of an array, that are looked at."""

_EVENTS: Final = 50_000
"""Parts of a JSON document that are looked at."""


@dataclass(frozen=True, slots=True)
class DocumentHead:
    """The beginning of a document: objects of it, or the names of the tables of a database with their columns.

    Of an array `samples` are its first elements that are objects, as far as their keys; of a document that is one
    object, that object as far as its keys; of lines, the first that are objects, whole.
    """

    kind: Kind
    samples: Sequence[Mapping[str, Any]] = ()
    tables: Mapping[str, frozenset[str]] | None = None
    text: str = ""

    def has(self, *keys: str) -> bool:
        """Say whether one of the samples has all of these keys."""
        return any(all(key in sample for key in keys) for sample in self.samples)

    def any_is(self, key: str, *values: str) -> bool:
        """Say whether a sample has one of these values."""
        return any(sample.get(key) in values for sample in self.samples)


def head_of(document: Document) -> DocumentHead | None:
    """Return the beginning of a document; None where it is neither text nor a database."""
    start = document.start()
    if start.startswith(b"SQLite format 3\0"):
        return _tables(document)
    with closing(document.utf8()) as source:
        text = source.read(len(start)).decode("utf-8", "replace")
    if "\x00" in text[:4096] or text.count("\ufffd") > len(text) // 50:
        return None
    if lines := _lines(document, text):
        return DocumentHead("lines", lines, text=text)
    match text.lstrip()[:1]:
        case "[":
            return DocumentHead("array", _keys(document, "item"), text=text)
        case "{":
            return DocumentHead("object", _keys(document, ""), text=text)
        case _:
            return DocumentHead("text", text=text)


def _lines(document: Document, text: str) -> list[dict[str, Any]]:
    """Return the first lines where each is a JSON object; none where the document is one object over several lines."""
    if not text.lstrip().startswith("{"):
        return []
    found: list[dict[str, Any]] = []
    for line in islice((line for line in document.lines() if line.strip()), LOOKED_AT):
        try:
            parsed = mapping(json.loads(line))
        except (ValueError, RecursionError):
            if not found:
                return []
            continue
        found.append(parsed)
    return found


def _keys(document: Document, place: str) -> list[dict[str, Any]]:
    """Return the keys of the objects at a place, with those of their values that are no lists or objects."""
    samples: list[dict[str, Any]] = [{}]
    path = f"{place}." if place else ""
    with closing(document.utf8()) as source:
        events = ijson.parse(source, use_float=True)
        try:
            for prefix, event, value in islice(events, _EVENTS):
                if event == "map_key" and prefix == place:
                    samples[-1][value] = None
                elif prefix.startswith(path) and (key := prefix[len(path) :]) in samples[-1]:
                    samples[-1][key] = value
                elif event == "end_map" and prefix == place:
                    if len(samples) == LOOKED_AT:
                        break
                    samples.append({})
        except ijson.JSONError:
            pass
    return [sample for sample in samples if sample]


def _tables(document: Document) -> DocumentHead | None:
    if document.file is None:
        return None
    with closing(open_database(document)) as database:
        try:
            names = [row[0] for row in database.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
            tables = {name: _columns(database, name) for name in names}
        except sqlite3.Error:
            return None
    return DocumentHead("database", tables=tables)


def _columns(database: sqlite3.Connection, table: str) -> frozenset[str]:
    try:
        return frozenset(row[0] for row in database.execute("SELECT name FROM pragma_table_info(?)", (table,)))
    except sqlite3.Error:
        return frozenset()  # a virtual table of an extension


def open_database(document: Document) -> sqlite3.Connection:
    """Open a database to be read, and only read."""
    assert document.file is not None  # noqa: S101 - a head of the kind database is of a file
    database = sqlite3.connect(f"{document.file.resolve().as_uri()}?mode=ro", uri=True)
    database.row_factory = sqlite3.Row
    return database
