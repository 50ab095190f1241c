"""Many hosts on one data directory share one engine, and lose nothing whatever dies."""

import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import anyio
import psutil
import pytest
from mcp import Client, StdioServerParameters

from memos_mcp.core.models import AddMessage, GetMessage, Message, SearchMemory
from tests.engine.conftest import engines_of
from tests.engine.front import Front, front

HOSTS = 8
MESSAGES = 50
A_CALL = 9


def one(text: str, *, conversation_id: str) -> AddMessage:
    return AddMessage(messages=(Message(role="user", content=text),), conversation_id=conversation_id)


async def said_in(host: Front, conversation_id: str) -> list[str]:
    said: list[str] = []
    page = pages = 1
    while page <= pages:
        request = GetMessage(conversation_id=conversation_id, message_limit_number=50, page=page)
        found = await host.get_message(request, user_id="u")
        said = [message.content for message in found.message_detail_list] + said
        page, pages = page + 1, found.pages
    return said


async def nearest(host: Front, query: str) -> list[str]:
    """Return the first ten: texts as alike as these also find their neighbours."""
    request = SearchMemory(query=query, memory_limit_number=0, message_limit_number=10)
    found = await host.search_memory(request, user_id="u")
    return [message.content for message in found.message_detail_list]


async def test_eight_hosts_store_each_message_once_and_see_each_other_at_once(data_dir: Path) -> None:
    async def write(number: int) -> None:
        async with front(data_dir) as host:
            for line in range(MESSAGES):
                text = f"Front {number} line {line} about heron{number}x{line}."
                await host.add_message(one(text, conversation_id=f"c{number}"), user_id="u")
                if line % 10 == 0:
                    assert text in await nearest(host, f"heron{number}x{line}")

    with anyio.fail_after(240):
        async with anyio.create_task_group() as group:
            for number in range(HOSTS):
                group.start_soon(write, number)
        async with front(data_dir) as host:
            for number in range(HOSTS):
                expected = [f"Front {number} line {line} about heron{number}x{line}." for line in range(MESSAGES)]
                assert await said_in(host, f"c{number}") == expected
    assert len(engines_of(data_dir)) == 1


async def test_twenty_hosts_started_at_the_same_instant_end_up_with_one_engine(data_dir: Path) -> None:
    async def ask() -> None:
        async with front(data_dir) as host:
            await host.call("get_memory", "u")

    with anyio.fail_after(120):
        async with anyio.create_task_group() as group:
            for _ in range(20):
                group.start_soon(ask)

    assert len(engines_of(data_dir)) == 1


@pytest.mark.parametrize(
    "rounds",
    [pytest.param(8, id="short"), pytest.param(60, id="long", marks=pytest.mark.slow)],
)
async def test_killing_engines_and_relays_while_hosts_write_loses_and_doubles_nothing(
    data_dir: Path, rounds: int
) -> None:
    """An engine dies or stands still for a while, and so do relays; adds of a session overlap."""
    chance = random.Random(rounds)  # noqa: S311  # a repeatable choice of moments
    acknowledged: list[list[str]] = [[], [], []]
    maybe: list[set[str]] = [set(), set(), set()]
    ended = anyio.Event()

    async def harm() -> None:
        for _ in range(rounds):
            await anyio.sleep(chance.uniform(0.2, 1.5))
            victims = engines_of(data_dir) if chance.random() < 0.7 else []
            if chance.random() < 0.4 or not victims:
                victims.append(chance.choice(relays_of(data_dir)))
            for victim in victims:
                await harmed(victim, chance.choice([signal.SIGKILL, signal.SIGKILL, signal.SIGTERM, signal.SIGSTOP]))
            with anyio.fail_after(120):
                enough = sum(map(len, acknowledged)) + A_CALL
                while sum(map(len, acknowledged)) < enough:
                    await anyio.sleep(0.05)
        ended.set()

    with anyio.fail_after(60 + 60 * rounds):
        async with anyio.create_task_group() as group:
            for number in range(len(acknowledged)):
                group.start_soon(write_until, ended, data_dir, number, acknowledged[number], maybe[number])
            group.start_soon(harm)
        async with front(data_dir) as host:
            for number, texts in enumerate(acknowledged):
                said = await said_in(host, f"c{number}")
                assert [text for text in said if text not in maybe[number]] == texts
                assert len(said) == len(set(said))
            assert acknowledged[0][0] in await nearest(host, "crane0x0x0")
    assert len(engines_of(data_dir)) == 1


async def harmed(victim: psutil.Process, number: signal.Signals) -> None:
    try:
        victim.send_signal(number)
        if number == signal.SIGSTOP:
            await anyio.sleep(1)
            victim.send_signal(signal.SIGCONT)
    except psutil.NoSuchProcess:
        return


def relays_of(data_dir: Path) -> list[psutil.Process]:
    """Return the relays that this test started."""
    found = [child for child in psutil.Process().children() if child.status() != psutil.STATUS_ZOMBIE]
    return [child for child in found if child.cmdline()[-2:] == ["-m", "memos_mcp"]]


async def write_until(end: anyio.Event, data_dir: Path, number: int, acknowledged: list[str], maybe: set[str]) -> None:
    """Be a host that adds until the end, several calls at a time, and notes what was acknowledged.

    A host whose relay is killed starts another; of what it was not told, nobody knows whether it is stored.
    """
    line = 0
    while not end.is_set():
        unsure: dict[int, list[str]] = {}
        try:
            async with front(data_dir) as host:
                while not end.is_set():
                    unsure = {at: texts_of(number, at) for at in range(line, line + 3)}
                    line += 3
                    await add_at_once(host, number, unsure, acknowledged)
        except* Exception:  # noqa: BLE001  # the relay was killed: whatever the client makes of that
            maybe.update(text for texts in unsure.values() for text in texts)


def texts_of(number: int, line: int) -> list[str]:
    return [f"Front {number} line {line}.{part} about crane{number}x{line}x{part}." for part in range(A_CALL // 3)]


async def add_at_once(host: Front, number: int, calls: dict[int, list[str]], acknowledged: list[str]) -> None:
    """Make several adds without waiting for the first; note those that were acknowledged, in their order."""
    done: dict[int, list[str]] = {}

    async def add(line: int, texts: list[str]) -> None:
        messages = tuple(Message(role="user", content=text) for text in texts)
        await host.add_message(AddMessage(messages=messages, conversation_id=f"c{number}"), user_id="u")
        done[line] = texts

    await host.client("u")
    try:
        async with anyio.create_task_group() as group:
            for line, texts in calls.items():
                group.start_soon(add, line, texts)
    finally:
        for line in sorted(done):
            acknowledged += calls.pop(line)


async def test_an_engine_that_ended_in_order_is_replaced_without_a_word(data_dir: Path) -> None:
    async with front(data_dir) as host:
        await host.add_message(one("before", conversation_id="c"), user_id="u")
        (engine,) = engines_of(data_dir)
        engine.terminate()
        await anyio.to_thread.run_sync(engine.wait, 20)
        await host.add_message(one("after", conversation_id="c"), user_id="u")

        assert await said_in(host, "c") == ["before", "after"]


async def test_the_engine_ends_when_its_directory_vanishes(data_dir: Path) -> None:
    async with front(data_dir) as host:
        await host.call("get_memory", "u")
        (engine,) = engines_of(data_dir)

        data_dir.rename(data_dir.with_name("moved"))

        await anyio.to_thread.run_sync(engine.wait, 20)


async def test_the_engine_stays_for_a_host_that_says_nothing_and_ends_after_it(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MEMOS_ENGINE_IDLE", "1")
    async with front(data_dir) as host:
        await host.call("get_memory", "u")
        (engine,) = engines_of(data_dir)
        await anyio.sleep(3)
        assert engine.is_running()

    await anyio.to_thread.run_sync(engine.wait, 20)


async def test_a_store_that_is_open_elsewhere_is_a_sentence(data_dir: Path) -> None:
    data_dir.mkdir()
    environment = {**os.environ, "MEMOS_DATA_DIR": str(data_dir), "MEMOS_ENGINE": "embedded"}
    parameters = StdioServerParameters(command=sys.executable, args=["-m", "memos_mcp"], env=environment)
    async with Client(parameters) as embedded:
        await embedded.call_tool("add_message", {"messages": "I hold the store."})
        async with front(data_dir) as host:
            with pytest.raises(Exception, match="Another memos-mcp has"):
                await host.call("get_memory", "u")


def relay_process(data_dir: Path) -> "subprocess.Popen[bytes]":
    environment = {**os.environ, "MEMOS_DATA_DIR": str(data_dir)}
    command = [sys.executable, "-m", "memos_mcp"]
    return subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE)


async def test_a_relay_whose_host_vanishes_ends_by_itself_and_the_engine_goes_on(data_dir: Path) -> None:
    async with front(data_dir) as host:
        await host.add_message(one("kept", conversation_id="c"), user_id="u")
        abandoned = relay_process(data_dir)
        abandoned.communicate(timeout=120)
        killed = relay_process(data_dir)
        await anyio.sleep(0.3)
        killed.kill()
        killed.communicate()

        assert await said_in(host, "c") == ["kept"]
    assert abandoned.returncode == 0
    assert len(engines_of(data_dir)) == 1
