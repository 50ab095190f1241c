"""The vectors on a real Chroma server, which comes and goes."""

import threading
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from memos_mcp.backends.local.backend import LocalBackend
from memos_mcp.backends.local.composition import open_local
from memos_mcp.backends.local.extraction.rules import RulesExtractor
from memos_mcp.backends.local.vectors.chroma import ChromaIndex
from memos_mcp.core.errors import ConfigurationError, Unavailable
from memos_mcp.core.settings import read_settings
from tests.consolidation.conversation import add
from tests.fakes.hashed_embedder import HashedEmbedder
from tests.local.servers import chroma_server, free_port
from tests.local.stores import collect_sockets, find, followed, found_messages, place_on, store

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")


@pytest.fixture(autouse=True)
def sockets_that_chroma_leaves() -> Iterator[None]:
    """Collect what Chroma's client leaves to the garbage collector where its warning is expected."""
    yield
    collect_sockets()


FACTS = [f"Fact number {number} about otters." for number in range(20)]


@pytest.fixture
def port() -> int:
    return free_port()


def on_server(folder: Path, port: int) -> AbstractAsyncContextManager[LocalBackend]:
    place = place_on(f"http://127.0.0.1:{port}")
    return open_local(
        folder, embedder=HashedEmbedder, extractor=RulesExtractor, place=place, settled=0, most_compared=0
    )


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


class _Older(BaseHTTPRequestHandler):
    """Answers as a Chroma server of before version 1 does where the routes of today are asked for."""

    def do_GET(self) -> None:
        self.send_error(HTTPStatus.NOT_FOUND)

    do_POST = do_GET  # noqa: N815 - as the standard library names it

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def test_a_server_that_is_missing_or_older_is_named(port: int) -> None:
    with pytest.raises(Unavailable, match=f"No Chroma server answers at http://127.0.0.1:{port}: start it"):
        connected(port)
    with HTTPServer(("127.0.0.1", port), _Older) as older:
        serving = threading.Thread(target=older.serve_forever, kwargs={"poll_interval": 0.01})
        serving.start()
        try:
            with pytest.raises(Unavailable, match="is no Chroma server of version 1 .HTTP 404.: upgrade"):
                connected(port)
        finally:
            older.shutdown()
            serving.join()


def connected(port: int) -> ChromaIndex:
    return ChromaIndex.connect(f"http://127.0.0.1:{port}", api_key="", tenant="", database="", prefix="x")


@pytest.mark.parametrize("address", ["127.0.0.1:8000", "ftp://127.0.0.1", "http://", "chroma.example"])
def test_what_is_no_address_of_a_server_is_refused_at_the_start(address: str) -> None:
    with pytest.raises(ConfigurationError, match="MEMOS_CHROMA_URL.*write http://HOST:8000"):
        read_settings({"MEMOS_CHROMA_URL": address})
