"""What can go wrong between a host and its engine, each as a host sees it."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest

from memos_mcp.core.errors import NotFound
from memos_mcp.core.models import GetMessage
from memos_mcp.relay import wire
from tests.api.process import running
from tests.cli.machine import memos
from tests.engine.conftest import engines_of
from tests.engine.front import front
from tests.engine.test_fleet import one, said_in

INITIALIZE = {
    "protocolVersion": "2025-11-25",
    "capabilities": {"elicitation": {}},
    "clientInfo": {"name": "test", "version": "1"},
}


class Wire:
    """A relay and its standard streams, line by line."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self.process, self._to, self._from = process, process.stdin, process.stdout

    def send(self, *lines: dict[str, Any] | bytes) -> None:
        for line in lines:
            self._to.write(line if isinstance(line, bytes) else json.dumps({"jsonrpc": "2.0"} | line).encode() + b"\n")
        self._to.flush()

    def hear(self) -> dict[str, Any]:
        return json.loads(self._from.readline())

    def answer(self, number: object) -> dict[str, Any]:
        while (heard := self.hear()).get("id") != number or "method" in heard:
            pass
        return heard

    def call(self, number: int, tool: str, **arguments: object) -> None:
        self.send({"id": number, "method": "tools/call", "params": {"name": tool, "arguments": arguments}})

    def initialize(self) -> None:
        self.send({"id": 0, "method": "initialize", "params": INITIALIZE})
        assert "result" in self.answer(0)
        self.send({"method": "notifications/initialized"})


@contextmanager
def relay(data_dir: Path, *, cwd: Path | None = None, **variables: str) -> Generator[Wire]:
    environment = {**os.environ, "MEMOS_DATA_DIR": str(data_dir), **variables}
    command = [sys.executable, "-m", "memos_mcp"]
    pipe = subprocess.PIPE
    process = subprocess.Popen(command, env=environment, cwd=cwd, stdin=pipe, stdout=pipe, stderr=pipe)
    try:
        yield Wire(process)
    finally:
        process.kill()
        process.communicate()


def text_of(answer: dict[str, Any]) -> str:
    return str(answer["result"]["content"][0]["text"])


async def test_another_store_at_the_place_of_a_dead_engine_gets_nothing(data_dir: Path, tmp_path: Path) -> None:
    async with front(data_dir) as host:
        await host.add_message(one("mine", conversation_id="c"), user_id="u")
        (engine,) = engines_of(data_dir)
        engine.kill()
        engine.wait(60)
        with running(tmp_path / "other") as other:
            (data_dir / wire.SOCKET_FILE).unlink()
            (data_dir / wire.SOCKET_FILE).symlink_to(tmp_path / "other" / wire.SOCKET_FILE)
            await host.add_message(one("mine too", conversation_id="c"), user_id="u")
            assert other.process.poll() is None

        assert await said_in(host, "c") == ["mine", "mine too"]
    assert not memos("status", "--json", MEMOS_DATA_DIR=str(tmp_path / "other")).stdout.count('"messages": 2')


def test_no_port_is_open_while_hosts_are_served(data_dir: Path) -> None:
    with relay(data_dir) as host:
        host.initialize()
        (engine,) = engines_of(data_dir)

        assert [at for at in engine.net_connections("inet") if at.status == psutil.CONN_LISTEN] == []
        assert (data_dir / wire.SOCKET_FILE).stat().st_mode & 0o777 == 0o600
        assert data_dir.stat().st_mode & 0o777 == 0o700


def test_modules_in_the_data_directory_and_in_the_hosts_folder_are_in_nobodys_way(
    data_dir: Path, tmp_path: Path
) -> None:
    for folder in (data_dir, tmp_path / "project"):
        folder.mkdir()
        for name in ("numpy", "json", "socket", "chromadb", "anyio", "sqlite3"):
            (folder / f"{name}.py").write_text("raise SystemExit('the wrong module')")
    with relay(data_dir, cwd=tmp_path / "project") as host:
        host.initialize()
        host.call(1, "add_message", messages="kept")

        assert text_of(host.answer(1)).startswith("Stored 1 message")


def test_an_engine_that_dies_at_its_start_is_named_by_its_last_words(data_dir: Path, tmp_path: Path) -> None:
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "anyio.py").write_text("raise ImportError('a library is missing')")
    with relay(data_dir, PYTHONPATH=str(tmp_path / "broken")) as host:
        began = time.monotonic()
        host.send({"id": 0, "method": "initialize", "params": INITIALIZE})
        told = host.answer(0)["error"]["message"]

    assert time.monotonic() - began < 60
    assert "ImportError: a library is missing" in told
    log = (data_dir / "engine.log").read_text()
    assert 2 <= log.count("ImportError: a library is missing") <= 4


def test_an_engine_that_stands_still_is_named_and_goes_on_later(data_dir: Path) -> None:
    with relay(data_dir) as host:
        host.initialize()
        host.call(1, "add_message", messages="before", conversation_id="c")
        host.answer(1)
        (engine,) = engines_of(data_dir)
        engine.suspend()
        began = time.monotonic()
        host.call(2, "get_memory")
        answer = host.answer(2)
        took = time.monotonic() - began
        engine.resume()
        host.call(3, "get_message", conversation_id="c")

        assert answer["result"]["isError"]
        assert f"process {engine.pid}" in text_of(answer)
        assert took < 60
        assert "before" in text_of(host.answer(3))


def test_a_host_that_starts_while_the_engine_stands_still_is_told(data_dir: Path) -> None:
    with relay(data_dir) as first:
        first.initialize()
        (engine,) = engines_of(data_dir)
        engine.suspend()
        with relay(data_dir) as host:
            began = time.monotonic()
            host.send({"id": 0, "method": "initialize", "params": INITIALIZE})

            assert f"process {engine.pid}" in host.answer(0)["error"]["message"]
            assert time.monotonic() - began < 60


def test_what_is_added_after_the_data_directory_was_removed_is_kept_or_an_error(data_dir: Path) -> None:
    stored: list[str] = []
    with relay(data_dir) as host:
        host.initialize()
        host.call(1, "add_message", messages="gone", conversation_id="c")
        host.answer(1)
        shutil.rmtree(data_dir, ignore_errors=True)
        for number in range(2, 40):
            host.call(number, "add_message", messages=f"text {number}", conversation_id="c")
            if not host.answer(number)["result"]["isError"]:
                stored.append(f"text {number}")
            time.sleep(0.1)
        host.call(99, "get_message", conversation_id="c", message_limit_number=50)
        read = host.answer(99)["result"]["structuredContent"]["message_detail_list"]

    assert stored
    assert [message["content"] for message in read] == stored


@pytest.mark.parametrize("operation", ["import", "reindex", "restore"])
async def test_a_server_and_its_hosts_go_on_after_an_operation(data_dir: Path, tmp_path: Path, operation: str) -> None:
    with running(data_dir) as server:
        async with front(data_dir) as host:
            await host.add_message(one("kept", conversation_id="c"), user_id="u")
            file = tmp_path / "file"
            made = memos("export" if operation == "import" else "backup", str(file))
            done = memos(operation, *([] if operation == "reindex" else [str(file)]))
            await host.add_message(one("and on", conversation_id="c"), user_id="u")

            assert (made.returncode, done.returncode) == (0, 0), made.stderr + done.stderr
            assert await said_in(host, "c") == ["kept", "and on"]
        assert server.process.poll() is None
        assert engines_of(data_dir) == []


async def test_two_servers_of_one_store_are_one_too_many(data_dir: Path) -> None:
    with running(data_dir) as server:
        second = memos("serve", "--port", "0")

        assert second.returncode == 1
        assert f"process {server.process.pid}" in second.stderr
        assert server.process.poll() is None


async def test_a_server_takes_over_from_the_engine_that_hosts_started(data_dir: Path) -> None:
    async with front(data_dir) as host:
        await host.add_message(one("before", conversation_id="c"), user_id="u")
        with running(data_dir):
            await host.add_message(one("during", conversation_id="c"), user_id="u")
            for engine in engines_of(data_dir):
                engine.wait(60)
        await host.add_message(one("after", conversation_id="c"), user_id="u")

        assert await said_in(host, "c") == ["before", "during", "after"]


def test_bad_lines_are_answered_through_the_relay(data_dir: Path) -> None:
    half = {"id": 1, "method": "tools/call", "params": {"name": "add_message", "arguments": {"messages": "\ud83d"}}}
    long = {"method": "tools/call", "params": {"text": "x" * 17_000_000}, "id": "long"}
    big = "word " * 40_000
    with relay(data_dir) as host:
        host.send(b"not json\n", b"\n")
        host.initialize()
        host.send(half, long)
        host.call(2, "add_message", messages=big)
        host.send({"id": 3, "method": "ping", "params": {"text": "y" * 10_000_000}})

        assert host.answer(1)["error"]["code"] == -32602
        assert host.answer("long")["error"]["code"] == -32600
        answered = {(heard := host.hear()).get("id"): heard for _ in range(3)}
        assert {2, 3} <= set(answered)
        assert not answered[2]["result"]["isError"]


def test_a_deletion_under_way_is_not_made_again_and_its_question_is_void(data_dir: Path) -> None:
    with relay(data_dir) as host:
        host.initialize()
        host.call(1, "add_message", messages="I prefer window seats.")
        host.answer(1)
        known: list[dict[str, Any]] = []
        while not known:
            host.call(2, "get_memory")
            found = host.answer(2)["result"]["structuredContent"]
            known = [*found["memory_detail_list"], *found["preference_detail_list"]]
        host.call(3, "delete_memory", memory_ids=[known[0]["id"]])
        while (question := host.hear()).get("method") != "elicitation/create":
            pass
        (engine,) = engines_of(data_dir)
        engine.kill()
        heard = [host.hear(), host.hear()]
        host.send({"id": question["id"], "result": {"action": "accept", "content": {"delete": True}}})
        host.call(4, "get_memory")

        assert heard[0]["params"]["requestId"] == question["id"]
        assert "Look whether it was done" in text_of(heard[1])
        assert host.answer(4)["result"]["structuredContent"]["total"] == 1


def test_who_watches_a_conversation_hears_of_another_hosts_add_across_engines(data_dir: Path) -> None:
    uri = "memos://conversations/c"
    with relay(data_dir) as watching, relay(data_dir) as adding:
        for host in (watching, adding):
            host.initialize()
        watching.send({"id": 1, "method": "resources/subscribe", "params": {"uri": uri}})
        watching.answer(1)
        for kill in (False, True):
            if kill:
                (engine,) = engines_of(data_dir)
                engine.kill()
                engine.wait(60)
            adding.call(5, "add_message", messages="hello", conversation_id="c")
            adding.answer(5)
            while watching.hear().get("params", {}).get("uri") != uri:
                pass


def test_memories_that_land_in_the_background_are_told(data_dir: Path) -> None:
    with relay(data_dir) as watching, relay(data_dir) as adding:
        for host in (watching, adding):
            host.initialize()
        watching.send({"id": 1, "method": "resources/subscribe", "params": {"uri": "memos://profile"}})
        watching.answer(1)
        adding.call(1, "add_message", messages="I prefer window seats.")
        adding.answer(1)
        told = 0
        while told < 2:  # the add itself, then what was learnt from it
            told += watching.hear().get("params", {}).get("uri") == "memos://profile"
        watching.send({"id": 2, "method": "ping"})
        time.sleep(1)  # whoever would tell it a second time looks 0.1, 0.3 and 0.7 s after the add
        watching.send({"id": 3, "method": "ping"})
        said = [watching.hear() for _ in range(2)]
        assert [line.get("id") for line in said] == [2, 3]


def test_settings_that_make_no_sense_stop_the_start_with_a_sentence(data_dir: Path) -> None:
    for variables, told in {
        ("MEMOS_EMBEDDER", "nonsense"): "MEMOS_EMBEDDER: must be onnx, multilingual-e5 or sentence-transformers:MODEL",
        ("MEMOS_API_KEY", "${MEMOS_KEY}"): "placeholder",
        ("MEMOS_API_KEY", "<your key>"): "placeholder",
        ("MEMOS_USER_ID", '"ann"'): "quotes",
        ("MEMOS_DATA_DIR", "data/here"): "absolute",
        ("MEMOS_BACKEND", "hosted"): "MEMOS_API_KEY",
    }.items():
        environment = {**os.environ, "MEMOS_DATA_DIR": str(data_dir), variables[0]: variables[1]}
        command = [sys.executable, "-m", "memos_mcp"]
        done = subprocess.run(
            command, env=environment, input="", capture_output=True, text=True, timeout=60, check=False
        )

        assert done.returncode == 2, variables
        assert told in done.stderr
        assert len(done.stderr.strip().splitlines()) == 1


def test_values_are_read_without_regard_to_case_and_blanks(data_dir: Path) -> None:
    with relay(data_dir, MEMOS_BACKEND=" Local ", MEMOS_EMBEDDER="ONNX", MEMOS_USER_ID=" ann ") as host:
        host.initialize()
        host.call(1, "add_message", messages="kept")
        assert not host.answer(1)["result"]["isError"]
    with relay(data_dir, MEMOS_USER_ID="ann") as host:
        host.initialize()
        host.send({"id": 1, "method": "resources/read", "params": {"uri": "memos://conversations"}})
        assert "1 conversations" in host.answer(1)["result"]["contents"][0]["text"]


def test_a_host_that_asks_for_another_value_than_the_engine_has_is_told(data_dir: Path) -> None:
    with relay(data_dir) as first:
        first.initialize()
        with relay(data_dir, MEMOS_SECRETS="keep") as second:
            second.initialize()
            stderr = second.process.stderr
            assert stderr is not None
            assert b"MEMOS_SECRETS is keep here, and redact in the engine" in stderr.readline()
        asked = memos("doctor", "--json", MEMOS_SECRETS="keep", MEMOS_DATA_DIR=str(data_dir))

    assert "MEMOS_SECRETS is keep here, and redact in the engine" in asked.stdout


def test_what_config_sets_holds_for_every_host(data_dir: Path) -> None:
    variables = {"MEMOS_DATA_DIR": str(data_dir)}
    done = memos("config", "set", "MEMOS_SECRETS", "Keep", **variables)
    refused = memos("config", "set", "user_id", "ann", **variables)
    wrong = memos("config", "set", "secrets", "perhaps", **variables)
    shown = {value["name"]: value for value in json.loads(memos("config", "--json", **variables).stdout)}
    with relay(data_dir) as host:
        host.initialize()
        host.call(1, "add_message", messages="password: hunter2hunter2", conversation_id="c")
        host.answer(1)
        host.call(2, "get_message", conversation_id="c")
        read = text_of(host.answer(2))

    assert done.returncode == 0, done.stderr
    assert (refused.returncode, wrong.returncode) == (1, 1)
    assert (shown["MEMOS_SECRETS"]["value"], shown["MEMOS_SECRETS"]["source"]) == ("keep", "config.toml")
    assert shown["MEMOS_DATA_DIR"]["source"] == "environment"
    assert "hunter2hunter2" in read
    assert (data_dir / "config.toml").stat().st_mode & 0o777 == 0o600


def test_a_path_that_is_too_long_for_a_socket_is_no_obstacle(data_dir: Path) -> None:
    deep = data_dir / ("long" * 20) / ("path" * 20)
    with relay(deep) as host:
        host.initialize()
        path = Path(wire.socket_path(str(deep)))
        assert not path.is_relative_to(deep)
        assert path.parent.stat().st_mode & 0o777 == 0o700
    for engine in engines_of(deep):
        engine.terminate()
        engine.wait(60)
    assert not path.exists()


def test_without_unix_sockets_both_ends_prove_a_secret(data_dir: Path, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "import socket, psutil\npair, unix = socket.socketpair, socket.AF_UNIX\ndel socket.AF_UNIX\n"
        "socket.socketpair = lambda family=unix, *more: pair(family, *more)\n"
    )
    with relay(data_dir, PYTHONPATH=str(tmp_path)) as host:
        host.initialize()
        host.call(1, "add_message", messages="kept", conversation_id="c")
        assert not host.answer(1)["result"]["isError"]
        assert (data_dir / wire.PORT_FILE).stat().st_mode & 0o777 == 0o600
        port, _ = (data_dir / wire.PORT_FILE).read_text().split()
        with socket.create_connection(("127.0.0.1", int(port)), timeout=60) as stranger:
            stranger.sendall(os.urandom(32))
            stranger.recv(64, socket.MSG_WAITALL)
            stranger.sendall(os.urandom(32) + b'{"memos":1,"version":"0","as":"operator","ask":"stop"}\n')
            assert stranger.recv(1) == b""
        (engine,) = engines_of(data_dir)
        engine.kill()
        engine.wait(60)
        with socket.create_server(("127.0.0.1", int(port))) as stranger:
            host.call(2, "get_message", conversation_id="c")
            assert "kept" in text_of(host.answer(2))
            stranger.settimeout(0.2)
            with pytest.raises(TimeoutError):
                stranger.accept()


def test_who_does_not_know_the_secret_is_told_nothing(data_dir: Path) -> None:
    data_dir.mkdir()
    lock = wire.lock(str(data_dir / wire.LOCK_FILE), patience=0)
    assert lock is not None
    heard: list[bytes] = []

    def listen() -> None:
        taken, _ = listener.accept()
        with taken:
            taken.sendall(b"0" * 64)
            while piece := taken.recv(100):
                heard.append(piece)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        (data_dir / wire.PORT_FILE).write_text(f"{listener.getsockname()[1]} {b'secret'.hex()}")
        thread = threading.Thread(target=listen)
        thread.start()
        with pytest.raises(wire.Absent):
            wire._connect_by_port(str(data_dir))
        thread.join(60)
    os.close(lock)

    assert len(b"".join(heard)) == wire.NONCE_BYTES


def test_who_is_silent_at_the_port_of_before_holds_nobody_up(data_dir: Path) -> None:
    data_dir.mkdir()
    lock = wire.lock(str(data_dir / wire.LOCK_FILE), patience=0)
    assert lock is not None
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port_file = data_dir / wire.PORT_FILE
        port_file.write_text(f"{silent.getsockname()[1]} {b'secret'.hex()}")
        thread = threading.Timer(0.2, port_file.unlink)
        thread.start()
        with pytest.raises(FileNotFoundError):  # TimeoutError would say: unresponsive
            wire._connect_by_port(str(data_dir))
        thread.join(60)
    os.close(lock)


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT])
def test_a_relay_ends_at_a_signal(data_dir: Path, end: signal.Signals) -> None:
    with relay(data_dir) as host:
        host.initialize()
        host.process.send_signal(end)
        assert host.process.wait(60) == 0


async def test_what_one_user_said_is_not_there_for_another(data_dir: Path) -> None:
    async with front(data_dir) as host:
        await host.add_message(one("mine", conversation_id="c"), user_id="ann")
        with pytest.raises(NotFound):
            await host.get_message(GetMessage(conversation_id="c"), user_id="bob")
        assert len(engines_of(data_dir)) == 1
