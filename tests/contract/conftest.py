"""Every backend there is, opened for the one suite that holds for all of them."""

import uuid
from collections.abc import AsyncIterator, Generator
from pathlib import Path

import pytest

from memos_mcp.backends.base import MemoryBackend
from memos_mcp.backends.hosted import open_hosted
from tests.api.process import Running, running
from tests.fakes.cloud import FakeCloud
from tests.fakes.product_server import FakeProductServer
from tests.hosted.opened import hosted, product
from tests.local.servers import Servers, replica
from tests.local.stores import repeating_model, store


@pytest.fixture(scope="session")
def engine_process(tmp_path_factory: pytest.TempPathFactory) -> Generator[Running]:
    """One engine for the whole suite: each test has a user of its own."""
    with running(tmp_path_factory.mktemp("engine")) as started:
        yield started


ON_SERVERS = pytest.param(
    "local over PostgreSQL",
    marks=[pytest.mark.processes, pytest.mark.filterwarnings("ignore::ResourceWarning")],
)
LOCAL = ("local", ON_SERVERS, "local, learning with a chat model")


@pytest.fixture(params=[*LOCAL, "cloud", "product", pytest.param("engine", marks=pytest.mark.processes)])
async def memory(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[MemoryBackend]:
    """The store in process, with either extractor; the hosted backend before the fakes and a real engine."""
    match request.param:
        case "local":
            async with store(tmp_path) as backend:
                yield backend
        case "local over PostgreSQL":
            servers: Servers = request.getfixturevalue("servers")
            async with replica(tmp_path, servers.postgres.empty(), servers) as backend:
                yield backend
        case "local, learning with a chat model":
            async with store(tmp_path, extractor=repeating_model) as backend:
                yield backend
        case "cloud":
            async with hosted(FakeCloud(), data_dir=tmp_path) as backend:
                yield backend
        case "product":
            async with product(FakeProductServer(), data_dir=tmp_path) as backend:
                yield backend
        case _:
            started: Running = request.getfixturevalue("engine_process")
            async with open_hosted(started.rest, "", data_dir=tmp_path) as backend:
                yield backend


@pytest.fixture
def user_id() -> str:
    return f"user-{uuid.uuid4()}"
