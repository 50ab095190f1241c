"""`memos-mcp stop` ends the engine and nothing else."""

from pathlib import Path

import pytest

from memos_mcp.cli.commands.holding import is_held
from memos_mcp.core.errors import Unavailable
from memos_mcp.engine.client import stop
from memos_mcp.relay.launch import LOG_FILE
from tests.cli.machine import embedded, front, memos, said, say
from tests.engine.conftest import engines_of


async def test_the_engine_is_gone_when_stop_returns_and_the_next_call_starts_another(data_dir: Path) -> None:
    async with front(data_dir) as backend:
        await say(backend, "kept")
        (engine,) = engines_of(data_dir)

        stopped = memos("stop")

        assert stopped.returncode == 0
        assert f"process {engine.pid}" in stopped.stdout
        assert not is_held(data_dir)
        assert "no longer holds" not in (data_dir / LOG_FILE).read_text()
        assert await said(backend) == ["kept"]


def test_no_engine_is_no_error_and_nothing_is_created(data_dir: Path) -> None:
    stopped = memos("stop")

    assert stopped.returncode == 0
    assert "No engine runs." in stopped.stdout
    assert not data_dir.exists()


async def test_an_embedded_server_is_not_ended_and_its_store_not_taken(data_dir: Path) -> None:
    async with embedded(data_dir):
        stopped, undone = memos("stop"), memos("reindex")

        assert "No engine runs." in stopped.stdout
        assert undone.returncode == 1
        assert "Another memos-mcp has" in undone.stderr
        assert is_held(data_dir)


async def test_an_engine_that_hangs_is_named(data_dir: Path) -> None:
    async with front(data_dir) as backend:
        await say(backend, "kept")
    (engine,) = engines_of(data_dir)
    engine.suspend()

    with pytest.raises(Unavailable, match=f"process {engine.pid}"):
        stop(str(data_dir), patience=0.5)
