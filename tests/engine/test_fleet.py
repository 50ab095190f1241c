"""Many fronts on one data directory share one engine, and lose nothing whatever dies."""

import os
import random
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import psutil
import pytest
from mcp import Client, StdioServerParameters

from memos_mcp.backends.hosted import HostedBackend
from memos_mcp.engine.address import ADDRESS_FILE, Address, read_address, write_address
from memos_mcp.engine.service import engine_service, finish
from memos_mcp.errors import ConfigurationError, MemosError, Unavailable
from memos_mcp.models import AddMessage, GetConversation, GetMessage, Message, SearchMemory
from tests.engine.conftest import engines_of

FRONTS = 8
MESSAGES = 50
A_CALL = 9


@asynccontextmanager
async def front(data_dir: Path) -> AsyncIterator[HostedBackend]:
    """Be what a host's server is behind its MCP edge."""
    async with engine_service(data_dir) as service:
        yield HostedBackend(service)


def one(text: str, *, conversation_id: str) -> AddMessage:
    return AddMessage(messages=(Message(role="user", content=text),), conversation_id=conversation_id)


async def said_in(backend: HostedBackend, conversation_id: str) -> list[str]:
    said: list[str] = []
    page = pages = 1
    while page <= pages:
        request = GetMessage(conversation_id=conversation_id, message_limit_number=50, page=page)
        found = await backend.get_message(request, user_id="u")
        said = [message.content for message in found.message_detail_list] + said
        page, pages = page + 1, found.pages
    return said


async def nearest(backend: HostedBackend, query: str) -> list[str]:
    """Give the first ten: texts as alike as these also find their neighbours."""
    request = SearchMemory(query=query, memory_limit_number=0, message_limit_number=10, include_preference=False)
    found = await backend.search_memory(request, user_id="u")
    return [message.content for message in found.message_detail_list]


async def test_eight_fronts_store_each_message_once_and_see_each_other_at_once(data_dir: Path) -> None:
    async def write(number: int) -> None:
        async with front(data_dir) as backend:
            for line in range(MESSAGES):
                text = f"Front {number} line {line} about heron{number}x{line}."
                await backend.add_message(one(text, conversation_id=f"c{number}"), user_id="u")
                if line % 10 == 0:
                    assert text in await nearest(backend, f"heron{number}x{line}")

    with anyio.fail_after(240):
        async with anyio.create_task_group() as group:
            for number in range(FRONTS):
                group.start_soon(write, number)
        async with front(data_dir) as backend:
            for number in range(FRONTS):
                expected = [f"Front {number} line {line} about heron{number}x{line}." for line in range(MESSAGES)]
                assert await said_in(backend, f"c{number}") == expected
    assert len(engines_of(data_dir)) == 1


async def test_twenty_fronts_started_at_the_same_instant_end_up_with_one_engine(data_dir: Path) -> None:
    async def ask() -> None:
        async with front(data_dir) as backend:
            await backend.get_conversation(GetConversation(), user_id="u")

    with anyio.fail_after(120):
        async with anyio.create_task_group() as group:
            for _ in range(20):
                group.start_soon(ask)

    assert len(engines_of(data_dir)) == 1


@pytest.mark.parametrize(
    "kills",
    [pytest.param(8, id="short"), pytest.param(50, id="long", marks=pytest.mark.slow)],
)
async def test_killing_the_engine_while_fronts_write_loses_and_doubles_nothing(data_dir: Path, kills: int) -> None:
    chance = random.Random(kills)  # noqa: S311  # a repeatable choice of moments
    acknowledged: list[list[str]] = [[], [], []]
    killed = anyio.Event()

    async def kill() -> None:
        for _ in range(kills):
            await anyio.sleep(chance.uniform(0.2, 1.5))
            for engine in engines_of(data_dir):
                engine.send_signal(signal.SIGKILL if chance.random() < 0.7 else signal.SIGTERM)
            with anyio.fail_after(120):
                enough = sum(map(len, acknowledged)) + A_CALL
                while sum(map(len, acknowledged)) < enough:
                    await anyio.sleep(0.05)
        killed.set()

    with anyio.fail_after(60 + 60 * kills):
        async with anyio.create_task_group() as group:
            for number, texts in enumerate(acknowledged):
                group.start_soon(write_until, killed, data_dir, number, texts)
            group.start_soon(kill)
        async with front(data_dir) as backend:
            for number, texts in enumerate(acknowledged):
                assert await said_in(backend, f"c{number}") == texts
            assert acknowledged[0][0] in await nearest(backend, "crane0x0x0")


async def write_until(end: anyio.Event, data_dir: Path, number: int, acknowledged: list[str]) -> None:
    """Be a front that adds until the end, and notes what was acknowledged."""
    async with front(data_dir) as backend:
        line = 0
        while not end.is_set():
            texts = [f"Front {number} line {line}.{part} about crane{number}x{line}x{part}." for part in range(A_CALL)]
            messages = tuple(Message(role="user", content=text) for text in texts)
            await backend.add_message(AddMessage(messages=messages, conversation_id=f"c{number}"), user_id="u")
            acknowledged += texts
            line += 1


async def test_an_engine_that_ended_in_order_is_replaced_without_a_word(data_dir: Path) -> None:
    async with front(data_dir) as backend:
        await backend.add_message(one("before", conversation_id="c"), user_id="u")
        await finish(data_dir)
        await backend.add_message(one("after", conversation_id="c"), user_id="u")

        assert await said_in(backend, "c") == ["before", "after"]


async def test_a_file_that_names_a_dead_engine_is_no_obstacle(data_dir: Path) -> None:
    data_dir.mkdir()
    write_address(data_dir, Address.of_this_process(host="127.0.0.1", port=9))

    async with front(data_dir) as backend:
        await backend.add_message(one("text", conversation_id="c"), user_id="u")

    assert len(engines_of(data_dir)) == 1


async def test_a_file_that_is_rubbish_is_no_obstacle(data_dir: Path) -> None:
    data_dir.mkdir()
    (data_dir / ADDRESS_FILE).write_text('{"url": 3')

    async with front(data_dir) as backend:
        assert (await backend.get_conversation(GetConversation(), user_id="u")).total == 0


async def test_another_program_at_the_engines_port_is_no_obstacle(data_dir: Path) -> None:
    async def answer(stream: anyio.abc.SocketStream) -> None:
        async with stream:
            await stream.receive()
            await stream.send(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello")

    data_dir.mkdir()
    async with await anyio.create_tcp_listener(local_host="127.0.0.1") as listener, anyio.create_task_group() as group:
        group.start_soon(listener.serve, answer)
        port = listener.extra(anyio.abc.SocketAttribute.local_port)
        write_address(data_dir, Address.of_this_process(host="127.0.0.1", port=port))

        async with front(data_dir) as backend:
            await backend.add_message(one("text", conversation_id="c"), user_id="u")
            assert await said_in(backend, "c") == ["text"]
        group.cancel_scope.cancel()


async def test_an_older_engine_makes_room_for_a_newer_front(data_dir: Path) -> None:
    async with front(data_dir) as backend:
        await backend.add_message(one("old", conversation_id="c"), user_id="u")
    address = read_address(data_dir)
    assert address is not None
    write_address(data_dir, address.model_copy(update={"version": "0.0.1"}))

    async with front(data_dir) as backend:
        assert await said_in(backend, "c") == ["old"]

    now = read_address(data_dir)
    assert now is not None
    assert now.pid != address.pid


async def test_an_older_front_is_told_to_restart_its_host(data_dir: Path) -> None:
    data_dir.mkdir()
    address = Address.of_this_process(host="127.0.0.1", port=9)
    write_address(data_dir, address.model_copy(update={"version": "999.0"}))

    async with front(data_dir) as backend:
        with pytest.raises(ConfigurationError, match="Restart this host"):
            await backend.get_conversation(GetConversation(), user_id="u")


async def test_the_engine_ends_when_its_directory_vanishes(data_dir: Path) -> None:
    async with front(data_dir) as backend:
        await backend.get_conversation(GetConversation(), user_id="u")
    (engine,) = engines_of(data_dir)

    data_dir.rename(data_dir.with_name("moved"))

    await anyio.to_thread.run_sync(engine.wait, 20)


async def test_the_engine_ends_when_nobody_calls(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEMOS_ENGINE_IDLE", "1")
    async with front(data_dir) as backend:
        await backend.get_conversation(GetConversation(), user_id="u")
    (engine,) = engines_of(data_dir)

    await anyio.to_thread.run_sync(engine.wait, 20)

    assert read_address(data_dir) is None


async def test_a_directory_that_cannot_be_made_is_a_sentence(data_dir: Path) -> None:
    data_dir.write_text("a file stands where the folder should be")

    async with front(data_dir) as backend:
        with pytest.raises(Unavailable, match="MEMOS_DATA_DIR"):
            await backend.get_conversation(GetConversation(), user_id="u")


async def test_a_store_that_is_open_elsewhere_is_a_sentence(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("memos_mcp.engine.starting.PATIENCE", 40.0)
    data_dir.mkdir()
    environment = {**os.environ, "MEMOS_DATA_DIR": str(data_dir), "MEMOS_ENGINE": "embedded"}
    parameters = StdioServerParameters(command=sys.executable, args=["-m", "memos_mcp"], env=environment)
    async with Client(parameters) as embedded:
        await embedded.call_tool("add_message", {"messages": "I hold the store."})
        async with front(data_dir) as backend:
            with pytest.raises(MemosError, match="Another memos-mcp has"):
                await backend.get_conversation(GetConversation(), user_id="u")


def front_process(data_dir: Path) -> "subprocess.Popen[bytes]":
    environment = {**os.environ, "MEMOS_DATA_DIR": str(data_dir)}
    command = [sys.executable, "-m", "memos_mcp"]
    return subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE)


async def test_a_front_whose_host_vanishes_ends_by_itself_and_the_engine_goes_on(data_dir: Path) -> None:
    async with front(data_dir) as backend:
        await backend.add_message(one("kept", conversation_id="c"), user_id="u")
        abandoned = front_process(data_dir)
        assert abandoned.stdin is not None
        abandoned.stdin.close()
        await anyio.to_thread.run_sync(abandoned.wait, 20)
        killed = front_process(data_dir)
        await anyio.sleep(0.3)
        killed.kill()
        killed.wait()

        assert await said_in(backend, "c") == ["kept"]
    for process in (abandoned, killed):
        assert process.stdout is not None
        process.stdout.close()
    assert killed.stdin is not None
    killed.stdin.close()
    assert len(engines_of(data_dir)) == 1


async def test_a_front_imports_neither_chroma_nor_a_model(data_dir: Path) -> None:
    environment = {**os.environ, "MEMOS_DATA_DIR": str(data_dir)}
    parameters = StdioServerParameters(command=sys.executable, args=["-m", "memos_mcp"], env=environment)
    async with Client(parameters) as client:
        await client.call_tool("add_message", {"messages": "Who is loaded?", "conversation_id": "c"})
        me = psutil.Process()
        (process,) = [child for child in me.children() if child.cmdline()[-2:] == ["-m", "memos_mcp"]]
        mapped = " ".join(region.path for region in process.memory_maps())

    assert "chromadb" not in mapped
    assert "onnxruntime" not in mapped
    assert "numpy" not in mapped
