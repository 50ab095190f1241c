"""What every test needs before anything is imported."""

import os
from collections.abc import Generator
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from tests.local.servers import Servers

os.environ["ORT_DISABLE_TELEMETRY"] = "1"

settings.register_profile("any machine", deadline=None)  # how long an example takes says what else the machine does
settings.load_profile("any machine")


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Generator["Servers"]:
    """One PostgreSQL and one Chroma for all tests that ask for them: each has a ledger of its own."""
    from tests.local.servers import both_servers

    with both_servers(tmp_path_factory.mktemp("chroma")) as started:
        yield started
