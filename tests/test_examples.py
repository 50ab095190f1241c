"""The examples run as they stand, and those of the REST contract stand in docs/api.md."""

import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from tests.api.process import Running, running

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "examples"
BIN = str(Path(sys.executable).parent)
SDK_PYTHON = os.environ.get("MEMORYOS_PYTHON") or (sys.executable if find_spec("memos") else "")
LANGCHAIN_PYTHON = os.environ.get("MEMOS_TEST_LANGCHAIN_PYTHON", "")
ROSES = "The roses need water every second day."


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Generator[Running]:
    with running(tmp_path_factory.mktemp("served"), MEMOS_BACKEND="local") as started:
        yield started


def run(*command: str, cwd: Path | None = None, **environment: str) -> str:
    done = subprocess.run(
        command,
        env=os.environ | environment,
        cwd=cwd,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def example(name: str) -> str:
    return str(EXAMPLES / name)


def node_that_takes_types() -> str:
    """Return a Node that runs TypeScript as it stands, or nothing."""
    modules = os.environ.get("MEMOS_TEST_NODE_MODULES", "")
    for node in (f"{modules}/.bin/node", shutil.which("node") or ""):
        if Path(node).is_file():
            version = run(node, "--version").strip().removeprefix("v").split(".")
            if (int(version[0]), int(version[1])) >= (22, 18):
                return node
    return ""


def test_a_client_of_the_python_sdk_adds_and_finds(tmp_path: Path) -> None:
    said = run(
        sys.executable,
        example("mcp_client.py"),
        MEMOS_DATA_DIR=str(tmp_path),
        MEMOS_ENGINE="embedded",
        MEMOS_BACKEND="local",
    )

    assert "allergic to peanuts" in said


def test_a_program_has_a_memory_as_a_library(tmp_path: Path) -> None:
    said = run(sys.executable, example("library.py"), str(tmp_path), MEMOS_BACKEND="local")

    assert "The boiler was serviced on 3 March." in said.splitlines()


def test_the_contract_from_python(server: Running) -> None:
    assert ROSES in run(sys.executable, example("rest.py"), server.rest)


@pytest.mark.skipif(not (shutil.which("curl") and shutil.which("sh")), reason="there is no curl")
def test_the_contract_from_a_shell(server: Running) -> None:
    added, found = run("sh", example("rest.sh"), server.rest).splitlines()

    assert json.loads(added)["code"] == 0
    assert ROSES in json.loads(found)["data"]["memory_detail_list"][0]["memory_value"]


def test_the_contract_from_typescript(server: Running) -> None:
    node = node_that_takes_types()
    if not node:
        pytest.skip("there is no Node of version 22.18 or newer")

    assert ROSES in run(node, example("rest.ts"), server.rest)


@pytest.mark.skipif(not SDK_PYTHON, reason="MemoryOS is not installed")
def test_the_sdk_of_memos(server: Running, tmp_path: Path) -> None:
    # Only the SDK's client is installed: what its package imports beside that is stood in for.
    code = (
        "import runpy, sys; from vendor_sdk import client_module; client_module();"
        " runpy.run_path(sys.argv[1], run_name='__main__')"
    )
    said = run(
        *(SDK_PYTHON, "-c", code.replace("sys.argv[1]", repr(example("memos_sdk.py"))), server.rest),
        cwd=tmp_path,
        PYTHONPATH=str(ROOT / "tests" / "api"),
        MEMOS_BASE_PATH=str(tmp_path),
    )

    assert "7 Days" in said


@pytest.mark.skipif(not LANGCHAIN_PYTHON, reason="MEMOS_TEST_LANGCHAIN_PYTHON names no Python with LangChain")
def test_an_agent_of_langchain_remembers(tmp_path: Path) -> None:
    with model() as url:
        said = run(
            *(LANGCHAIN_PYTHON, example("langchain_agent.py"), "I moved to Lisbon in May.", "Where do I live?"),
            PATH=f"{BIN}{os.pathsep}{os.environ['PATH']}",
            MEMOS_DATA_DIR=str(tmp_path),
            MEMOS_ENGINE="embedded",
            MEMOS_BACKEND="local",
            OPENAI_BASE_URL=url,
            OPENAI_API_KEY="none",
            LANGSMITH_TRACING="false",
        )

    added, found = said.split("\n", 1)
    assert added.startswith("Stored 1 message")
    assert "I moved to Lisbon in May." in found


@contextmanager
def model() -> Generator[str]:
    """Serve a chat model that adds what is said, searches for what is asked, and answers what its tool did."""
    served = ThreadingHTTPServer(("127.0.0.1", 0), Model)
    thread = threading.Thread(target=served.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{served.server_port}/v1"
    finally:
        served.shutdown()
        thread.join()
        served.server_close()


class Model(BaseHTTPRequestHandler):
    """An OpenAI-compatible endpoint."""

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        last = asked["messages"][-1]
        message: dict[str, Any] = {"role": "assistant", "content": last["content"]}
        if last["role"] == "user":
            text = last["content"]
            name, arguments = "add_message", {"messages": [{"role": "user", "content": text}]}
            if text.endswith("?"):
                name, arguments = "search_memory", {"query": text}
            function = {"name": name, "arguments": json.dumps(arguments)}
            message |= {"content": None, "tool_calls": [{"id": "1", "type": "function", "function": function}]}
        elif not isinstance(last["content"], str):
            message["content"] = "".join(part["text"] for part in last["content"])
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
        answer = {
            "id": "1",
            "object": "chat.completion",
            "created": 1,
            "model": "m",
            "choices": [choice],
            "usage": usage,
        }
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the name of the base class
        """Say nothing."""
