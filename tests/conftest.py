"""What every test needs before anything is imported."""

import os
from collections import defaultdict
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


ON_SERVERS = pytest.param(
    "PostgreSQL",
    marks=[pytest.mark.slow, pytest.mark.filterwarnings("ignore::ResourceWarning")],
)
"""Slow, since the contract is tested over PostgreSQL too; Chroma's client leaves sockets to the garbage collector."""


@pytest.fixture(params=["SQLite", ON_SERVERS])
def both_ledgers(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have `store` open what is in a folder, and then once more have it open a ledger in PostgreSQL for each folder."""
    if request.param == "PostgreSQL":
        from tests.local import stores

        started: Servers = request.getfixturevalue("servers")
        monkeypatch.setattr(stores, "urls", defaultdict(started.postgres.empty))
        monkeypatch.setattr(stores, "chroma", [started.chroma])


STARTS_PROCESSES = {
    "conformance",
    "engine",
    "cli",
    "page",
    "test_bad_input",
    "test_benchmarks",
    "test_chroma_server",
    "test_crashes",
    "test_embedders",
    "test_main_job",
    "test_postgres",
    "test_real_model",
    "test_serve",
    "test_shared_access",
    "test_stdio",
    "test_transports",
    "test_upkeep",
    "test_v1_client",
    "test_vendor_sdk",
}
"""Folders and modules of tests that the inner loop, `.ci/run --fast`, leaves out."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if STARTS_PROCESSES.intersection((item.path.parent.name, item.path.stem)):
            item.add_marker("processes")
