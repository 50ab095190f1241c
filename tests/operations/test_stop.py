"""`memos-mcp stop` ends the engine and nothing else."""

from pathlib import Path

import pytest

from memos_mcp.engine.address import Address, write_address
from memos_mcp.errors import ConfigurationError, Unavailable
from memos_mcp.operations.holding import end_engine, is_held
from tests.engine.conftest import engines_of
from tests.operations.machine import embedded, front, memos, said, say


async def test_the_engine_is_gone_when_stop_returns_and_the_next_call_starts_another(data_dir: Path) -> None:
    async with front(data_dir) as backend:
        await say(backend, "kept")
        (engine,) = engines_of(data_dir)

        stopped = memos("stop")

        assert stopped.returncode == 0
        assert f"process {engine.pid}" in stopped.stdout
        assert not is_held(data_dir)
        assert await said(backend) == ["kept"]


def test_no_engine_is_no_error_and_nothing_is_created(data_dir: Path) -> None:
    stopped = memos("stop")

    assert stopped.returncode == 0
    assert "No engine runs." in stopped.stdout
    assert not data_dir.exists()


async def test_a_file_that_names_a_dead_engine_is_no_error(data_dir: Path) -> None:
    data_dir.mkdir()
    write_address(data_dir, Address.of_this_process(host="127.0.0.1", port=9))

    assert await end_engine(data_dir) is None


async def test_an_embedded_server_is_not_ended(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("memos_mcp.operations.holding.PATIENCE_WITH_A_STRANGER", 0.3)
    async with embedded(data_dir):
        with pytest.raises(ConfigurationError, match="MEMOS_ENGINE=embedded"):
            await end_engine(data_dir)
        assert is_held(data_dir)


async def test_an_engine_that_hangs_is_named(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("memos_mcp.operations.holding.PATIENCE", 0.5)
    async with front(data_dir) as backend:
        await say(backend, "kept")
    (engine,) = engines_of(data_dir)
    engine.suspend()

    with pytest.raises(Unavailable, match=f"process {engine.pid}"):
        await end_engine(data_dir)
