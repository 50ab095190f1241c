"""A server over a list, and a client of it in each protocol era."""

from collections.abc import AsyncGenerator

import pytest
from mcp import Client

from tests.fakes.memory_backend import ListBackend
from tests.mcp.clients import ERAS, Era, connected


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def backend() -> ListBackend:
    return ListBackend()


@pytest.fixture(params=ERAS)
def era(request: pytest.FixtureRequest) -> Era:
    return request.param


@pytest.fixture
async def client(backend: ListBackend, era: Era) -> AsyncGenerator[Client]:
    async with connected(backend, era=era) as client:
        yield client
