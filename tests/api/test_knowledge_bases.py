"""Knowledge bases: documents of several kinds are searched beside memories, with their name and place, and removed."""

import base64
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from memos_mcp.api.guard.tokens import Tokens
from memos_mcp.backends.local.text.secrets import redact
from tests.api.engine import REST, Engine, Json, engine
from tests.api.test_identity import ALICE, SERVER
from tests.local.stores import store

POLICY = """# Travel policy

Read this before you book.

## Hotels

A night may cost 140 euros at most. Breakfast is included in that sum.

## Software

Design software may cost 1000 euros a year. 设计类软件的采购上限为1000元。
"""
PAGE = """<html><head><title>Title</title><style>p {color: red}</style></head><body><script>alert("steal")</script>
<h1>Parking</h1><p>The garage opens at <b>6:30</b> on weekdays.</p></body></html>"""


def pdf(*pages: str) -> bytes:
    """Write a PDF with a line of text on each page."""
    kids = " ".join(f"{3 + 2 * number} 0 R" for number in range(len(pages)))
    font = "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"
    objects = ["<< /Type /Catalog /Pages 2 0 R >>", f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>"]
    for number, text in enumerate(pages):
        stream = f"BT /F1 12 Tf 72 720 Td ({text}) Tj ET"
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents {4 + 2 * number} 0 R"
            f" /Resources << /Font << /F1 {font} >> >> >>"
        )
        objects.append(f"<< /Length {len(stream)} >>\nstream\n{stream}\nendstream")
    body, places = "%PDF-1.4\n", []
    for number, written in enumerate(objects, 1):
        places.append(len(body))
        body += f"{number} 0 obj\n{written}\nendobj\n"
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    size = len(objects) + 1
    trailer = f"trailer\n<< /Size {size} /Root 1 0 R >>\nstartxref\n{len(body)}\n%%EOF\n"
    return f"{body}xref\n0 {size}\n0000000000 65535 f \n{table}{trailer}".encode()


DOCUMENTS = {
    "policy.md": POLICY.encode(),
    "parking.html": PAGE.encode(),
    "visitors.pdf": pdf("Nothing of note.", "Visitors must sign the blue ledger at the gate."),
    "canteen.txt": b"\xef\xbb\xbfThe canteen serves soup on Thursdays.",
}


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[Engine]:
    async with engine(tmp_path) as opened:
        yield opened


async def make(api: Engine, *names: str, **headers: str) -> tuple[str, list[Json]]:
    body = {"knowledgebase_name": "Rules", "knowledgebase_description": "What holds here."}
    identifier = (await api.data("create/knowledgebase", body, **headers))["id"]
    files = [
        {"name": name, "type": "document", "content": base64.b64encode(DOCUMENTS[name]).decode()} for name in names
    ]
    added = {"knowledgebase_id": identifier, "file": files}
    return identifier, (await api.post("add/knowledgebase-file", added, **headers))[1]["data"]


async def find(api: Engine, query: str, identifiers: object, **fields: object) -> list[Json]:
    body = {"user_id": "ana", "query": query, "knowledgebase_ids": identifiers} | fields
    return (await api.data("search/memory", body))["memory_detail_list"]


@pytest.mark.parametrize(
    ("name", "query", "place", "says"),
    [
        ("policy.md", "How much may a hotel night cost?", "policy.md, Hotels", "140 euros"),
        ("policy.md", "设计类软件的采购上限是多少？", "policy.md, Software", "1000元"),
        ("parking.html", "When does the garage open?", "parking.html, Parking", "6:30"),
        ("visitors.pdf", "What must visitors sign?", "visitors.pdf, page 2", "blue ledger"),
        ("canteen.txt", "When does the canteen serve soup?", "canteen.txt, beginning", "Thursdays"),
    ],
)
async def test_a_piece_is_found_with_its_document_and_place(
    api: Engine, name: str, query: str, place: str, says: str
) -> None:
    identifier, [file] = await make(api, name)

    best = (await find(api, query, [identifier], relativity=0))[0]

    assert (file["name"], file["status"]) == (name, "completed")
    assert (best["memory_type"], best["memory_key"]) == ("DocumentMemory", place)
    assert says in best["memory_value"]
    assert best["conversation_id"] == file["id"]
    assert "alert" not in best["memory_value"]


async def test_pieces_stand_among_memories_and_only_where_they_are_asked_for(api: Engine) -> None:
    messages = [{"role": "user", "content": "I live in the hotel Tivoli with my daughter."}]
    await api.data("add/message", {"user_id": "ana", "messages": messages, "async_mode": False})
    identifier, _ = await make(api, "policy.md")

    both = await find(api, "hotel night", [identifier], relativity=0)
    every = await find(api, "hotel night", "all", relativity=0)
    none = await find(api, "hotel night", [], relativity=0)
    one = await find(api, "hotel night", [identifier], relativity=0, memory_limit_number=1)

    assert "Tivoli" in str(both)
    assert "140 euros" in str(both)
    assert [hit["memory_value"] for hit in every] == [hit["memory_value"] for hit in both]
    assert "140 euros" not in str(none)
    assert len(one) == 1
    scores = [hit["relativity"] for hit in both]
    assert scores == sorted(scores, reverse=True)


async def test_a_secret_in_a_document_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = "AKIA" + "IOSFODNN7EXAMPLE"
    monkeypatch.setitem(DOCUMENTS, "keys.txt", f"The key of the gate is {secret}.".encode())
    async with engine(tmp_path, redact=redact) as api:
        identifier, _ = await make(api, "keys.txt")
        found = await find(api, "What is the key of the gate?", [identifier], relativity=0)

    assert "key of the gate" in str(found)
    assert secret not in str(found)


async def test_no_memories_are_made_of_documents(api: Engine) -> None:
    await make(api, *DOCUMENTS)

    status = await api.backend.status()

    assert (status.memories, status.waiting_for_memories) == (0, 0)


async def test_documents_are_listed_and_removed(api: Engine) -> None:
    identifier, files = await make(api, "policy.md", "canteen.txt")
    ids = [file["id"] for file in files]

    listed = await api.data("get/knowledgebase-file", {"knowledgebase_id": identifier})
    named = await api.data("get/knowledgebase-file", {"file_ids": ids[:1]})
    await api.data("delete/knowledgebase-file", {"file_ids": ids[:1]})
    left = await api.data("get/knowledgebase-file", {"knowledgebase_id": identifier})
    found = await find(api, "How much may a hotel night cost?", [identifier], relativity=0)

    assert {file["name"] for file in listed["file_detail_list"]} == {"policy.md", "canteen.txt"}
    assert (listed["total"], named["file_detail_list"][0]["name"]) == (2, "policy.md")
    assert [file["id"] for file in left["file_detail_list"]] == ids[1:]
    assert "140 euros" not in str(found)
    assert "canteen" in str(found)


async def test_an_unknown_document_keeps_the_others(api: Engine) -> None:
    identifier, [file] = await make(api, "policy.md")

    status, _ = await api.post("delete/knowledgebase-file", {"file_ids": [file["id"], "unknown"]})

    assert status == 404
    assert (await api.data("get/knowledgebase-file", {"knowledgebase_id": identifier}))["total"] == 1


async def test_a_knowledge_base_goes_with_its_documents(api: Engine) -> None:
    identifier, _ = await make(api, "policy.md")

    await api.data("delete/knowledgebase", {"knowledgebase_id": identifier})

    assert await find(api, "hotel", [identifier], relativity=0) == []
    status, _ = await api.post("get/knowledgebase-file", {"knowledgebase_id": identifier})
    assert status == 404


async def test_documents_are_there_after_a_restart(tmp_path: Path) -> None:
    async with engine(tmp_path) as api:
        identifier, _ = await make(api, "policy.md")
    async with store(tmp_path) as backend:
        assert [one.name for one in await backend.library.documents(identifier, ())] == ["policy.md"]


async def test_files_of_a_form_are_taken(api: Engine) -> None:
    identifier, _ = await make(api)
    files = [("file", (name, content, "application/octet-stream")) for name, content in DOCUMENTS.items()]

    path, params = f"{REST}/add/knowledgebase-file", {"knowledgebase_id": identifier}
    key = {"authorization": "Token any-key"}
    answer = await api.client.post(path, params=params, files=files, headers=key)
    of_a_page = await api.client.post(path, params=params, files=files)

    assert of_a_page.status_code == 400
    assert answer.json()["code"] == 0
    assert [file["name"] for file in answer.json()["data"]] == list(DOCUMENTS)


@pytest.mark.parametrize(
    ("file", "code"),
    [
        ({"name": "a.docx", "content": "YQ=="}, 40007),
        ({"name": "a.pdf", "content": base64.b64encode(b"%PDF-1.4 broken").decode()}, 40007),
        ({"name": "a.pdf", "content": base64.b64encode(pdf("")).decode()}, 40007),
        ({"name": "a.txt", "content": base64.b64encode(b"\xff\xfe\x00").decode()}, 40007),
        ({"name": "a.html", "content": base64.b64encode(b"<div>" * 20_000).decode()}, 40007),
        ({"name": "x" * 256, "content": "YQ=="}, 40000),
        ({"name": "a.txt", "content": "not base64!"}, 40009),
        ({"name": "a.txt", "content": "https://memos.example/a.txt"}, 40000),
        ({"name": "a.txt", "content": ""}, 40002),
    ],
    ids=["another kind", "damaged", "no text", "not text", "nested", "long name", "not base64", "an address", "empty"],
)
async def test_what_is_no_document_is_refused_and_not_kept(api: Engine, file: Json, code: int) -> None:
    identifier, _ = await make(api)

    status, refused = await api.post("add/knowledgebase-file", {"knowledgebase_id": identifier, "file": [file]})

    assert (status, refused["code"]) == (400, code)
    assert (await api.data("get/knowledgebase-file", {"knowledgebase_id": identifier}))["total"] == 0


async def test_without_the_extra_a_sentence_says_how_to_get_it(api: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pypdf", None)
    identifier, _ = await make(api)
    content = base64.b64encode(DOCUMENTS["visitors.pdf"]).decode()
    body = {"knowledgebase_id": identifier, "file": [{"name": "v.pdf", "content": content}]}

    _, refused = await api.post("add/knowledgebase-file", body)

    assert "memos-memory-mcp[documents]" in refused["message"]


async def test_an_unknown_knowledge_base_takes_nothing(api: Engine) -> None:
    body = {"knowledgebase_id": "nowhere", "file": [{"name": "a.txt", "content": "YQ=="}]}

    status, refused = await api.post("add/knowledgebase-file", body)

    assert status == 404
    assert "create/knowledgebase" in refused["message"]


async def test_only_who_may_act_for_anybody_changes_what_everybody_reads(tmp_path: Path) -> None:
    async with engine(tmp_path, tokens=Tokens([("alices-token", "alice"), ("servers-token", "*")])) as api:
        identifier, [file] = await make(api, "policy.md", **SERVER)
        refused = [
            await api.post("create/knowledgebase", {"knowledgebase_name": "Mine"}, **ALICE),
            await api.post("delete/knowledgebase", {"knowledgebase_id": identifier}, **ALICE),
            await api.post("delete/knowledgebase-file", {"file_ids": [file["id"]]}, **ALICE),
            await api.post("add/knowledgebase-file", {"knowledgebase_id": identifier, "file": []}, **ALICE),
        ]
        query = {"query": "How much may a hotel night cost?", "knowledgebase_ids": [identifier], "relativity": 0}
        found = await api.data("search/memory", query, **ALICE)

    assert [status for status, _ in refused] == [403] * 4
    assert "140 euros" in str(found["memory_detail_list"])


async def test_a_filter_for_knowledge_bases_does_not_narrow_memories(api: Engine) -> None:
    messages = [{"role": "user", "content": "I live in the hotel Tivoli with my daughter."}]
    await api.data("add/message", {"user_id": "ana", "messages": messages, "async_mode": False})
    identifier, _ = await make(api, "policy.md", "canteen.txt")
    wanted = {"knowledgebase": {"and": [{"file": "canteen.txt"}]}}

    found = await find(api, "hotel night soup", [identifier], relativity=0, filter=wanted)

    assert "Tivoli" in str(found)
    assert "soup" in str(found)
    assert "140 euros" not in str(found)
