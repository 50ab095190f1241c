"""A document in a message is kept as what it says; one that cannot be read never costs the message."""

import base64
import sys
from pathlib import Path

import pytest

from memos_mcp.core import document_text
from memos_mcp.core.content_parts import content_text
from tests.api.engine import Json, engine
from tests.api.test_knowledge_bases import PAGE, pdf

LEDGER = "Visitors must sign the blue ledger at the gate."


def encoded(content: bytes) -> str:
    return base64.b64encode(content).decode()


def parts(content: bytes) -> list[Json]:
    """Write a PDF as the parts of several makers."""
    data = encoded(content)
    url = f"data:application/pdf;base64,{data}"
    return [
        {"type": "file", "file": {"filename": "visit.pdf", "file_data": url}},
        {"type": "file", "file": {"filename": "visit.pdf", "file_data": data}},
        {"type": "input_file", "filename": "visit.pdf", "file_data": url},
        {"type": "document", "title": "visit.pdf", "source": {"type": "base64", "data": data}},
        {"inlineData": {"mimeType": "application/pdf", "data": data}},
    ]


@pytest.mark.parametrize("part", parts(pdf("Nothing of note.", LEDGER)))
def test_a_pdf_is_read_page_by_page(part: Json) -> None:
    text = str(content_text([{"type": "text", "text": "Read this."}, part]))

    assert text.startswith("Read this.\n[")
    assert text.endswith(f"\nNothing of note.\n{LEDGER}")


def test_a_page_is_kept_without_its_markup() -> None:
    text = str(content_text([{"type": "file", "filename": "p.html", "file_data": encoded(PAGE.encode())}]))

    assert "The garage opens at **6:30** on weekdays." in text
    assert "alert" not in text


@pytest.mark.parametrize("content", [b"%PDF-1.4 broken", pdf(""), b"%PDF-1.7\n\xff\xfe"])
def test_what_cannot_be_read_is_a_mark(content: bytes) -> None:
    assert content_text(parts(content)[:1]) == "[file: visit.pdf]"


def test_without_the_library_it_is_a_mark(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pypdf", None)

    assert content_text(parts(pdf(LEDGER))[:1]) == "[file: visit.pdf]"


def test_a_long_one_is_read_for_a_moment_only(monkeypatch: pytest.MonkeyPatch) -> None:
    times = iter((0.0, 0.1, 9.0))
    monkeypatch.setattr(document_text, "time", type("Clock", (), {"thread_time": lambda: next(times)}))

    text = document_text.first_text("a.pdf", pdf("One.", "Two.", "Three."))

    assert text == "One.\nTwo. [...]"


async def test_what_it_says_is_found(tmp_path: Path) -> None:
    async with engine(tmp_path) as api:
        said = [{"role": "user", "content": parts(pdf(LEDGER))[:1]}]
        await api.data("add/message", {"user_id": "u", "messages": said, "async_mode": False})
        found = await api.data("search/memory", {"user_id": "u", "query": "What must visitors sign?"})
    assert LEDGER in str(found["message_detail_list"])
