"""A restored store shares no vectors with the one before, on a Chroma server neither."""

import socket
from pathlib import Path

import anyio
import httpx
import pytest

from memos_mcp.backends.hosted import HostedBackend
from memos_mcp.core.models import SearchMemory
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


async def followed(backend: HostedBackend, *, user_id: str) -> None:
    with anyio.fail_after(60):
        while (await backend.search_memory(SearchMemory(query="garden"), user_id=user_id)).notice:
            await anyio.sleep(0.2)


async def test_a_restore_takes_the_vectors_of_before_off_the_server(
    data_dir: Path, tmp_path: Path, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MEMOS_CHROMA_URL", f"http://127.0.0.1:{port}")
    file = tmp_path / "kept.backup"
    with chroma_server(tmp_path / "server", port):
        async with front(data_dir) as backend:
            await say(backend, "My cat is called Mia.")
            await followed(backend, user_id="u")
            memos("backup", str(file))
            await say(backend, "Bob's secret garden is behind the mill.", user_id="bob")
            await followed(backend, user_id="bob")
            before = collections(port)

            made = memos("restore", str(file))

            assert made.returncode == 0, made.stderr
            await followed(backend, user_id="u")
            assert before
            assert not before & collections(port)
            assert await nearest(backend, "What is the cat's name?") == "My cat is called Mia."
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
