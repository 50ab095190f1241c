"""Files go in and come out by the routes, of the caller alone, each thing once."""

import io
import json
import sqlite3
import zipfile
from pathlib import Path

import httpx
import pytest

from memos_mcp.api.guard.request_body import LARGEST_BODY
from memos_mcp.api.guard.tokens import Tokens
from tests.api.engine import engine
from tests.api.v1.client import V1, Api, Json, read, refused
from tests.local import stores
from tests.local.servers import Servers

SISTER = "My sister Ana collects lighthouses."
DOG = "I have a dog called Bruno."


async def send(api: Api, content: bytes, *, dry_run: bool = False, **query: str) -> httpx.Response:
    headers = {"content-type": "application/octet-stream"} | api.headers
    params = query | ({"dry_run": "true"} if dry_run else {})
    return await api.engine.client.post(f"{V1}/import", content=content, headers=headers, params=params)


def chat(*texts: str) -> bytes:
    turns = [{"role": "user", "content": text, "time": "2025-06-10T09:30:00Z"} for text in texts]
    return json.dumps(turns).encode()


async def test_a_file_is_looked_at_then_taken_in_once(api: Api) -> None:
    tried = read(await send(api, chat(SISTER, DOG), dry_run=True))
    assert (tried["messages"], tried["new_messages"], tried["dry_run"]) == (2, 2, True)
    assert (await api.get("/status"))["counts"]["messages"] == 0

    taken = read(await send(api, chat(SISTER, DOG)))
    again = read(await send(api, chat(SISTER, DOG), dry_run=True))

    assert (taken["messages"], again["new_messages"]) == (2, 0)
    found = await api.get("/search", query="What does Ana collect?", kinds="message")
    assert found["hits"][0]["message"]["content"] == SISTER


async def test_an_export_comes_back_as_it_was_even_into_another_users_memory(api: Api) -> None:
    await api.say(SISTER, user_id="alice")

    exported = (await api.call("GET", "/export", user_id="alice")).content
    taken = read(await send(api, exported, user_id="bob"))

    assert (taken["messages"], taken["memories"]) == (1, 1)
    (memory,) = (await api.get("/memories", user_id="bob"))["memories"]
    detail = await api.get(f"/memories/{memory['memory_id']}", user_id="bob")
    assert [message["content"] for message in detail["sources"]] == [SISTER]
    assert (await api.get("/memories", user_id="alice"))["total"] == 1


async def test_an_export_keeps_who_spoke_and_what_is_public(api: Api, tmp_path: Path) -> None:
    said = {"role": "user", "role_id": "ana", "role_name": "Ana", "content": SISTER}
    await api.say(user_id="alice", messages=[said], allow_public=True)
    await api.say(DOG, user_id="alice", conversation_id="d")
    exported = (await api.call("GET", "/export", user_id="alice")).content

    async with engine(tmp_path / "other") as other:
        read(await send(Api(other, **api.headers), exported, user_id="alice"))
        page = await other.data("get/message", {"user_id": "alice", "conversation_id": "c"}, **api.headers)
        body = {"user_id": "bob", "query": "lighthouses dog", "relativity": 0}
        found = (await other.data("search/memory", body, **api.headers))["memory_detail_list"]

    assert (page["message_detail_list"][0]["role_id"], page["message_detail_list"][0]["role_name"]) == ("ana", "Ana")
    assert [one["memory_value"] for one in found] == [f"[public] Ana: {SISTER}"]


async def test_an_export_for_people_is_a_zip_of_conversations(api: Api) -> None:
    await api.say(SISTER)

    answer = await api.call("GET", "/export", format="markdown")

    assert 'filename="memory.zip"' in answer.headers["content-disposition"]
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        texts = [archive.read(name).decode() for name in archive.namelist() if not name.endswith("/")]
    assert any(SISTER in text for text in texts)


async def test_a_backup_is_a_ledger(api: Api, tmp_path: Path) -> None:
    await api.say(SISTER)
    file = tmp_path / "backup.sqlite3"

    file.write_bytes((await api.call("GET", "/backup")).content)

    with sqlite3.connect(file) as ledger:
        assert ledger.execute("SELECT content FROM message").fetchall() == [(SISTER,)]
    ledger.close()


@pytest.mark.processes
@pytest.mark.filterwarnings("ignore::ResourceWarning")  # of Chroma's client
async def test_a_ledger_in_postgresql_is_exported_and_imported_and_backed_up_by_its_own_tools(
    tmp_path: Path, servers: Servers
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stores, "urls", {tmp_path: servers.postgres.empty()})
        patch.setattr(stores, "chroma", [servers.chroma])
        async with engine(tmp_path) as opened:
            api = Api(opened)
            await api.say(SISTER, user_id="alice")
            await api.say(DOG, user_id="carol")
            exported = (await api.call("GET", "/export", user_id="alice")).content
            tried = read(await send(api, exported, user_id="bob", dry_run=True))
            taken = read(await send(api, exported, user_id="bob"))

            assert (tried["new_messages"], taken["messages"], taken["memories"]) == (1, 1, 1)
            assert read(await send(api, exported, user_id="bob", dry_run=True))["new_messages"] == 0
            assert "pg_dump" in refused(await api.call("GET", "/backup"), 400)


async def test_a_token_gets_no_backup_of_others_and_imports_into_its_own_memory_alone(tmp_path: Path) -> None:
    tokens = Tokens([("alices-token", "alice"), ("bobs-token", "bob")])
    async with engine(tmp_path, tokens=tokens) as opened:
        alice, bob = (Api(opened, authorization=f"Bearer {name}-token") for name in ("alices", "bobs"))
        assert (await alice.call("GET", "/backup")).status_code == 200, "a store without anybody's memory"
        await alice.say(SISTER, user_id="alice")
        exported = (await alice.call("GET", "/export")).content
        assert (await alice.call("GET", "/backup")).status_code == 200

        assert "every user's" in refused(await bob.call("GET", "/backup"), 403)
        read(await send(bob, exported))

        assert (await alice.get("/status"))["counts"] == (await bob.get("/status"))["counts"]
        assert "every user's" in refused(await alice.call("GET", "/backup"), 403)


@pytest.mark.parametrize("content", [b"", b"\x00\x01\x02nothing", b'{"kind": "message"}\n'])
async def test_what_is_no_import_is_said(api: Api, content: bytes) -> None:
    assert "nothing was changed" in refused(await send(api, content), 400).lower()


async def test_a_file_may_be_larger_than_a_body_of_json(api: Api) -> None:
    turns: list[Json] = json.loads(chat(*(f"Number {number}. " + "words " * 900 for number in range(2_000))))

    taken = read(await send(api, json.dumps(turns).encode(), dry_run=True))

    assert len(json.dumps(turns)) > LARGEST_BODY
    assert taken["new_messages"] == 2_000
    assert "must be JSON" in refused(
        await api.engine.client.post(
            f"{V1}/forget", content=b"{}", headers={"content-type": "application/octet-stream"}
        ),
        400,
    )
