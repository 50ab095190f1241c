"""A file is looked into and taken in while nobody waits: one of a user at a time, to be followed and to be ended."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import anyio
import httpx
import pytest
from anyio import create_task_group
from starlette.applications import Starlette

from memos_mcp.api.guard.tokens import Tokens
from memos_mcp.api.v1.import_routes import Imports
from tests.api.engine import Engine, client_of, engine
from tests.api.v1.client import V1, Api, Json, read, refused
from tests.local.stores import store

pytestmark = pytest.mark.long

PATIENCE = 60
UNDER_WAY = ("looking", "taking_in")


@pytest.fixture
async def alice(tmp_path: Path) -> AsyncIterator[Api]:
    async with engine(tmp_path, tokens=Tokens([("alices-token", "alice"), ("bobs-token", "bob")])) as opened:
        yield Api(opened, authorization="Bearer alices-token")


def chat(count: int, word: str = "lighthouse") -> bytes:
    turns = [
        {"role": "user", "content": f"I saw {word} number {number} today. " * 20, "time": "2025-06-10T09:30:00Z"}
        for number in range(count)
    ]
    return json.dumps(turns).encode()


async def send(api: Api, content: bytes, **query: str) -> httpx.Response:
    headers = {"content-type": "application/octet-stream"} | api.headers
    return await api.engine.client.post(f"{V1}/import/job", content=content, headers=headers, params=query)


async def settled(api: Api, seen: list[Json] | None = None) -> Json:
    """Wait until the job is no more under way."""
    with anyio.fail_after(PATIENCE):
        while (job := await api.get("/import/job"))["state"] in UNDER_WAY:
            if seen is not None:
                seen.append(job)
            await anyio.sleep(0.01)
    return job


async def part_way(api: Api) -> None:
    with anyio.fail_after(PATIENCE):
        while not (await api.get("/import/job"))["done"]:
            await anyio.sleep(0.005)


async def stored(api: Api) -> int:
    return (await api.get("/status"))["counts"]["messages"]


async def test_a_file_is_looked_into_and_taken_in_with_a_known_share(alice: Api) -> None:
    content, seen = chat(1_000), []
    assert (await alice.get("/import/job"))["state"] == "none"

    begun = read(await send(alice, content, name="talks.json"))
    looked = await settled(alice)

    assert (begun["state"], begun["name"]) == ("looking", "talks.json")
    assert (looked["state"], looked["error"]) == ("looked", "")
    assert (looked["found"]["messages"], looked["found"]["new_messages"]) == (1_000, 1_000)
    assert looked["found"]["first_time"].startswith("2025-06-10")
    assert await stored(alice) == 0

    assert (await alice.post("/import/job/run"))["state"] == "taking_in"
    done = await settled(alice, seen)

    assert (done["state"], done["found"]["messages"], await stored(alice)) == ("done", 1_000, 1_000)
    shares = [job["done"] for job in seen]
    assert shares == sorted(shares)
    assert any(0 < share < len(content) for share in shares)
    assert {job["total"] for job in seen if job["done"]} == {len(content)}
    read(await send(alice, content))
    assert (await settled(alice))["found"]["new_messages"] == 0


async def test_one_goes_on_at_a_time_and_another_user_knows_nothing_of_it(alice: Api) -> None:
    bob = Api(alice.engine, authorization="Bearer bobs-token")
    read(await send(alice, chat(5_000), name="alices.json"))

    assert "is under way" in refused(await send(alice, chat(1)), 400)
    assert "no file that was looked into" in refused(await alice.call("POST", "/import/job/run", {}), 400)
    assert (await bob.get("/import/job")) == {"state": "none", "name": "", "done": 0, "total": 0, "found": None} | {
        "error": ""
    }
    read(await send(bob, chat(1)))
    assert (await settled(bob))["found"]["messages"] == 1
    assert (await settled(alice))["found"]["messages"] == 5_000
    assert (await alice.call("DELETE", "/import/job")).json()["state"] == "none"
    assert (await bob.get("/import/job"))["state"] == "looked"


async def test_one_that_is_cancelled_keeps_what_it_took_and_the_next_takes_the_rest(alice: Api) -> None:
    content = chat(5_000)
    read(await send(alice, content))
    await settled(alice)
    await alice.post("/import/job/run")
    await part_way(alice)

    cancelled = read(await alice.call("DELETE", "/import/job"))

    kept = await stored(alice)
    assert cancelled["state"] == "cancelled"
    assert kept < 5_000
    read(await send(alice, content))
    assert (await settled(alice))["found"]["new_messages"] == 5_000 - kept


async def test_what_is_no_import_says_so_by_its_name(alice: Api) -> None:
    read(await send(alice, b"\x00\x01nothing", name="holiday.jpg"))

    failed = await settled(alice)

    assert failed["state"] == "failed"
    assert failed["error"].startswith("holiday.jpg is nothing that can be imported; nothing was changed.")
    read(await send(alice, chat(1)))
    assert (await settled(alice))["state"] == "looked"


async def test_a_file_goes_with_its_job_and_with_the_engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    async with engine(tmp_path / "store") as opened:
        api = Api(opened)
        read(await send(api, chat(1)))
        assert (await settled(api))["state"] == "looked"
        assert len(list(scratch.iterdir())) == 1
        read(await send(api, chat(2)))
        await settled(api)
        assert len(list(scratch.iterdir())) == 1
        read(await send(api, chat(5_000)))
        await part_way(api)
    assert list(scratch.iterdir()) == []


async def test_a_file_that_nobody_takes_in_is_dropped(tmp_path: Path) -> None:
    async with store(tmp_path) as backend, create_task_group() as group:
        imports = Imports(backend.transferring, group.start_soon, decision=0)
        app = Starlette(routes=[one.route(default_user="u") for one in imports.operations()])
        async with client_of(app) as client:
            api = Api(Engine(client, backend))
            read(await send(api, chat(1)))
            with anyio.fail_after(PATIENCE):
                while (await api.get("/import/job"))["state"] != "none":
                    await anyio.sleep(0.01)
