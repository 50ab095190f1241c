"""What is damaged on disk, or left behind by what was killed, is found, named and hides nothing else."""

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from rich.console import Console

from memos_mcp.backends.local.directory import LEDGER_FILE
from memos_mcp.backends.local.ledger.database import DAMAGED
from memos_mcp.cli.checks.ledger import check_ledger
from memos_mcp.cli.commands.backup import back_up
from memos_mcp.cli.commands.import_files import take_in
from memos_mcp.cli.commands.restore import restore
from memos_mcp.core.errors import InvalidRequest
from memos_mcp.core.models import AddMessage, GetMemory, Message
from memos_mcp.core.settings import read_settings
from tests.local.stores import everything_said, find, found_messages, store

SILENT = Console(quiet=True)


@pytest.fixture
async def kept(data_dir: Path) -> Path:
    """Return a store of three messages, closed."""
    async with store(data_dir) as backend:
        for text in ("My bicycle is green", "My cat is called Mia", "I live in Lyon"):
            said = AddMessage(messages=(Message(role="user", content=text),), conversation_id="c", wait=True)
            await backend.add_message(said, user_id="u")
    return data_dir


def damage(data_dir: Path) -> None:
    """Spoil a byte of a text, which leaves the structure of the file whole."""
    ledger = data_dir / LEDGER_FILE
    whole = ledger.read_bytes()
    assert b"My cat is" in whole
    ledger.write_bytes(whole.replace(b"My cat is", b"My \xffat is"))


async def test_a_text_that_cannot_be_decoded_hides_neither_its_page_nor_its_conversation(kept: Path) -> None:
    damage(kept)

    async with store(kept) as backend:
        read = await everything_said(backend)
        found = await find(backend, "bicycle")
        known = await backend.get_memory(GetMemory(), user_id="u")

    assert read == ["My bicycle is green", f"{DAMAGED}My \ufffdat is called Mia", "I live in Lyon"]
    assert "My bicycle is green" in found_messages(found)
    assert known.total == 3


async def test_doctor_and_backup_read_every_text_and_name_it(kept: Path, tmp_path: Path) -> None:
    damage(kept)
    console = Console(record=True, width=200)

    (finding,) = check_ledger(kept)
    back_up(kept, tmp_path / "b", force=False, console=console, progress=SILENT)

    assert (finding.level, "message 2" in finding.found) == ("wrong", True)
    assert "message 2" in console.export_text()


def _dead() -> int:
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    return process.pid


async def test_what_killed_backups_and_restores_left_is_swept(kept: Path, tmp_path: Path) -> None:
    dead, alive = _dead(), os.getppid()
    file = tmp_path / "b"
    left = [tmp_path / f".b.{dead}.part", kept / f"{LEDGER_FILE}.restoring-{dead}"]
    in_use = [tmp_path / f".b.{alive}.part", kept / f"{LEDGER_FILE}.restoring-{alive}"]
    for path in (*left, *in_use):
        path.write_bytes(b"half")

    back_up(kept, file, force=False, console=SILENT, progress=SILENT)
    restore(read_settings(), file, console=SILENT, progress=SILENT)

    assert not any(path.exists() for path in left)
    assert all(path.exists() for path in in_use)


async def test_a_backup_that_would_act_by_itself_is_refused(kept: Path, tmp_path: Path) -> None:
    file = tmp_path / "b"
    back_up(kept, file, force=False, console=SILENT, progress=SILENT)
    with closing(sqlite3.connect(file)) as database:
        database.execute("CREATE TRIGGER t AFTER INSERT ON message BEGIN DELETE FROM message; END")

    with pytest.raises(InvalidRequest, match="it has a trigger named t.*Nothing was changed"):
        restore(read_settings(), file, console=SILENT, progress=SILENT)


async def test_an_import_says_which_memories_it_left_out(kept: Path, tmp_path: Path) -> None:
    del kept
    file = tmp_path / "one.jsonl"
    file.write_text(
        '{"kind": "memory", "id": "p1", "user_id": "u", "conversation_id": "c", "memory_key": "Bike",'
        ' "memory_value": "I sold my bike", "sources": ["m77"]}'
    )
    console = Console(record=True, width=200)

    take_in(read_settings(), [file], console=console, progress=SILENT)

    assert "1 memory was left out" in console.export_text()
