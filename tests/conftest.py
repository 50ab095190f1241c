"""What every test needs before anything is imported."""

import gc
import os
from collections import defaultdict
from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import httpx2
import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from tests.local.servers import Servers

os.environ["ORT_DISABLE_TELEMETRY"] = "1"

gc.disable()  # until all tests are collected: passes over what is imported would take a tenth of that time

# How long it takes to make and to try an example says what else the machine does.
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")

PATIENCE = 120.0
"""Seconds after which a request fails that a test sends without a time-out of its own."""

for usual in (httpx._config.DEFAULT_TIMEOUT_CONFIG, httpx2._config.DEFAULT_TIMEOUT_CONFIG):
    usual.connect = usual.read = usual.write = usual.pool = PATIENCE


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
    "hooks",
    "page",
    "test_bad_input",
    "test_benchmarks",
    "test_chroma_server",
    "test_crashes",
    "test_embedders",
    "test_examples",
    "test_hosted_alone",
    "test_install",
    "test_main_job",
    "test_oauth",
    "test_oauth_node",
    "test_openapi",
    "test_operated",
    "test_plugin",
    "test_postgres",
    "test_proxies",
    "test_real_hosts",
    "test_real_model",
    "test_replicas",
    "test_serve",
    "test_shared_access",
    "test_stdio",
    "test_transports",
    "test_upkeep",
    "test_v1_client",
    "test_vendor_sdk",
    "test_verification",
}
"""Folders and modules of tests that the inner loop, `.ci/run --fast`, leaves out."""

PROCESSES = {"engine_process", "issuer", "server", "servers"}
"""Fixtures that are a process; the inner loop leaves out what asks for one."""


def starts_processes(path: Path) -> bool:
    return bool(STARTS_PROCESSES.intersection((path.parent.name, path.stem)))


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave out unread what the inner loop does not run: to import it all takes as long as to run much of the rest."""
    left_out = (
        "not processes" in config.option.markexpr and collection_path.is_file() and starts_processes(collection_path)
    )
    return left_out or None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if starts_processes(item.path) or PROCESSES.intersection(getattr(item, "fixturenames", ())):
            item.add_marker("processes")


def pytest_collection_finish() -> None:
    """Have the garbage collector pass over what was imported no more: it stays, and is most of all objects."""
    gc.collect()
    gc.freeze()
    gc.enable()
