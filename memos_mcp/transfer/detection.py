"""What a document begins with, by which its format is recognised; its name is never asked."""

import io
import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from typing import Any, BinaryIO, Final, Literal

import ijson  # pyright: ignore[reportMissingTypeStubs]

from memos_mcp.relay.jsonrpc import mapping
from memos_mcp.transfer.documents import Document

Kind = Literal["database", "array", "object", "lines", "text"]

LOOKED_AT: Final = 40
"""Lines, or elements of an array, that are looked at."""

_WHOLE_LINE: Final = 1 << 20
"""Bytes of a line up to which it is parsed as a whole; of a longer one, the keys are read from a stream."""


@dataclass(frozen=True, slots=True)
class DocumentHead:
    """The beginning of a document: objects of it, or the names of the tables of a database with their columns.

    Of an array `samples` are its first elements that are objects, as far as their keys; of a document that is one
    object, that object as far as its keys; of lines, the first that are objects.

    An object that is written on one line is of the kind `lines`, with one sample, for it may be the first of many;
    `is_object` is true of it as of one that is written over several lines (`object`).
    """

    kind: Kind
    samples: Sequence[Mapping[str, Any]] = ()
    tables: Mapping[str, frozenset[str]] | None = None
    text: str = ""

    @property
    def is_object(self) -> bool:
        """Say whether the document may be one object, on however many lines."""
        return self.kind == "object" or (self.kind == "lines" and len(self.samples) == 1)

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
            return DocumentHead("array", _keys_of(document, "item"), text=text)
        case "{":
            return DocumentHead("object", _keys_of(document, ""), text=text)
        case _:
            return DocumentHead("text", text=text)


def _lines(document: Document, text: str) -> Sequence[Mapping[str, Any]]:
    """Return the first lines where each is a JSON object; none where the document is one object over several lines."""
    if not text.lstrip().startswith("{"):
        return []
    found: list[dict[str, Any]] = []
    with closing(document.utf8()) as source:
        for line in islice(_starts_of_lines(source), LOOKED_AT):
            if len(line) == _WHOLE_LINE:
                found += _keys(io.BytesIO(line), "")
                continue
            try:
                found.append(mapping(json.loads(line)))
            except (ValueError, RecursionError):
                if not found:
                    return []
    return found if len(found) != 1 else _keys_of(document, "")


def _starts_of_lines(source: BinaryIO) -> Iterator[bytes]:
    """Yield each line that is not blank; of a long one, only its start."""
    while line := source.readline(_WHOLE_LINE):
        if line.strip():
            yield line
        while len(line) == _WHOLE_LINE and not line.endswith(b"\n"):
            line = source.readline(_WHOLE_LINE)


def _keys_of(document: Document, place: str) -> list[dict[str, Any]]:
    with closing(document.utf8()) as source:
        return _keys(source, place)


def _keys(source: BinaryIO, place: str) -> list[dict[str, Any]]:
    """Return the keys of the objects at a place, with those of their values that are no lists or objects."""
    samples: list[dict[str, Any]] = []
    path, seen = f"{place}." if place else "", 0
    try:
        for prefix, event, value in ijson.parse(source, use_float=True):
            if prefix != place:
                if samples and prefix.startswith(path) and (key := prefix[len(path) :]) in samples[-1]:
                    samples[-1][key] = value
            elif event == "start_map":
                samples.append({})
            elif event == "map_key":
                samples[-1][value] = None
            elif (seen := seen + (event != "start_array")) == LOOKED_AT:
                break
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
