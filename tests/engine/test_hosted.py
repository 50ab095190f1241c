"""A host with a key is served by the same engine, which has the service and what waits for it to itself."""

import os
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import anyio
from mcp import Client, StdioServerParameters
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from memos_mcp.api.serve import listen, serve, url_of
from tests.engine.conftest import engines_of
from tests.fakes.cloud import KEY, FakeCloud
from tests.mcp.clients import structured, text_of


def host(data_dir: Path, url: str, key: str) -> Client:
    variables = {"MEMOS_DATA_DIR": str(data_dir), "MEMOS_API_KEY": key, "MEMOS_BASE_URL": f"{url}/api/openmem/v1"}
    environment = {**os.environ, **variables, "MEMOS_USER_ID": "u"}
    return Client(StdioServerParameters(command=sys.executable, args=["-m", "memos_mcp"], env=environment))


@asynccontextmanager
async def at_an_address(app: Starlette) -> AsyncGenerator[str]:
    listener = listen("127.0.0.1", 0)
    started, ending = anyio.Event(), anyio.Event()
    async with anyio.create_task_group() as group:
        group.start_soon(partial(serve, app, listener, started=started, ending=ending))
        await started.wait()
        yield url_of(listener)
        ending.set()


async def test_each_key_has_its_own_way_to_the_service_and_the_store_here_stays_closed(data_dir: Path) -> None:
    cloud = FakeCloud()
    async with (
        at_an_address(cloud.app) as url,
        host(data_dir, url, KEY) as first,
        host(data_dir, url, "another") as second,
    ):
        for number, client in enumerate((first, second)):
            await client.call_tool("add_message", {"messages": f"text {number}", "conversation_id": "c"})

    assert {headers["authorization"] for headers in cloud.headers} == {f"Token {KEY}", "Token another"}
    assert cloud.said("u", "c") == [("user", "text 0")]
    assert len(engines_of(data_dir)) == 1
    assert not (data_dir / "ledger.sqlite3").exists()


async def test_an_add_that_a_service_may_have_got_is_not_sent_by_the_next_engine(data_dir: Path) -> None:
    asked = anyio.Event()

    async def never(_: Request) -> Response:
        asked.set()
        await anyio.sleep(20)
        return JSONResponse({})

    app = Starlette(routes=[Route("/{path:path}", never, methods=["POST"])])
    told: list[str] = []
    async with at_an_address(app) as url, host(data_dir, url, "key") as client:

        async def add() -> None:
            told.append(text_of(await client.call_tool("add_message", {"messages": "hello"})))

        async with anyio.create_task_group() as group:
            group.start_soon(add)
            await asked.wait()
            (engine,) = engines_of(data_dir)
            engine.kill()

    assert "Look whether it was done" in told[0]


async def test_what_waits_for_the_service_is_delivered_by_the_engine(data_dir: Path) -> None:
    cloud = FakeCloud()
    listener = listen("127.0.0.1", 0)
    url = url_of(listener)
    async with host(data_dir, url, KEY) as client:
        kept = structured(await client.call_tool("add_message", {"messages": "later", "conversation_id": "c"}))
        assert kept["status"] == "running"
        started, ending = anyio.Event(), anyio.Event()
        async with anyio.create_task_group() as group:
            group.start_soon(partial(serve, cloud.app, listener, started=started, ending=ending))
            with anyio.fail_after(60):
                while cloud.said("u", "c") != [("user", "later")]:
                    await anyio.sleep(0.1)
            ending.set()
