"""The documents in what a user names: files, what is in folders and zip archives, unpacked and as UTF-8."""

import codecs
import gzip
import io
import os
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final, cast

from memos_mcp.core.errors import InvalidRequest

PIECE: Final = 1 << 16  # bytes that are read at a time
LONGEST_LINE: Final = 64 * 1024 * 1024
"""Bytes of a line beyond which a document is not read on: no format of ours has one."""

LARGEST_MEMBER: Final = 8 * 1024**3  # bytes: no export of a person is as large
MOST_PACKED: Final = 1_000
"""A member of an archive that unpacks to more than so many times its size is not what it seems."""

_MARKS: Final = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_NOT_LOOKED_INTO: Final = {"__MACOSX", "node_modules", "__pycache__"}


def unread(count: int) -> None:
    """Note nothing of how many bytes were read."""
    del count


@dataclass(frozen=True, slots=True)
class Document:
    """One file, or one member of an archive. `name` is its path there, `modified` when it was changed (milliseconds).

    `file` is where it lies, if it does so by itself.
    """

    name: str
    size: int
    open: Callable[[], BinaryIO]
    modified: int | None = None
    file: Path | None = None

    def start(self, size: int = PIECE) -> bytes:
        """Return the first bytes."""
        with closing(self.open()) as source:
            return source.read(size)

    def first_bytes(self) -> bytes:
        """Return the first bytes after a byte order mark and white space, by which JSON is told from what is not."""
        return self.start().lstrip(b"\xef\xbb\xbf\xff\xfe \r\n\t\x00")

    def utf8(self, on_read: Callable[[int], None] = unread) -> BinaryIO:
        """Open it as UTF-8 without a byte order mark; `on_read` is told how many bytes were read each time."""
        encoding = next((name for mark, name in _MARKS if self.start(4).startswith(mark)), "utf-8")
        return cast("BinaryIO", io.BufferedReader(_Utf8(self.open(), encoding, on_read), PIECE))

    def lines(self, on_read: Callable[[int], None] = unread) -> Iterator[str]:
        """Yield its lines, without what ends them.

        Raises:
            InvalidRequest: a line is longer than any format has it.
        """
        with closing(self.utf8(on_read)) as source:
            while line := source.readline(LONGEST_LINE):
                if len(line) >= LONGEST_LINE:
                    raise InvalidRequest(f"{self.name} has a line of more than {LONGEST_LINE >> 20} MB.")
                yield line.decode("utf-8", "replace").rstrip("\r\n")


class _Utf8(io.RawIOBase):
    """Bytes of any encoding as UTF-8; what cannot be decoded is replaced."""

    def __init__(self, source: BinaryIO, encoding: str, on_read: Callable[[int], None]) -> None:
        super().__init__()
        self._source = source
        self._decoder = codecs.getincrementaldecoder(encoding)("replace")
        self._on_read = on_read
        self._left = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "bytearray | memoryview") -> int:  # type: ignore[override]
        while not self._left:
            piece = self._source.read(PIECE)
            self._on_read(len(piece))
            self._left = self._decoder.decode(piece, final=not piece).encode("utf-8", "replace")
            if not piece and not self._left:
                return 0
        given = self._left[: len(buffer)]
        self._left = self._left[len(buffer) :]
        buffer[: len(given)] = given
        return len(given)

    def close(self) -> None:
        self._source.close()
        super().close()


def documents_in(path: Path) -> Iterator[Document]:
    """Yield the documents of a file, a folder or an archive, in the order of their names.

    Raises:
        InvalidRequest: there is nothing at the path, or an archive is damaged or not what it seems.
    """
    if path.is_dir():
        for folder, inner, names in os.walk(path):
            inner[:] = sorted(name for name in inner if name not in _NOT_LOOKED_INTO and name != ".git")
            for name in sorted(names):
                file = Path(folder) / name
                if not name.startswith("._") and file.is_file() and file.stat().st_size:
                    yield from _in_file(file, file.relative_to(path).as_posix())
    elif path.is_file():
        yield from _in_file(path, path.name)
    else:
        raise InvalidRequest(f"There is no file {path}; nothing was changed.")


def _in_file(file: Path, name: str) -> Iterator[Document]:
    found = file.stat()
    document = Document(name, found.st_size, lambda: file.open("rb"), int(found.st_mtime * 1000), file)
    start = document.start(4)
    if start == b"PK\x03\x04":
        yield from _in_archive(file, name)
    elif start[:2] == b"\x1f\x8b":
        yield Document(name, found.st_size, lambda: _unpacked(file.open("rb")), document.modified)
    else:
        yield document


def _in_archive(file: Path, name: str) -> Iterator[Document]:
    try:
        archive = zipfile.ZipFile(file)
    except (zipfile.BadZipFile, NotImplementedError, OSError) as exc:
        raise InvalidRequest(f"The archive {file} cannot be read ({exc}); nothing was changed.") from exc
    for member in sorted(archive.infolist(), key=lambda one: one.filename):
        parts = member.filename.split("/")
        if member.is_dir() or not member.file_size or parts[0] in _NOT_LOOKED_INTO or parts[-1].startswith("._"):
            continue
        if member.file_size > min(LARGEST_MEMBER, MOST_PACKED * max(member.compress_size, 1024)):
            raise InvalidRequest(f"{member.filename} in {file} unpacks to more than it can be; nothing was changed.")
        yield _member(archive, member, name)


def _member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, name: str) -> Document:
    def opened() -> BinaryIO:
        source = cast("BinaryIO", archive.open(member))
        return _unpacked(source) if member.filename.endswith(".gz") else source

    return Document(f"{name}/{member.filename}", member.file_size, opened)


def _unpacked(source: BinaryIO) -> BinaryIO:
    return cast("BinaryIO", gzip.GzipFile(fileobj=source))
