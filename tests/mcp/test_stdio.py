"""The server as a host starts it: a process, its standard input and its standard output."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp import Client, StdioServerParameters

from memos_mcp.backends.base import MemoryBackend
from memos_mcp.core.errors import MemosError, Unavailable
from memos_mcp.core.models import StoredMessage
from memos_mcp.mcp.app import build_server
from memos_mcp.mcp.standard_streams import Wire
from memos_mcp.mcp.stdio import serve
from tests.fakes.memory_backend import ListBackend
from tests.mcp.clients import structured

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-m", "tests.mcp.stdio_server"]
INITIALIZE = {
    "jsonrpc": "2.0",
    "id": 0,
    "method": "initialize",
    "params": {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}},
}
INITIALIZED = {"jsonrpc": "2.0", "method": "notifications/initialized"}
SECONDS = 120
"""Far more than anything here takes; a process that hangs is killed after it."""


def _call(number: int, tool: str, **arguments: object) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": number, "method": "tools/call", "params": {"name": tool, "arguments": arguments}}


def _lines(*messages: dict[str, Any] | bytes) -> bytes:
    lines = [message if isinstance(message, bytes) else json.dumps(message).encode() for message in messages]
    return b"".join(line + b"\n" for line in lines)


def _answers(output: bytes) -> dict[Any, dict[str, Any]]:
    """Return what was answered by id; every line has to be a message."""
    messages = [json.loads(line) for line in output.splitlines()]
    assert all(message["jsonrpc"] == "2.0" for message in messages)
    return {message["id"]: message for message in messages if "id" in message}


def _talk(*messages: dict[str, Any] | bytes) -> dict[Any, dict[str, Any]]:
    """Send everything at once and end the input."""
    talk = _lines(INITIALIZE, INITIALIZED, *messages)
    done = subprocess.run(COMMAND, input=talk, capture_output=True, cwd=ROOT, timeout=SECONDS, check=True)
    return _answers(done.stdout)


@contextmanager
def _started(*arguments: str) -> Generator[subprocess.Popen[bytes]]:
    with subprocess.Popen([*COMMAND, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT) as process:
        assert process.stdin is not None
        process.stdin.write(_lines(INITIALIZE, INITIALIZED))
        process.stdin.flush()
        assert process.stdout is not None
        assert b'"result"' in process.stdout.readline()
        try:
            yield process
        finally:
            process.kill()


def test_what_is_sent_before_the_end_of_input_is_answered_before_the_end() -> None:
    answers = _talk(_call(1, "add_message", messages="hello"), _call(2, "get_message"))

    assert answers[1]["result"]["structuredContent"]["success"]
    assert answers[2]["result"]["structuredContent"]["message_detail_list"][0]["content"] == "hello"


def test_nothing_that_is_printed_reaches_the_wire() -> None:
    done = subprocess.run(COMMAND, input=b"", capture_output=True, cwd=ROOT, timeout=SECONDS, check=True)

    assert done.stdout == b""
    assert b"this must not reach the wire" in done.stderr


def test_bad_lines_are_answered_and_the_rest_is_served() -> None:
    half = _call(1, "add_message", messages="\ud83d")
    long = {"method": "tools/call", "params": {"text": "x" * 17_000_000}, "jsonrpc": "2.0", "id": "long"}
    answers = _talk(b"not json", b"", half, long, _call(2, "get_memory"))

    assert answers[None]["error"]["code"] == -32700
    assert answers[1]["error"]["code"] == -32602
    assert answers["long"]["error"]["code"] == -32600
    assert answers[2]["result"]["structuredContent"]["total"] == 0


def test_a_bad_line_before_initialize_does_not_end_the_session() -> None:
    talk = _lines(b"\x00\xff", b"[]", INITIALIZE)
    done = subprocess.run(COMMAND, input=talk, capture_output=True, cwd=ROOT, timeout=SECONDS, check=True)

    assert "result" in _answers(done.stdout)[0]


def test_texts_that_break_other_servers_go_in_and_come_out_word_for_word() -> None:
    texts = ["nul \x00 nul", "\u202eright to left", "👩‍👩‍👧 🏳️‍🌈", "x" * 50_000, "\u2028a\u2029\x85b\r\n\t", "﻿bom"]
    said = [{"role": "user", "content": text} for text in texts]
    answers = _talk(_call(1, "add_message", messages=said), _call(2, "get_message"))

    read = answers[2]["result"]["structuredContent"]["message_detail_list"]
    assert [message["content"] for message in read] == texts


def test_two_hundred_thousand_characters_come_out_in_parts() -> None:
    text = "".join(f"{number} " for number in range(35_000))[:200_000]
    parts = [_call(number, "get_message", message_id="m1", page=number - 1) for number in range(2, 6)]
    answers = _talk(_call(1, "add_message", messages=text), *parts)
    read = [answers[number]["result"]["structuredContent"] for number in range(2, 6)]

    assert "".join(page["message_detail_list"][0]["content"] for page in read) == text


def _send(process: subprocess.Popen[bytes], *messages: dict[str, Any]) -> None:
    assert process.stdin is not None
    process.stdin.write(_lines(*messages))
    process.stdin.flush()


def _next_answer(process: subprocess.Popen[bytes]) -> dict[str, Any]:
    assert process.stdout is not None
    while "id" not in (message := json.loads(process.stdout.readline())):
        pass
    return message


def test_the_store_is_opened_after_the_first_answer_and_calls_wait_for_it(tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    with _started(str(gate)) as process:
        _send(process, _call(1, "add_message", messages="hello"), {"jsonrpc": "2.0", "id": 2, "method": "tools/list"})
        listed = _next_answer(process)
        gate.touch()
        added = _next_answer(process)

    assert listed["id"] == 2
    assert added["id"] == 1
    assert added["result"]["structuredContent"]["success"]


@pytest.mark.skipif(sys.platform == "win32", reason="no such signals")
@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_and_a_call_under_way_is_answered(tmp_path: Path, end: signal.Signals) -> None:
    with _started(str(tmp_path / "never")) as process:
        _send(process, _call(1, "add_message", messages="hello"), {"jsonrpc": "2.0", "id": 2, "method": "ping"})
        assert _next_answer(process)["id"] == 2
        process.send_signal(end)

        assert _next_answer(process)["error"]["message"] == "Connection closed"
        assert process.wait(timeout=SECONDS) == 0


@pytest.mark.skipif(sys.platform == "win32", reason="no such signals")
def test_a_host_that_does_not_read_cannot_keep_it_alive() -> None:
    with _started() as process:
        many = [_call(number, "get_message") for number in range(2, 40)]
        _send(process, _call(1, "add_message", messages="x" * 40_000), *many)
        process.send_signal(signal.SIGTERM)

        assert process.wait(timeout=SECONDS) == 0


def test_a_host_that_goes_away_ends_it() -> None:
    with _started() as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdout.close()
        process.stdin.write(_lines(_call(1, "get_memory")))
        process.stdin.close()

        assert process.wait(timeout=SECONDS) == 0


@pytest.mark.parametrize("mode", ["legacy", "auto", "2026-07-28"])
async def test_a_client_of_either_era_is_served(mode: str) -> None:
    server = StdioServerParameters(command=sys.executable, args=COMMAND[1:], cwd=ROOT, env={"PATH": os.environ["PATH"]})
    with anyio.fail_after(SECONDS):
        async with Client(server, mode=mode) as client:  # type: ignore[arg-type]
            added = structured(await client.call_tool("add_message", {"messages": "hello"}))
            read = structured(await client.call_tool("get_message", {}))

    assert added["conversation_id"] == read["conversation_id"] == "0610"
    assert read["message_detail_list"][0]["content"] == "hello"


@contextmanager
def _pipes() -> Generator[tuple[Wire, int, int]]:
    source, to_server = os.pipe()
    from_server, sink = os.pipe()
    try:
        yield Wire(source, sink), to_server, from_server
    finally:
        for number in (source, from_server, sink):
            os.close(number)


async def _served(backend: ListBackend, talk: bytes, *, opening: MemosError | None = None) -> dict[Any, dict[str, Any]]:
    """Serve in this process what is sent at once, and give the answers."""

    async def opened() -> MemoryBackend:
        if opening is not None:
            raise opening
        return backend

    with _pipes() as (wire, to_server, from_server):
        os.write(to_server, talk)
        os.close(to_server)
        with anyio.fail_after(SECONDS):
            await serve(
                build_server(opened, user_id=lambda: "ann", conversation_id=lambda: "c"), wire=wire, warm=opened
            )
        return _answers(os.read(from_server, 1 << 20))


async def test_a_store_that_cannot_be_opened_is_what_the_calls_answer() -> None:
    away = Unavailable("The disk is full: make room, then try again.")
    talk = _lines(INITIALIZE, INITIALIZED, _call(1, "get_memory"), _call(2, "search_memory", query="x"))
    answers = await _served(ListBackend(), talk, opening=away)

    assert "result" in answers[0]
    for number in (1, 2):
        assert answers[number]["result"]["isError"]
        assert answers[number]["result"]["content"][0]["text"] == str(away)


async def test_an_answer_that_cannot_be_written_is_an_error_and_not_silence() -> None:
    backend = ListBackend()
    half = StoredMessage(id="m1", role="user", content="half \ud83d", conversation_id="c")  # which no backend takes
    backend._messages["ann"] = [half]
    backend._learn(half, "ann")
    recall = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "prompts/get",
        "params": {"name": "recall", "arguments": {"topic": "x"}},
    }
    answers = await _served(backend, _lines(INITIALIZE, INITIALIZED, recall, _call(2, "get_message")))

    assert answers[1]["error"]["code"] == -32603
    assert answers[2]["result"]["isError"]
