"""Hosts as npm has them start what `memos-mcp install` wrote for them, and list its tools."""

import json
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

from memos_mcp import __version__
from memos_mcp.hosts.entries import own_command
from tests.engine.conftest import IDLE, engines_of

PROGRAMS = Path(os.environ.get("MEMOS_TEST_NODE_MODULES", "/nowhere")) / ".bin"
HOSTS = ("codex", "gemini", "opencode")

pytestmark = [
    pytest.mark.processes,
    pytest.mark.skipif(
        not all((PROGRAMS / host).exists() for host in HOSTS),
        reason="MEMOS_TEST_NODE_MODULES names no folder with @openai/codex, @google/gemini-cli and opencode-ai",
    ),
]


@dataclass(frozen=True)
class Home:
    """A home in which the server is installed into each host, and what is run there."""

    variables: dict[str, str]
    folder: Path

    def run(self, *command: str, told: str = "", **variables: str) -> str:
        done = subprocess.run(
            command,
            env=self.variables | variables,
            cwd=self.folder,
            input=told,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    folder = tmp_path_factory.mktemp("home")
    data_dir = folder / "data"
    project = folder / "project"
    project.mkdir()
    taken = ("MEMOS_", "XDG_", "CODEX", "GEMINI", "OPENCODE")
    variables = {name: value for name, value in os.environ.items() if not name.startswith(taken)}
    home = Home(variables | {"HOME": str(folder), "PATH": f"{PROGRAMS}{os.pathsep}{variables['PATH']}"}, project)
    settings = (f"MEMOS_DATA_DIR={data_dir}", f"MEMOS_ENGINE_IDLE={IDLE}")
    home.run(own_command(), "install", *HOSTS, *(word for one in settings for word in ("--env", one)))
    yield home
    for engine in engines_of(data_dir):
        engine.kill()
        engine.wait(60)


def test_gemini_cli_connects_it_in_a_folder_that_is_trusted(home: Home) -> None:
    command = (str(PROGRAMS / "gemini"), "mcp", "list")

    assert "memos" in home.run(*command)
    assert f"memos: {own_command()}  (stdio) - Connected" in home.run(*command, GEMINI_CLI_TRUST_WORKSPACE="true")


def test_opencode_connects_it(home: Home) -> None:
    quiet = ("OPENCODE_DISABLE_DEFAULT_PLUGINS", "OPENCODE_DISABLE_AUTOUPDATE", "OPENCODE_DISABLE_MODELS_FETCH")

    told = home.run(str(PROGRAMS / "opencode"), "mcp", "list", **dict.fromkeys(quiet, "true"))

    assert "connected" in told
    assert own_command() in told


def test_codex_lists_it_and_its_tools(home: Home) -> None:
    assert own_command() in home.run(str(PROGRAMS / "codex"), "mcp", "list")

    (server,) = of_codex(home, "mcpServerStatus/list")["data"]

    assert server["serverInfo"]["name"] == "memos-mcp"
    assert server["serverInfo"]["version"] == __version__
    assert {"search_memory", "add_message", "delete_memory"} <= set(server["tools"])


def of_codex(home: Home, method: str) -> dict[str, Any]:
    """Ask the server of Codex's editors, which starts the servers of its settings."""
    client = {"clientInfo": {"name": "test", "version": "1"}}
    calls = [{"id": 1, "method": "initialize", "params": client}, {"method": "initialized"}]
    with subprocess.Popen(
        [str(PROGRAMS / "codex"), "app-server"],
        env=home.variables,
        cwd=home.folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as codex:
        assert codex.stdin
        assert codex.stdout
        try:
            for call in [*calls, {"id": 2, "method": method, "params": {}}]:
                print(json.dumps(call), file=codex.stdin, flush=True)
            for line in codex.stdout:
                message = json.loads(line)
                if message.get("id") == 2 and "method" not in message:
                    return message["result"]
        finally:
            for process in (*psutil.Process(codex.pid).children(recursive=True), codex):
                process.kill()
    raise AssertionError("Codex ended without an answer")
