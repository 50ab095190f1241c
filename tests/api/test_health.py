"""What probes are told: ready or not, without a token, and nothing else."""

import time
from pathlib import Path

import httpx
import pytest

from memos_mcp.api.app import build_app
from memos_mcp.api.guard.tokens import Tokens
from memos_mcp.api.monitoring.health import PROBES, Opening
from memos_mcp.core.errors import Unavailable
from tests.api.engine import client_of
from tests.api.process import running
from tests.fakes.memory_backend import ListBackend
from tests.local.servers import Servers


def probed(opening: Opening | None) -> httpx.AsyncClient:
    tokens = Tokens([("a-token", "alice")])
    return client_of(build_app(ListBackend(), user_id="alice", tokens=tokens, opening=opening))


async def opens() -> None:
    """A store that is there."""


async def fails() -> None:
    raise Unavailable("The disk of alice at /srv/memory is full.")


@pytest.mark.parametrize("opening", [None, opens])
async def test_a_probe_needs_no_token_and_is_told_ready(opening: Opening | None) -> None:
    async with probed(opening) as client:
        answers = {path: await client.get(path) for path in PROBES}

    assert {path: (answer.status_code, answer.json()) for path, answer in answers.items()} == {
        "/livez": (200, {"live": True}),
        "/readyz": (200, {"ready": True}),
        "/health": (200, {"ready": True}),
    }
    assert {*answers["/readyz"].headers} == {"content-type", "content-length"}


async def test_a_store_that_cannot_be_had_is_not_ready_and_does_not_say_why() -> None:
    async with probed(fails) as client:
        ready, live = await client.get("/readyz"), await client.get("/livez")

    assert (ready.status_code, ready.json()) == (503, {"ready": False})
    assert live.status_code == 200


def test_a_replica_whose_database_is_gone_is_not_ready_until_it_is_back(tmp_path: Path, servers: Servers) -> None:
    shared = {"MEMOS_LEDGER_URL": servers.postgres.empty(), "MEMOS_CHROMA_URL": servers.chroma}
    with running(tmp_path, **shared) as started, httpx.Client(base_url=started.url, timeout=60) as client:
        before = client.get("/readyz").status_code
        servers.postgres.stop()
        try:
            during, live = client.get("/readyz").status_code, client.get("/livez").status_code
        finally:
            servers.postgres.start()
        deadline = time.monotonic() + 60
        while (after := client.get("/readyz").status_code) != 200 and time.monotonic() < deadline:
            time.sleep(0.1)

    assert (before, during, live, after) == (200, 503, 200, 200)


@pytest.mark.parametrize("path", ["http://127.0.0.1:8765//health", "/health/", "/livez/x", "/readyz%00", "/HEALTH"])
async def test_nothing_beside_the_probes_is_open(path: str) -> None:
    async with probed(None) as client:
        assert (await client.get(path)).status_code == 401
