"""The vectors on a real Chroma server, which comes and goes."""

import gc
import socket
import subprocess
import sys
import time
import warnings
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from pathlib import Path

import httpx
import pytest
from chromadb.api.shared_system_client import SharedSystemClient

from memos_mcp.backends.local.backend import LocalBackend
from memos_mcp.backends.local.extractors.rules import RulesExtractor
from memos_mcp.backends.local.ledger.ledger import Ledger
from memos_mcp.backends.local.opening import open_local
from memos_mcp.backends.local.places import ServerPlace
from tests.fakes.hashed_embedder import HashedEmbedder
from tests.local.conversation import add
from tests.local.stores import find, followed, found_messages, store

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")


@pytest.fixture(autouse=True)
def sockets_that_chroma_leaves() -> Iterator[None]:
    """Collect what Chroma's client leaves to the garbage collector where its warning is expected."""
    yield
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        SharedSystemClient.clear_system_cache()
        gc.collect()


FACTS = [f"Fact number {number} about otters." for number in range(20)]


@pytest.fixture
def port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextmanager
def chroma_server(folder: Path, port: int) -> Iterator[None]:
    """Run `chroma run` on loopback."""
    chroma = Path(sys.executable).with_name("chroma")
    command = [str(chroma), "run", "--path", str(folder), "--port", str(port), "--host", "127.0.0.1"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            wait_for(port)
            yield
        finally:
            server.kill()


def wait_for(port: int) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            if httpx.get(f"http://127.0.0.1:{port}/api/v2/heartbeat").is_success:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise TimeoutError("chroma run did not answer")


def on_server(folder: Path, port: int) -> AbstractAsyncContextManager[LocalBackend]:
    def place(ledger: Ledger) -> ServerPlace:
        return ServerPlace(ledger, f"http://127.0.0.1:{port}", api_key="", tenant="", database="")

    return open_local(folder, embedder=HashedEmbedder, extractor=RulesExtractor, place=place, settled=0)


async def test_search_goes_on_by_words_while_the_server_is_away_and_catches_up(tmp_path: Path, port: int) -> None:
    with chroma_server(tmp_path / "server", port):
        async with on_server(tmp_path / "data", port) as backend:
            await backend.add_message(add(*FACTS), user_id="u")
            await followed(backend)
    async with on_server(tmp_path / "data", port) as backend:
        await backend.add_message(add("A late fact about badgers."), user_id="u")
        away = await find(backend, "badgers")
        assert found_messages(away)[0] == "A late fact about badgers."
        assert "by words" in away.notice
        with chroma_server(tmp_path / "server", port):
            await followed(backend)
            assert found_messages(await find(backend, "badgers"))[0] == "A late fact about badgers."


async def test_changing_over_either_way_is_a_rebuild(tmp_path: Path, port: int) -> None:
    async with store(tmp_path / "data") as backend:
        await backend.add_message(add(*FACTS), user_id="u")
        await followed(backend)
    with chroma_server(tmp_path / "server", port):
        async with on_server(tmp_path / "data", port) as backend:
            await followed(backend)
            assert found_messages(await find(backend, FACTS[7]))[0] == FACTS[7]
    async with store(tmp_path / "data") as backend:
        await followed(backend)
        assert found_messages(await find(backend, FACTS[7]))[0] == FACTS[7]
