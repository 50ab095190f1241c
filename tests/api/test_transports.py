"""The same conversation over stdio, Streamable HTTP and SSE, in both eras of the protocol."""

import os
import sys
from collections.abc import AsyncGenerator, Generator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import httpx2
import pytest
from mcp import Client, StdioServerParameters
from mcp.client.sse import sse_client
from mcp.client.streamable_http import streamable_http_client
from mcp.types import CallToolResult
from mcp_types.version import HANDSHAKE_PROTOCOL_VERSIONS

from memos_mcp.api.app import build_app
from memos_mcp.api.serve import listen, serve, url_of
from memos_mcp.backends.base import MemoryBackend
from memos_mcp.backends.lazy import lending
from memos_mcp.mcp.app import build_server
from tests.api.process import Running, running
from tests.fakes.memory_backend import ListBackend

ERAS = ["legacy", "auto"]
TURN = [
    {"role": "user", "content": "My daughter Ana plays the cello."},
    {"role": "assistant", "content": "How lovely."},
]


@pytest.fixture(scope="module")
def guarded_engine(tmp_path_factory: pytest.TempPathFactory) -> Generator[Running]:
    """An engine where each transport and era is a user of its own."""
    tokens = ",".join(f"{kind}-{era}-token={kind}-{era}" for kind in ("http", "sse") for era in ERAS)
    with running(tmp_path_factory.mktemp("engine"), MEMOS_TOKENS=tokens) as started:
        yield started


@asynccontextmanager
async def over_stdio(folder: Path, era: str) -> AsyncGenerator[Client]:
    environment = dict(os.environ) | {"MEMOS_DATA_DIR": str(folder), "MEMOS_ENGINE": "embedded"}
    server = StdioServerParameters(command=sys.executable, args=["-m", "memos_mcp"], env=environment)
    async with Client(server, mode=era) as client:
        yield client


@asynccontextmanager
async def over_http(started: Running, era: str) -> AsyncGenerator[Client]:
    headers = {"authorization": f"Bearer http-{era}-token"}
    http = httpx2.AsyncClient(headers=headers, timeout=30)
    async with http, Client(streamable_http_client(f"{started.url}/mcp", http_client=http), mode=era) as client:
        yield client


@asynccontextmanager
async def over_sse(started: Running, era: str) -> AsyncGenerator[Client]:
    headers = {"authorization": f"Bearer sse-{era}-token"}
    async with Client(sse_client(f"{started.url}/sse", headers=headers), mode=era) as client:
        yield client


@pytest.mark.parametrize("era", ERAS)
@pytest.mark.parametrize("transport", ["stdio", "http", "sse"])
async def test_a_conversation_is_the_same_over_every_transport(
    request: pytest.FixtureRequest, tmp_path: Path, transport: str, era: str
) -> None:
    opening: AbstractAsyncContextManager[Client]
    match transport:
        case "stdio":
            opening = over_stdio(tmp_path, era)
        case "http":
            opening = over_http(request.getfixturevalue("guarded_engine"), era)
        case _:
            opening = over_sse(request.getfixturevalue("guarded_engine"), era)

    with anyio.fail_after(60):
        async with opening as client:
            assert (client.protocol_version in HANDSHAKE_PROTOCOL_VERSIONS) == (era == "legacy")
            await converse(client)


async def converse(client: Client) -> None:
    assert [tool.name for tool in (await client.list_tools()).tools] == [
        "add_message",
        "search_memory",
        "get_message",
        "get_memory",
        "delete_memory",
        "add_feedback",
    ]
    await call(client, "add_message", messages=TURN, conversation_id="c1")
    found = await call(client, "search_memory", query="Which instrument does Ana play?")
    said = await call(client, "get_message", conversation_id="c1")
    listed = await client.read_resource("memos://conversations/c1")
    refused = await client.call_tool("get_message", {"conversation_id": "never"})

    assert "cello" in str(found)
    assert [message["content"] for message in said["message_detail_list"]] == [one["content"] for one in TURN]
    assert "cello" in str(listed)
    assert refused.is_error


async def call(client: Client, tool: str, **arguments: Any) -> dict[str, Any]:  # noqa: ANN401  # JSON
    result = await client.call_tool(tool, arguments)
    assert isinstance(result, CallToolResult)
    assert not result.is_error, result.content
    assert result.structured_content is not None
    return result.structured_content


@pytest.mark.parametrize("era", ERAS)
async def test_a_token_reaches_its_users_memory_over_mcp_and_rest_alike(guarded_engine: Running, era: str) -> None:
    body = {"conversation_id": f"rest-{era}", "messages": [{"role": "user", "content": "Ana is my daughter."}]}
    async with httpx2.AsyncClient(base_url=guarded_engine.rest) as http:
        for kind in ("http", "sse"):
            answer = await http.post("/add/message", json=body, headers={"authorization": f"Bearer {kind}-{era}-token"})
            assert answer.json()["code"] == 0

    async with over_http(guarded_engine, era) as client:
        said = await call(client, "get_message", conversation_id=f"rest-{era}")
        other = await client.call_tool("get_message", {"conversation_id": f"rest-{'auto' if era == 'legacy' else ''}"})

    assert said["message_detail_list"][0]["content"] == "Ana is my daughter."
    assert other.is_error


async def test_a_session_is_of_no_use_with_another_token(guarded_engine: Running) -> None:
    own, other = ({"authorization": f"Bearer {kind}-legacy-token"} for kind in ("sse", "http"))
    ping = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
    http = httpx2.AsyncClient(base_url=guarded_engine.url, timeout=60)
    async with http, http.stream("GET", "/sse", headers=own) as stream:
        lines = stream.aiter_lines()
        path = next(line for line in [await anext(lines), await anext(lines)] if line.startswith("data: "))[6:]
        answers = [await http.post(path, json=ping, headers=headers) for headers in (own, other)]

    assert [answer.status_code for answer in answers] == [202, 404]


async def test_three_sse_clients_in_turn_open_the_store_once() -> None:
    opened: list[ListBackend] = []

    @asynccontextmanager
    async def opening() -> AsyncGenerator[MemoryBackend]:
        opened.append(ListBackend())
        yield opened[-1]

    async with lending(opening) as lend, anyio.create_task_group() as group:
        backend = await lend()
        app = build_app(backend, user_id="u", server=build_server(lend, user_id=lambda: "u"))
        listener = listen("127.0.0.1", 0)
        url = url_of(listener)
        started, ending = anyio.Event(), anyio.Event()
        group.start_soon(partial(serve, app, listener, started=started, ending=ending))
        await started.wait()
        for number in range(3):
            async with Client(sse_client(f"{url}/sse")) as client:
                await call(client, "add_message", messages=TURN, conversation_id=f"c{number}")
        async with Client(f"{url}/mcp") as client:
            said = await call(client, "get_message", conversation_id="c0")
        ending.set()

    assert len(opened) == 1
    assert len(said["message_detail_list"]) == 2
