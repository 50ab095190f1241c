"""Documents as text: plain text, Markdown, HTML and PDF, in pieces that can be searched, each with its place."""

import io
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePath
from typing import Final

from memos_mcp.core.errors import ConfigurationError, InvalidRequest

PIECE: Final = 1_200
"""Characters of a piece, about two hundred words: what one memory may say."""

MOST_PIECES: Final = 5_000  # 6 million characters, a dozen novels

MOMENT: Final = 0.5
"""Seconds of processor time for which a document in a message is read on, after its first page.

Before that, what reads it may have to be loaded.
"""

MOST_TOLD: Final = 100_000
"""Characters that are kept of a document in a message."""

_TEXTS: Final = frozenset({".txt", ".md", ".markdown", ".json", ".xml", ".csv", ""})
_HEADING = re.compile(r"^#{1,6}\s+(.+?)\s*#*$", re.MULTILINE)
_BREAK = re.compile(r"\n\s*\n|(?<=[.!?。！？])\s+")
_MISSING = 'Reading {} needs `pip install "memos-memory-mcp[documents]"` where the server runs. Nothing was stored.'
WRONG_KIND: Final = 40007  # MemOS's code


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a document, and where in it that is."""

    place: str
    text: str


def read(name: str, content: bytes) -> list[Piece]:
    """Cut a document into pieces; its name says what it is.

    Raises:
        InvalidRequest: it is of a kind that is not read, cannot be read, or has no text.
        ConfigurationError: what reads it is not installed.
    """
    kind = PurePath(name).suffix.lower()
    if kind == ".pdf" or content.startswith(b"%PDF-"):
        sections = list(_pages(content))
    elif kind in (".html", ".htm"):
        sections = list(_sections(_markdown(_decoded(content))))
    elif kind in _TEXTS:
        sections = list(_sections(_decoded(content)))
    else:
        raise InvalidRequest(
            f"A document of kind {kind[:20]!r} is not read: send PDF, HTML, Markdown or text. Nothing was stored.",
            code=WRONG_KIND,
        )
    pieces = [Piece(place, text) for place, section in sections for text in _cut(section)]
    if not pieces:
        raise InvalidRequest("The document has no text (a scan, perhaps). Nothing was stored.", code=WRONG_KIND)
    if len(pieces) > MOST_PIECES:
        raise InvalidRequest(f"The document is longer than {MOST_PIECES * PIECE:,} characters: split it.", code=40305)
    return pieces


def first_text(name: str, content: bytes) -> str:
    """Return what a document says, as much of it as is read in a moment; empty where it cannot be read."""
    text, begun = "", None
    try:
        if content.startswith(b"%PDF-"):
            for _, page in _pages(content):
                begun = time.thread_time() if begun is None else begun
                text = f"{text}\n{page}".strip()
                if len(text) > MOST_TOLD or time.thread_time() > begun + MOMENT:
                    return f"{text[:MOST_TOLD]} [...]"
        elif PurePath(name).suffix.lower() in (".html", ".htm") and len(content) <= MOST_TOLD:
            text = _markdown(_decoded(content)).strip()
    except (InvalidRequest, ConfigurationError):
        pass
    return text


def _decoded(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig").replace("\x00", "")
    except UnicodeDecodeError as exc:
        raise InvalidRequest("The document is not text in UTF-8. Nothing was stored.", code=WRONG_KIND) from exc


def _markdown(html: str) -> str:
    try:
        from bs4 import BeautifulSoup  # noqa: PLC0415  # an extra
        from markdownify import MarkdownConverter  # noqa: PLC0415
    except ImportError as exc:
        raise ConfigurationError(_MISSING.format("HTML")) from exc
    try:
        page = BeautifulSoup(html, "html.parser")
        for unseen in page(["script", "style", "noscript", "template", "head"]):
            unseen.decompose()
        return str(MarkdownConverter(heading_style="ATX").convert_soup(page))
    except RecursionError as exc:
        raise InvalidRequest("The page is nested too deeply to be read. Nothing was stored.", code=WRONG_KIND) from exc


def _pages(content: bytes) -> Iterator[tuple[str, str]]:
    try:
        from pypdf import PdfReader  # noqa: PLC0415  # an extra
        from pypdf.errors import PyPdfError  # noqa: PLC0415
    except ImportError as exc:
        raise ConfigurationError(_MISSING.format("PDF")) from exc
    try:
        for number, page in enumerate(PdfReader(io.BytesIO(content)).pages, 1):
            yield f"page {number}", page.extract_text().replace("\x00", "")
    except (PyPdfError, ValueError, KeyError, TypeError, RecursionError) as exc:
        raise InvalidRequest(
            "The PDF cannot be read: it is damaged or locked by a password. Nothing was stored.", code=WRONG_KIND
        ) from exc


def _sections(text: str) -> Iterator[tuple[str, str]]:
    """Part a text at its headings; what stands before the first is its beginning."""
    place, start = "beginning", 0
    for heading in _HEADING.finditer(text):
        yield place, text[start : heading.start()]
        place, start = heading[1][:100], heading.start()
    yield place, text[start:]


def _cut(section: str) -> Iterator[str]:
    """Join paragraphs and sentences up to the length of a piece; what is longer by itself is cut."""
    piece = ""
    for part in (one.strip() for one in _BREAK.split(section)):
        for start in range(0, len(part), PIECE):
            some = part[start : start + PIECE]
            if piece and len(piece) + len(some) >= PIECE:
                yield piece
                piece = ""
            piece = f"{piece}\n{some}" if piece else some
    if piece and not _HEADING.fullmatch(piece):
        yield piece
