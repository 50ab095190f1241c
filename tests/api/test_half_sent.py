"""What is sent in part: it is given up after a while, and only so much of it is waited for."""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager

import anyio
import pytest
from anyio.abc import SocketStream
from starlette.types import Message

from memos_mcp.api.app import build_app
from memos_mcp.api.guard.guard import Guard, Hosts
from memos_mcp.api.guard.slow_requests import MOST, impatient
from memos_mcp.api.guard.tokens import Tokens
from memos_mcp.api.serve import listen, serve
from tests.fakes.memory_backend import ListBackend

PATIENCE = 0.3
POST = b"POST /api/openmem/v1/get/conversation HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
WHOLE = b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


@asynccontextmanager
async def served(*, patience: float = PATIENCE, tokens: Tokens | None = None) -> AsyncGenerator[int]:
    app = build_app(ListBackend(), user_id="ann", tokens=tokens)
    started, ending = anyio.Event(), anyio.Event()
    with listen("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
        async with anyio.create_task_group() as tasks:

            async def run() -> None:
                await serve(app, listener, started=started, ending=ending, patience=patience)

            tasks.start_soon(run)
            await started.wait()
            yield port
            ending.set()


async def _all_of(stream: SocketStream) -> bytes:
    received = b""
    with anyio.fail_after(30):
        while True:
            try:
                received += await stream.receive()
            except (anyio.EndOfStream, anyio.BrokenResourceError):
                return received


@pytest.mark.parametrize(
    "sent", [b"", b"GET /health HTTP/1.1\r\nHost: 127", WHOLE + b"GET /hea"], ids=["nothing", "half a head", "a second"]
)
async def test_a_head_that_does_not_end_is_cut_off(sent: bytes) -> None:
    async with served() as port, await anyio.connect_tcp("127.0.0.1", port) as stream:
        if sent.startswith(WHOLE):
            await stream.send(WHOLE)
            assert b"200 OK" in await stream.receive()
        await stream.send(sent.removeprefix(WHOLE))
        await _all_of(stream)


async def test_a_connection_between_two_requests_is_kept() -> None:
    async with served() as port, await anyio.connect_tcp("127.0.0.1", port) as stream:
        for _ in range(2):
            await stream.send(WHOLE)
            assert b"200 OK" in await stream.receive()
            await anyio.sleep(2 * PATIENCE)


async def test_the_connection_that_has_waited_longest_is_closed_for_one_too_many() -> None:
    async with served(patience=60) as port, AsyncExitStack() as held:
        opened = [await held.enter_async_context(await anyio.connect_tcp("127.0.0.1", port)) for _ in range(MOST + 1)]
        await _all_of(opened[0])
        await opened[-1].send(WHOLE)
        assert b"200 OK" in await opened[-1].receive()


async def test_half_sent_bodies_keep_nobody_else_out() -> None:
    half = POST + b"Content-Length: 20\r\n\r\n{"
    async with served(patience=60) as port, AsyncExitStack() as held:
        opened = [await held.enter_async_context(await anyio.connect_tcp("127.0.0.1", port)) for _ in range(MOST)]
        for stream in opened:
            await stream.send(half)
        async with await anyio.connect_tcp("127.0.0.1", port) as other:
            with anyio.fail_after(30):
                await other.send(POST + b"Content-Length: 2\r\n\r\n{}")
                assert b"200 OK" in await other.receive()
                assert b" 429 " in await opened[0].receive()


async def test_who_has_no_token_sends_little() -> None:
    tokens = Tokens([("a-token", "ann")])
    async with served(tokens=tokens) as port, await anyio.connect_tcp("127.0.0.1", port) as stream:
        await stream.send(
            POST.replace(b"/api/openmem/v1/get/conversation", b"/sign-in") + b"Content-Length: 100001\r\n\r\n"
        )
        with anyio.fail_after(30):
            assert b" 413 " in await stream.receive()


def test_what_has_waited_longest_goes_where_there_are_too_many() -> None:
    closed: list[int] = []

    class Transport:
        def __init__(self, number: int) -> None:
            self.number = number

        def close(self) -> None:
            closed.append(self.number)

    kind = impatient(most=2)
    kept = [object.__new__(kind) for _ in range(3)]

    async def all_of_it() -> None:
        for number, protocol in enumerate(kept):
            protocol.transport = Transport(number)
            protocol.wait()
        for protocol in kept:
            protocol.wait_no_more()

    anyio.run(all_of_it)
    assert closed == [0]


async def test_a_body_that_does_not_end_is_refused() -> None:
    sent: list[Message] = []
    parts: list[Message] = [{"type": "http.request", "body": b"{", "more_body": True}]

    async def app(*_: object) -> None:
        raise AssertionError

    async def receive() -> Message:
        if not parts:
            await anyio.sleep_forever()
        return parts.pop()

    async def send(message: Message) -> None:
        sent.append(message)

    headers = [(b"host", b"127.0.0.1"), (b"content-type", b"application/json")]
    guard = Guard(app, hosts=Hosts(), tokens=Tokens(()), rate=None, patience=0.01)
    with anyio.fail_after(30):
        await guard({"type": "http", "method": "POST", "path": "/mcp", "headers": headers}, receive, send)

    assert sent[0]["status"] == 408


async def test_a_host_said_twice_is_refused() -> None:
    async with served() as port, await anyio.connect_tcp("127.0.0.1", port) as stream:
        await stream.send(WHOLE.replace(b"\r\n\r\n", b"\r\nHost: evil.example\r\nConnection: close\r\n\r\n"))
        assert (await _all_of(stream)).split(b"\r\n")[0].split()[1] in (b"400", b"421")
