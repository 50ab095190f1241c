"""Tokens and limits where several replicas serve one ledger in PostgreSQL."""

import io
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import httpx
import pytest
from rich.console import Console

from memos_mcp.api.app import build_app
from memos_mcp.api.guard.shared_access import SharedAccess
from memos_mcp.backends.local.ledger.access import Access
from memos_mcp.backends.local.ledger.shared import open_access
from memos_mcp.cli.commands import tokens
from memos_mcp.core.errors import NotFound
from memos_mcp.core.settings import Settings, read_settings
from tests.api.engine import REST, client_of
from tests.fakes.memory_backend import ListBackend
from tests.local.servers import Servers

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")  # of Chroma's client


@pytest.fixture
def asked(tmp_path: Path, servers: Servers) -> Settings:
    return read_settings({"MEMOS_DATA_DIR": str(tmp_path), "MEMOS_LEDGER_URL": servers.postgres.empty()})


@pytest.fixture
def access(asked: Settings) -> Iterator[Access]:
    opened = open_access(asked.ledger_url.get_secret_value())
    yield opened
    opened.close()


@asynccontextmanager
async def replica(asked: Settings, *, allowed: str = "1000 per hour") -> AsyncIterator[httpx.AsyncClient]:
    """The app of one replica, which hears of the others while it is open."""
    shared = SharedAccess(open_access(asked.ledger_url.get_secret_value()), allowed=allowed)
    app = build_app(ListBackend(), user_id="u", tokens=shared.tokens, rate=shared.rate)
    async with anyio.create_task_group() as group, client_of(app) as client:
        group.start_soon(shared.follow)
        yield client
        group.cancel_scope.cancel()


def added(asked: Settings, user: str) -> str:
    written = io.StringIO()
    tokens.add(asked, user, console=Console(file=written, width=200))
    return written.getvalue().strip()


async def status(client: httpx.AsyncClient, token: str) -> int:
    headers = {"authorization": f"Bearer {token}"}
    return (await client.post(f"{REST}/get/memory", json={}, headers=headers)).status_code


async def until(client: httpx.AsyncClient, token: str, expected: int) -> None:
    with anyio.fail_after(30):
        while await status(client, token) != expected:
            await anyio.sleep(0.05)


async def test_a_token_is_known_and_revoked_at_every_replica(asked: Settings) -> None:
    early = added(asked, "anna")
    async with replica(asked) as one, replica(asked) as other:
        assert [await status(client, early) for client in (one, other)] == [200, 200]
        late = added(asked, "ben")
        for client in (one, other):
            await until(client, late, 200)
        assert [token.user for token in tokens.listed(asked)] == ["anna", "ben"]

        tokens.revoke(asked, tokens.listed(asked)[0].name, console=Console(quiet=True))

        for client in (one, other):
            await until(client, early, 401)
            assert await status(client, late) == 200
    with pytest.raises(NotFound, match="no token"):
        tokens.revoke(asked, "0" * 12, console=Console(quiet=True))


async def test_a_limit_that_is_used_up_at_one_replica_holds_at_the_other(asked: Settings) -> None:
    token = added(asked, "anna")
    async with replica(asked, allowed="3 per hour") as one, replica(asked, allowed="3 per hour") as other:
        assert [await status(one, token) for _ in range(4)] == [200, 200, 200, 429]
        with anyio.fail_after(30):
            while not (await shared_count(asked)).get(tokens.listed(asked)[0].name):
                await anyio.sleep(0.05)
        for _ in range(2):  # when the second is known, a whole exchange has passed since the calls were counted
            await until(other, added(asked, "ben"), 200)
        assert await status(other, token) == 429
    async with replica(asked, allowed="3 per hour") as later:
        await until(later, added(asked, "ben"), 200)
        await until(later, added(asked, "ben"), 200)
        assert await status(later, token) == 429


async def shared_count(asked: Settings) -> dict[str, float]:
    opened = open_access(asked.ledger_url.get_secret_value())
    try:
        return opened.count({}, seconds=3600)
    finally:
        opened.close()


def test_calls_of_earlier_periods_count_as_far_as_the_window_covers_them(access: Access) -> None:
    access.count({"a": 4}, seconds=1000)
    access.database.execute("UPDATE call_count SET period = period - 1")
    assert 0 <= access.count({"b": 2}, seconds=1000)["a"] <= 4
    assert access.count({"b": 1}, seconds=1000)["b"] == 3

    access.database.execute("UPDATE call_count SET period = period - 2")
    assert access.count({}, seconds=1000) == {}


def test_a_token_is_kept_as_its_digest(asked: Settings, access: Access) -> None:
    token = added(asked, "anna")

    [(kept, user)] = access.tokens()

    assert user == "anna"
    assert kept.startswith("sha256:")
    assert token not in kept
    assert not (asked.data_dir / "tokens").exists()
