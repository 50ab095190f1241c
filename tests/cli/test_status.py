"""`memos-mcp status` says how things are, and changes nothing."""

import json
from pathlib import Path

import pytest

from memos_mcp.backends.hosted.outbox import Outbox
from memos_mcp.backends.local.directory import LEDGER_FILE
from memos_mcp.backends.local.ledger.ledger import Ledger
from memos_mcp.cli.commands.status import look
from memos_mcp.core.models import MemoryViews
from memos_mcp.core.settings import read_settings
from tests.cli.machine import embedded, front, memos, say
from tests.consolidation.conversation import add
from tests.engine.conftest import engines_of


def everything_in(folder: Path) -> dict[str, tuple[int, int]]:
    return {
        str(path): (path.stat().st_size, path.stat().st_mtime_ns)
        for path in [folder, *folder.rglob("*")]
        if path.name != "engine.lock"
    }


def test_a_machine_without_any_store_shows_none_and_gets_none(data_dir: Path) -> None:
    shown = memos("status")

    assert shown.returncode == 0
    assert "none runs" in shown.stdout
    assert "nothing yet" in shown.stdout
    assert not data_dir.exists()


async def test_a_running_engine_tells_what_it_keeps_and_never_its_token(data_dir: Path) -> None:
    async with front(data_dir) as backend:
        await say(backend, "I prefer window seats.", "My cat is called Mia.")
        shown = memos("status")
        asked = memos("status", "--json")

    (engine,) = engines_of(data_dir)
    found = json.loads(asked.stdout)
    assert found["engine"]["pid"] == engine.pid
    assert found["engine"]["answers"]
    assert found["engine"]["memory_bytes"] > 1_000_000
    assert found["store"]["messages"] == 2
    assert f"process {engine.pid}" in shown.stdout
    assert "2 messages in 1 conversation" in shown.stdout


async def test_a_store_without_an_engine_is_counted_and_not_touched(data_dir: Path) -> None:
    async with front(data_dir) as backend:
        await say(backend, "I prefer window seats.")
    memos("stop")
    before = everything_in(data_dir)

    overview = look(read_settings())

    assert overview.engine is None
    assert overview.store is not None
    assert overview.store.messages == 1
    assert everything_in(data_dir) == before


async def test_a_store_that_a_crash_left_is_counted(data_dir: Path) -> None:
    async with front(data_dir) as backend:
        await say(backend, "I prefer window seats.")
    (engine,) = engines_of(data_dir)
    engine.kill()
    engine.wait(60)

    overview = look(read_settings())

    assert overview.engine is None
    assert overview.store is not None
    assert overview.store.messages == 1


async def test_an_embedded_server_is_told_apart_from_an_engine(data_dir: Path) -> None:
    async with embedded(data_dir):
        shown = memos("status")

    assert "an embedded server holds the store" in shown.stdout
    assert "1 message in 1 conversation" in shown.stdout


async def test_an_engine_that_hangs_is_shown_as_not_answering(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("memos_mcp.cli.commands.status.PATIENCE", 0.5)
    async with front(data_dir) as backend:
        await say(backend, "I prefer window seats.")
    (engine,) = engines_of(data_dir)
    engine.suspend()

    overview = look(read_settings())

    assert overview.engine is not None
    assert not overview.engine.answers
    assert overview.store is not None
    assert overview.store.messages == 1


async def test_what_waits_for_the_hosted_service_is_counted(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEMOS_API_KEY", "secret-key")
    Outbox(data_dir, account="a").keep({}, user_id="u", key="k", time=0, tried=False)

    shown = memos("status")

    assert "hosted" in shown.stdout
    assert "1 add for the hosted service" in shown.stdout
    assert "secret-key" not in shown.stdout + shown.stderr


def test_what_a_chat_model_fails_is_shown(data_dir: Path) -> None:
    data_dir.mkdir()
    ledger = Ledger.open(data_dir / LEDGER_FILE)
    for text in ("I moved to Berlin.", "I have a dog.", "I prefer window seats."):
        ledger.messages.add(add(text), user_id="u", features=[b""], now=1)
    first = ledger.tasks.next_open(now=1)
    assert first is not None
    ledger.tasks.complete(first, MemoryViews(), taken_over=True)
    failed = ledger.tasks.next_open(now=1)
    assert failed is not None
    ledger.tasks.postpone(failed, due=2)
    ledger.close()

    shown = memos("status")

    assert "2 adds for their memories (1 failed and is tried again)" in shown.stdout
    assert "1 add that the chat model failed, by the rules" in shown.stdout


def test_a_variable_that_makes_no_sense_is_a_sentence(data_dir: Path) -> None:
    shown = memos("status", MEMOS_BACKEND="cloudy")

    assert shown.returncode == 1
    assert "MEMOS_BACKEND" in shown.stderr
    assert not data_dir.exists()
