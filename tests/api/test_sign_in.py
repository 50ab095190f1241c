"""Where there is no sign-in, and by which names the server is not called."""

from pathlib import Path

import pytest

from memos_mcp.api.guard.guard import Hosts
from memos_mcp.api.guard.tokens import Tokens
from tests.api.engine import engine


@pytest.mark.parametrize(
    "path", ["/.well-known/oauth-protected-resource", "/.well-known/oauth-authorization-server/mcp", "/register"]
)
async def test_a_client_that_looks_for_a_sign_in_is_told_that_there_is_none(tmp_path: Path, path: str) -> None:
    async with engine(tmp_path, tokens=Tokens([("t0ken", "ann")])) as api:
        assert (await api.client.get(path)).status_code == 404
        assert (await api.client.get("/nowhere")).status_code == 401


@pytest.mark.parametrize(
    "host", ["evil.example@localhost", "localhost#evil.example", "localhost?x", "localhost, evil", ""]
)
def test_a_host_that_could_be_read_in_two_ways_is_not_ours(host: str) -> None:
    assert not Hosts().accept(host)
    assert Hosts().accept("localhost:8765")
    assert Hosts().accept("[::1]:8765")
