"""Engines that tests start end with the test."""

import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

IDLE = "60"
"""Seconds after which an engine ends that a broken test left behind."""


def engines_of(data_dir: Path) -> list[psutil.Process]:
    """Return the processes that are engines of a data directory."""
    found: list[psutil.Process] = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            is_engine = process.cmdline()[-2:] == ["memos_mcp", "engine"]
            if is_engine and process.environ().get("MEMOS_DATA_DIR") == str(data_dir):
                found.append(process)
    return found


@pytest.fixture
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Yield a data directory of its own; its engines are killed at the end."""
    for name in list(os.environ):
        if name.startswith("MEMOS_") and not name.startswith("MEMOS_TEST_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("MEMOS_ENGINE_IDLE", IDLE)
    monkeypatch.setenv("MEMOS_LOG_LEVEL", "INFO")
    folder = tmp_path / "data"
    monkeypatch.setenv("MEMOS_DATA_DIR", str(folder))
    yield folder
    for engine in engines_of(folder):
        with suppress(psutil.NoSuchProcess):
            os.kill(engine.pid, signal.SIGKILL)
            engine.wait(60)
