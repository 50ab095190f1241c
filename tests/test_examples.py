"""The examples run as they stand."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.processes

EXAMPLES = Path(__file__).parents[1] / "examples"


def run(name: str, *arguments: str, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, str(EXAMPLES / name), *arguments],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_client_of_the_python_sdk_adds_and_finds(tmp_path: Path) -> None:
    said = run("mcp_client.py", MEMOS_DATA_DIR=str(tmp_path), MEMOS_ENGINE="embedded", MEMOS_BACKEND="local")

    assert "allergic to peanuts" in said


def test_a_program_has_a_memory_as_a_library(tmp_path: Path) -> None:
    said = run("library.py", str(tmp_path), MEMOS_BACKEND="local")

    assert "The boiler was serviced on 3 March." in said.splitlines()
