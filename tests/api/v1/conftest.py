"""A store with some conversations, behind the routes."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.api.engine import engine
from tests.api.v1.client import Api


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[Api]:
    async with engine(tmp_path) as opened:
        yield Api(opened)
