"""A restored store shares no vectors with the one before, on a Chroma server neither."""

import socket
from pathlib import Path

import anyio
import httpx
import pytest

from memos_mcp.backends.local.vectors.indexing import GATHERED
from tests.cli.machine import front, memos, nearest, say
from tests.local.servers import chroma_server


@pytest.fixture
def port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def collections(port: int) -> set[str]:
    database = f"http://127.0.0.1:{port}/api/v2/tenants/default_tenant/databases/default_database"
    return {collection["name"] for collection in httpx.get(f"{database}/collections").json()}


async def put_in(port: int) -> set[str]:
    """Wait until a server holds vectors; return the names of its collections."""
    with anyio.fail_after(60):
        while not (there := collections(port)):
            await anyio.sleep(0.1)
    return there


async def test_a_restore_takes_the_vectors_of_before_off_the_server(
    data_dir: Path, tmp_path: Path, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MEMOS_CHROMA_URL", f"http://127.0.0.1:{port}")
    file = tmp_path / "kept.backup"
    with chroma_server(tmp_path / "server", port):
        async with front(data_dir) as backend:
            await say(backend, "My cat is called Mia.")
            memos("backup", str(file))
            await say(backend, *(f"Bob's secret garden {number} is behind the mill." for number in range(GATHERED)))
            before = await put_in(port)

            made = memos("restore", str(file))

            assert made.returncode == 0, made.stderr
            assert await nearest(backend, "What is the cat's name?") == "My cat is called Mia."
            assert not before & collections(port)
        memos("stop")


async def test_a_restore_says_what_is_left_on_a_server_that_is_away(
    data_dir: Path, tmp_path: Path, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "kept.backup"
    async with front(data_dir) as backend:
        await say(backend, "My cat is called Mia.")
        memos("backup", str(file))
    monkeypatch.setenv("MEMOS_CHROMA_URL", f"http://127.0.0.1:{port}")

    made = memos("restore", str(file))

    assert made.returncode == 1
    assert "Restored 1 message" in made.stdout
    assert "delete the collections" in made.stderr
