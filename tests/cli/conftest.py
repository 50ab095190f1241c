"""A data directory and a home of its own for every test; engines end with the test."""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from tests.engine.conftest import IDLE, engines_of


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "home"
    folder.mkdir()
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    return folder


@pytest.fixture
def data_dir(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    del home
    for name in [name for name in os.environ if name.startswith("MEMOS_")]:
        monkeypatch.delenv(name)
    folder = tmp_path / "data"
    monkeypatch.setenv("MEMOS_DATA_DIR", str(folder))
    monkeypatch.setenv("MEMOS_ENGINE_IDLE", IDLE)
    yield folder
    for engine in engines_of(folder):
        with suppress(psutil.NoSuchProcess):
            engine.resume()
            engine.kill()
            engine.wait(60)
