"""The proof starts what a host would start, and says what it saw."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from memos_mcp import __version__
from memos_mcp.hosts.entries import Server, own_command
from memos_mcp.hosts.verification import NoAnswer, environment, prove
from tests.cli.conftest import data_dir, home
from tests.cli.machine import memos

__all__ = ["data_dir", "home"]

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the fake programs are shell scripts")


@pytest.fixture
def stopped(home: Path) -> Iterator[Path]:
    """End the engine that a server without a data directory of its own has started in a home."""
    yield home
    memos("stop", MEMOS_DATA_DIR="", MEMOS_BACKEND="")


def program(folder: Path, script: str) -> Server:
    path = folder / "program"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return Server(command=str(path), env={})


def test_the_installed_command_answers_in_a_home_of_its_own(stopped: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEMOS_BACKEND", "nonsense that a host does not pass on")

    answer = prove(Server(command=own_command(), env={"MEMOS_USER_ID": "ann"}))

    assert (answer.name, answer.version) == ("memos-mcp", __version__)
    assert answer.tools >= 6
    assert list(stopped.rglob("memos-mcp")), "it did not use the folders of the home"


def test_a_setting_that_makes_no_sense_is_told_in_the_words_of_the_server(data_dir: Path) -> None:
    server = Server(command=own_command(), env={"MEMOS_BACKEND": "nowhere", "MEMOS_DATA_DIR": str(data_dir)})

    with pytest.raises(NoAnswer, match="MEMOS_BACKEND"):
        prove(server)


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("echo 'no module named x' >&2; exit 1", "ends without an answer; it said: no module named x"),
        ("echo welcome; cat", "something else than MCP"),
        ("exec sleep 60", "within 1 second"),
    ],
)
def test_a_program_that_is_no_server_is_told_by_what_it_did(tmp_path: Path, script: str, said: str) -> None:
    with pytest.raises(NoAnswer, match=said):
        prove(program(tmp_path, script), patience=1 if "sleep" in script else 30)


@pytest.mark.parametrize("command", ["", "/nowhere/memos-mcp", "./memos-mcp"])
def test_a_command_that_a_host_does_not_find_is_said_to_be_none(command: str) -> None:
    with pytest.raises(NoAnswer, match="there is no command"):
        prove(Server(command=command, env={}))


def test_a_host_passes_on_little_of_its_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEMOS_API_KEY", "of the shell")

    given = environment({"MEMOS_USER_ID": "ann"})

    assert "MEMOS_API_KEY" not in given
    assert given["MEMOS_USER_ID"] == "ann"
    assert given["PATH"] == os.environ["PATH"]
