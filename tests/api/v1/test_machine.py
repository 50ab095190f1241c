"""The settings and hosts of the machine are shown to its user alone, and a host is set up by one call."""

import json
from pathlib import Path
from typing import Any

import pytest

from memos_mcp.api.app import build_app
from memos_mcp.api.guard.tokens import Tokens
from memos_mcp.api.v1.context import Context, Store
from memos_mcp.cli.commands.this_machine import ThisMachine
from tests.api.engine import Engine, client_of
from tests.api.v1.client import Api, read, refused
from tests.fakes.memory_backend import ListBackend

TOKENS = Tokens([("owners-token", "default"), ("bobs-token", "bob")])


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.setenv("MEMOS_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("MEMOS_API_KEY", "a-key-that-nobody-sees")
    (tmp_path / ".cursor").mkdir()
    return tmp_path


def api_of(token: str) -> Api:
    memory: Any = ListBackend()
    surroundings = Context(machine=ThisMachine)
    app = build_app(
        memory, user_id="default", tokens=TOKENS, store=Store(memory, memory, memory, memory), surroundings=surroundings
    )
    return Api(Engine(client_of(app), memory), authorization=f"Bearer {token}")


async def test_the_owner_sees_settings_with_keys_masked_and_the_hosts(home: Path) -> None:
    api = api_of("owners-token")

    settings = (await api.get("/settings"))["settings"]
    hosts = (await api.get("/hosts"))["hosts"]

    assert {"name": "MEMOS_DATA_DIR", "value": str(home / "data"), "source": "environment"} in settings
    assert "a-key-that-nobody-sees" not in json.dumps(settings)
    assert [(host["name"], host["configured"]) for host in hosts] == [("cursor", False)]


async def test_a_host_is_set_up_once_and_then_shown_as_such(home: Path) -> None:
    api = api_of("owners-token")

    tried = read(await api.call("POST", "/hosts/cursor/install", {}, dry_run=True))
    assert (tried["configured"], (home / ".cursor" / "mcp.json").exists()) == (False, False)
    assert '+    "memos": {' in tried["diff"]
    done = read(await api.call("POST", "/hosts/cursor/install", {}))

    assert (done["configured"], done["diff"]) == (True, tried["diff"])
    assert "memos" in (home / ".cursor" / "mcp.json").read_text()
    (shown,) = (await api.get("/hosts"))["hosts"]
    assert shown["configured"]
    assert shown["no_hooks"] == done["no_hooks"] == tried["no_hooks"]
    assert "without the settings of its entry (MEMOS_DATA_DIR)" in shown["no_hooks"]
    assert "There is no host" in refused(await api.call("POST", "/hosts/nowhere/install", {}), 400)


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/settings"), ("GET", "/hosts"), ("POST", "/hosts/cursor/install")]
)
async def test_another_user_learns_nothing_of_the_machine(method: str, path: str) -> None:
    answer = await api_of("bobs-token").call(method, path, {} if method == "POST" else None)

    assert "own user alone" in refused(answer, 403)


async def test_a_file_that_cannot_be_changed_is_left_and_the_reason_told(home: Path) -> None:
    file = home / ".cursor" / "mcp.json"
    file.write_text("{ broken")

    told = read(await api_of("owners-token").call("POST", "/hosts/cursor/install", {}, dry_run=True))

    assert (told["refused"], told["configured"], told["diff"]) == (True, False, "")
    assert "is not valid" in told["why"]
    assert file.read_text() == "{ broken"
