"""How an engine listens, and how it ends."""

import os
import signal
import socket
import sys
from contextlib import suppress
from functools import partial
from pathlib import Path

import anyio
import httpx
import httpx2
import pytest
from anyio.abc import TaskStatus
from mcp import Client, MCPError
from mcp.client.subscriptions import SubscriptionLost
from starlette.types import Receive, Scope, Send

from memos_mcp.api.serve import listen, serve, url_of
from memos_mcp.backends.hosted import open_hosted
from memos_mcp.core.errors import ConfigurationError
from memos_mcp.core.models import GetMessage
from tests.api.process import running
from tests.contract.test_contract import said

UNREADABLE = "What the user said."
ENDS_WITHIN = 120.0
"""Seconds after which a server that has not ended is held to hang."""


def test_a_taken_port_is_a_sentence() -> None:
    with listen("127.0.0.1", 0) as taken:
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(ConfigurationError, match=f"127.0.0.1:{port} cannot be listened on.*another --port"):
            listen("127.0.0.1", port)


def test_a_listener_says_that_it_is_tcp_so_that_answers_are_sent_at_once() -> None:
    with listen("127.0.0.1", 0) as listener:
        assert listener.proto == socket.IPPROTO_TCP


@pytest.mark.parametrize("host", ["no-such-host.invalid", "203.0.113.7"])
def test_an_address_that_is_not_ours_is_a_sentence(host: str) -> None:
    with pytest.raises(ConfigurationError, match="cannot be listened on"):
        listen(host, 0)


@pytest.mark.skipif(not socket.has_ipv6, reason="no IPv6 here")
def test_an_ipv6_address_is_written_in_brackets() -> None:
    with listen("::1", 0) as listener:
        assert url_of(listener).startswith("http://[::1]:")


async def test_a_call_under_way_is_finished_when_the_server_ends() -> None:
    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            while (await receive())["type"] == "lifespan.startup":
                await send({"type": "lifespan.startup.complete"})
            await send({"type": "lifespan.shutdown.complete"})
            return
        ending.set()
        await anyio.sleep(0.3)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"done"})

    listener = listen("127.0.0.1", 0)
    url = url_of(listener)
    started, ending = anyio.Event(), anyio.Event()
    async with anyio.create_task_group() as group:
        group.start_soon(partial(serve, slow, listener, started=started, ending=ending))
        await started.wait()
        async with httpx.AsyncClient() as client:
            answer = await client.get(url)

    assert answer.text == "done"


async def test_a_server_goes_by_the_names_that_it_was_given(tmp_path: Path) -> None:
    with running(tmp_path, "--name", "memory.example", "--name", "Notes.example") as started:
        async with httpx.AsyncClient() as client:
            names = ("memory.example", "notes.example:443", "another.example")
            answers = [await client.get(f"{started.url}/health", headers={"Host": name}) for name in names]

    assert [answer.status_code for answer in answers] == [200, 200, 421]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_ends_the_engine_in_time_with_streams_open_no_error_logged_and_nothing_lost(
    tmp_path: Path, number: signal.Signals
) -> None:
    with running(tmp_path) as started:
        async with open_hosted(started.rest, "", data_dir=None) as memory:
            for content in ("One.", "Two."):
                await memory.add_message(said(content), user_id="u")
        async with anyio.create_task_group() as group:
            for opened in (sse_stream, sse_stream, mcp_stream):
                await group.start(opened, started.url)
            os.kill(started.process.pid, number)
            status = await anyio.to_thread.run_sync(partial(started.process.wait, ENDS_WITHIN))
            group.cancel_scope.cancel()
        assert started.process.stderr is not None
        log = started.process.stderr.read()

    assert status == 0
    assert "Failed to parse message" in log
    assert "Traceback" not in log
    assert UNREADABLE not in log
    with running(tmp_path) as again:
        async with open_hosted(again.rest, "", data_dir=None) as memory:
            page = await memory.get_message(GetMessage(conversation_id="c"), user_id="u")
    assert [message.content for message in page.message_detail_list] == ["One.", "Two."]


async def sse_stream(url: str, *, task_status: TaskStatus[None]) -> None:
    """A client that reads the event stream, as curl does, and sends what is no message."""
    with suppress(httpx2.HTTPError):
        async with httpx2.AsyncClient(timeout=None) as client, client.stream("GET", f"{url}/sse") as answer:
            async for line in answer.aiter_lines():
                if line.startswith("data: /messages/"):
                    sent = await client.post(url + line.removeprefix("data: "), json=UNREADABLE)
                    assert sent.status_code == 400
                    task_status.started()


async def mcp_stream(url: str, *, task_status: TaskStatus[None]) -> None:
    """A client of the newer era that listens for changes."""
    try:
        async with Client(f"{url}/mcp") as client, client.listen(resources_list_changed=True) as changes:
            task_status.started()
            async for _ in changes:
                pass
    except* (MCPError, SubscriptionLost, httpx2.HTTPError):
        pass
