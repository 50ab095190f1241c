"""The hosted backend in front of servers that behave badly on a real socket."""

import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path

import anyio
import httpx
import pytest
from anyio.abc import SocketAttribute, SocketStream

from memos_mcp.backends.hosted import HostedBackend, open_hosted
from memos_mcp.backends.hosted.outbox import Outbox
from memos_mcp.core.errors import MemosError, Unavailable
from memos_mcp.core.models import GetMessage, SearchMemory
from tests.fakes.cloud import KEY, FakeCloud
from tests.hosted.opened import AT_ONCE, add, hosted, until_empty

QUERY = SearchMemory(query="spare key")
ENVELOPE = b'{"code": 0, "message": "ok", "data": {}}'
Answer = Callable[[SocketStream], Awaitable[None]]


@asynccontextmanager
async def server(answer: Answer) -> AsyncIterator[str]:
    """Answer each connection in one way, after its first request."""

    async def handle(stream: SocketStream) -> None:
        async with stream:
            with suppress(anyio.EndOfStream, anyio.BrokenResourceError):  # the client waits no longer
                await stream.receive()
                await answer(stream)

    async with await anyio.create_tcp_listener(local_host="127.0.0.1") as listener, anyio.create_task_group() as group:
        group.start_soon(listener.serve, handle)
        yield f"http://127.0.0.1:{listener.extra(SocketAttribute.local_port)}/api/openmem/v1"
        group.cancel_scope.cancel()


@asynccontextmanager
async def impatient(base_url: str) -> AsyncIterator[HostedBackend]:
    quick = httpx.Timeout(0.2)
    async with open_hosted(base_url, KEY, data_dir=None, timeouts=quick, retry=AT_ONCE) as backend:
        yield backend


async def hangs(_: SocketStream) -> None:
    await anyio.sleep_forever()


async def closes(_: SocketStream) -> None:
    pass


async def stops_halfway(stream: SocketStream) -> None:
    await stream.send(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n" + ENVELOPE)


async def babbles(stream: SocketStream) -> None:
    await stream.send(b"220 mail.example ESMTP\r\n")


@pytest.mark.parametrize("answer", [hangs, closes, stops_halfway, babbles])
async def test_a_server_that_does_not_answer_properly_is_a_sentence(
    answer: Answer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)

    async with server(answer) as base_url, impatient(base_url) as backend:
        with anyio.fail_after(60), pytest.raises(Unavailable, match="127.0.0.1:.*try again") as caught:
            await backend.search_memory(QUERY, user_id="u")

    assert KEY not in str(caught.value)
    assert KEY not in caplog.text


async def test_cancelling_a_call_cancels_the_request() -> None:
    asked, gone = anyio.Event(), anyio.Event()

    async def wait_for_the_end(stream: SocketStream) -> None:
        asked.set()
        with pytest.raises(anyio.EndOfStream):
            await stream.receive()
        gone.set()

    async with server(wait_for_the_end) as base_url, open_hosted(base_url, KEY, data_dir=None) as backend:
        with anyio.fail_after(60):
            async with anyio.create_task_group() as calls:
                calls.start_soon(partial(backend.search_memory, QUERY, user_id="u"))
                await asked.wait()
                calls.cancel_scope.cancel()
            await gone.wait()


async def test_connections_are_used_again() -> None:
    connections = 0

    async def answer(stream: SocketStream) -> None:
        nonlocal connections
        connections += 1
        while True:
            head = f"HTTP/1.1 200 OK\r\ncontent-length: {len(ENVELOPE)}\r\nmemos-engine: 1\r\n\r\n"
            await stream.send(head.encode() + ENVELOPE)
            try:
                await stream.receive()
            except anyio.EndOfStream:
                return

    async with server(answer) as base_url, impatient(base_url) as backend:
        for _ in range(5):
            await backend.search_memory(QUERY, user_id="u")

    assert connections == 1


async def test_an_engine_is_known_again_behind_a_gateway_that_answers_in_its_place() -> None:
    answers = [
        b"HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\nmemos-engine: 1\r\nconnection: close\r\n\r\n%s"
        % (len(ENVELOPE), ENVELOPE),
    ]

    async def answer(stream: SocketStream) -> None:
        await stream.send(answers[0] if len(answers) == 1 else answers.pop(0))

    async with server(answer) as base_url, impatient(base_url) as backend:
        page = await backend.get_message(GetMessage(conversation_id="c", page=2), user_id="u")

    assert page.message_detail_list == ()


async def test_two_processes_with_one_outbox_deliver_each_add_once_in_order(tmp_path: Path) -> None:
    cloud = FakeCloud()
    cloud.break_next(*["refused"] * 40)
    async with hosted(cloud, data_dir=tmp_path) as backend:
        for number in range(8):
            await backend.add_message(add(str(number)), user_id="u")

    back = FakeCloud()
    async with hosted(back, data_dir=tmp_path) as one, hosted(back, data_dir=tmp_path) as other:
        async with anyio.create_task_group() as group:
            for backend in (one, other, one, other):
                group.start_soon(read_or_nothing, backend)
        await until_empty(tmp_path)

    assert back.said("u", "c") == [("user", str(number)) for number in range(8)]
    assert Outbox(tmp_path, account="").waiting().refused == 0


async def read_or_nothing(backend: HostedBackend) -> None:
    try:
        await backend.get_message(GetMessage(conversation_id="c"), user_id="u")
    except MemosError:
        return
