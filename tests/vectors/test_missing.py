"""A library that cannot be imported: everything is kept and found by words, and it is said why."""

import sys
from functools import partial
from pathlib import Path

import anyio
import pytest
from rich.console import Console

from memos_mcp.backends.local.embedders.load import load_embedder
from memos_mcp.backends.local.vectors import chroma, locations
from memos_mcp.backends.selection import open_store
from memos_mcp.cli.checks.index import check_index
from memos_mcp.cli.checks.model import check_model
from memos_mcp.cli.commands.doctor import found_by
from memos_mcp.cli.commands.status import look, show
from memos_mcp.core.errors import MissingLibrary
from memos_mcp.core.models import AddMessage, Message
from memos_mcp.core.settings import Settings, read_settings
from tests.local.stores import find, found_messages, store

GREEN = AddMessage(messages=(Message(role="user", content="My bicycle is green"),), conversation_id="c")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return read_settings({"MEMOS_DATA_DIR": str(tmp_path / "data")})


@pytest.mark.processes
@pytest.mark.parametrize(
    ("library", "named", "notice"),
    [
        ("chromadb", "Chroma", ""),  # a user of few texts is answered without it
        ("onnxruntime", "onnxruntime", "It was searched by words alone. onnxruntime cannot be imported"),
    ],
)
async def test_everything_is_found_and_it_is_said_what_is_missing(
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    library: str,
    named: str,
    notice: str,
) -> None:
    with monkeypatch.context() as without:
        without.setitem(sys.modules, library, None)
        async with open_store(settings) as backend:
            await backend.add_message(GREEN, user_id="u")
            found = await find(backend, "bicycle")
            again = await find(backend, "bicycle")
        findings = [
            *found_by("index", lambda: check_index(settings)),
            *found_by("model", lambda: check_model(settings)),
        ]
        console = Console(record=True, width=200)
        show(look(settings), console)

    assert found_messages(found) == found_messages(again) == ["My bicycle is green"]
    assert again.notice[: len(notice) or None] == notice
    assert f"{named} cannot be imported" in caplog.text
    assert "Traceback" not in caplog.text
    assert f"{named} cannot be imported" in console.export_text()
    assert any(f"{named} cannot be imported" in one.found for one in findings if one.level == "wrong")


async def test_once_it_is_there_again_everything_is_as_before(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails() -> None:
        raise MissingLibrary("Chroma cannot be imported (x): install memos-mcp again.")

    async with open_store(settings) as backend:
        await backend.add_message(GREEN, user_id="u")
        await find(backend, "bicycle")
    with monkeypatch.context() as without:
        without.setattr(locations, "check_importable", fails)
        without.setattr(chroma, "check_importable", fails)
        async with store(settings.data_dir, embedder=partial(load_embedder, "onnx"), most_compared=0) as backend:
            with anyio.fail_after(60):
                while "Chroma cannot be imported" not in (await find(backend, "bicycle")).notice:
                    await anyio.sleep(0.02)
    async with open_store(settings) as backend:
        found = await find(backend, "bicycle")

    assert found_messages(found) == ["My bicycle is green"]
    assert found.notice == ""
    assert look(settings).store.missing == ""
