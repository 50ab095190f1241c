"""A backup is made, and put back, while hosts go on; neither loses nor doubles anything."""

import itertools
import os
import sqlite3
import stat
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, closing, suppress
from pathlib import Path

import anyio
import pytest
from rich.console import Console

from memos_mcp.backends.hosted import HostedBackend
from memos_mcp.backends.local.directory import LEDGER_FILE, hold
from memos_mcp.backends.local.ledger.database import SqliteDatabase
from memos_mcp.cli.commands.backup import back_up
from memos_mcp.cli.commands.ledger_files import problem_of
from memos_mcp.cli.commands.restore import restore
from memos_mcp.core.errors import ConfigurationError, InvalidRequest, NotFound, Unavailable
from memos_mcp.core.settings import read_settings
from tests.cli.machine import embedded, front, memos, nearest, said, say
from tests.engine.conftest import engines_of
from tests.local.stores import store

SILENT = Console(quiet=True)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "kept.backup"


def backed_up(data_dir: Path, file: Path, *, force: bool = False) -> None:
    back_up(data_dir, file, force=force, console=SILENT, progress=SILENT)


async def restored(file: Path) -> None:
    """Restore as the command does, which has an event loop of its own."""
    await anyio.to_thread.run_sync(lambda: restore(read_settings(), file, console=SILENT, progress=SILENT))


@asynccontextmanager
async def store_of_two(data_dir: Path) -> AsyncGenerator[HostedBackend]:
    async with front(data_dir) as backend:
        await say(backend, "I prefer window seats.", "My cat is called Mia.")
        yield backend


async def filled(data_dir: Path) -> None:
    """Leave the same two messages in a store that nobody has open and no engine can, for its vectors are of a test."""
    async with store(data_dir) as backend:
        await say(backend, "I prefer window seats.", "My cat is called Mia.")


async def test_a_running_engine_is_backed_up_and_goes_on(data_dir: Path, file: Path) -> None:
    async with store_of_two(data_dir) as backend:
        (engine,) = engines_of(data_dir)

        made = memos("backup", str(file))

        await say(backend, "Said after the backup.")
        assert [found.pid for found in engines_of(data_dir)] == [engine.pid]
    assert made.returncode == 0
    assert "2 messages in 1 conversation" in made.stdout
    assert problem_of(file) == ""
    assert [path.name for path in file.parent.glob("*kept*")] == [file.name]
    if os.name != "nt":
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


async def test_a_restored_store_has_what_it_had_and_hosts_go_on_without_a_restart(data_dir: Path, file: Path) -> None:
    async with store_of_two(data_dir) as backend:
        backed_up(data_dir, file)
        await say(backend, "A word too much.")
        (engine,) = engines_of(data_dir)

        made = memos("restore", str(file))

        assert made.returncode == 0, made.stderr
        assert "Restored 2 messages" in made.stdout
        assert await said(backend) == ["I prefer window seats.", "My cat is called Mia."]
        assert await nearest(backend, "What is the cat's name?") == "My cat is called Mia."
        assert [found.pid for found in engines_of(data_dir)] == [engine.pid]


async def test_what_was_kept_before_a_restore_stays_and_can_be_restored(data_dir: Path, file: Path) -> None:
    async with store_of_two(data_dir) as backend:
        backed_up(data_dir, file)
        await say(backend, "Said later.", user_id="later")

        await restored(file)
        with pytest.raises(NotFound):
            await said(backend, user_id="later")
        (before,) = data_dir.glob("ledger.before-restore-*.sqlite3")
        await restored(before)

        assert await said(backend, user_id="later") == ["Said later."]
        assert await nearest(backend, "What was said?", user_id="later") == "Said later."


async def test_a_user_of_the_replaced_store_is_not_found_by_the_next_one(data_dir: Path, file: Path) -> None:
    async with store_of_two(data_dir) as backend:
        backed_up(data_dir, file)
        await say(backend, "Bob's secret garden is behind the mill.", user_id="bob")

        await restored(file)
        await say(backend, "Carol likes tea.", user_id="carol")

        assert await nearest(backend, "Where is the secret garden?", user_id="carol") in {"", "Carol likes tea."}


async def test_a_restore_on_a_machine_without_a_store_makes_one(
    data_dir: Path, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with store_of_two(data_dir):
        backed_up(data_dir, file)
    elsewhere = data_dir.with_name("elsewhere")
    monkeypatch.setenv("MEMOS_DATA_DIR", str(elsewhere))

    await restored(file)

    try:
        async with front(elsewhere) as backend:
            assert await said(backend) == ["I prefer window seats.", "My cat is called Mia."]
            assert await nearest(backend, "What is the cat's name?") == "My cat is called Mia."
    finally:
        memos("stop")


async def test_a_backup_made_while_a_front_writes_is_a_moment_of_the_store(data_dir: Path, file: Path) -> None:
    writing = anyio.Event()

    async def write() -> None:
        async with front(data_dir) as backend:
            for number in itertools.count():
                await say(backend, f"{number} a", f"{number} b", wait=False)
                if number == 3:
                    writing.set()

    with anyio.fail_after(60):
        async with anyio.create_task_group() as group:
            group.start_soon(write)
            await writing.wait()
            for _ in range(5):
                await anyio.to_thread.run_sync(lambda: backed_up(data_dir, file, force=True))
                with closing(SqliteDatabase.look(file)) as database:
                    contents = [row["content"] for row in database.rows("SELECT content FROM message ORDER BY seq")]
                assert contents == [f"{number} {part}" for number in range(len(contents) // 2) for part in "ab"]
            group.cancel_scope.cancel()


async def test_a_file_that_exists_is_kept_unless_it_may_be_replaced(data_dir: Path, file: Path) -> None:
    await filled(data_dir)
    file.write_text("precious")

    with pytest.raises(InvalidRequest, match="--force"):
        backed_up(data_dir, file)

    assert file.read_text() == "precious"
    backed_up(data_dir, file, force=True)
    assert problem_of(file) == ""


async def test_the_store_itself_is_never_overwritten_by_its_backup(data_dir: Path) -> None:
    async with store_of_two(data_dir):
        for name in (LEDGER_FILE, f"{LEDGER_FILE}-wal"):
            with pytest.raises(InvalidRequest, match="part of the store"):
                backed_up(data_dir, data_dir / name, force=True)


def test_there_is_nothing_to_back_up_where_nothing_is_kept(data_dir: Path, file: Path) -> None:
    made = memos("backup", str(file))

    assert made.returncode == 1
    assert "nothing to back up" in made.stderr
    assert not file.exists()
    assert not data_dir.exists()


async def test_a_folder_that_is_not_there_is_a_sentence(data_dir: Path, tmp_path: Path) -> None:
    await filled(data_dir)
    with pytest.raises(Unavailable, match="cannot be written"):
        backed_up(data_dir, tmp_path / "nowhere" / "kept.backup")


@pytest.mark.parametrize("content", [b"", b"no database at all, but long enough to be taken for one" * 100])
async def test_what_is_no_backup_is_refused_and_the_engine_goes_on(data_dir: Path, file: Path, content: bytes) -> None:
    file.write_bytes(content)
    async with store_of_two(data_dir) as backend:
        (engine,) = engines_of(data_dir)

        made = memos("restore", str(file))

        assert made.returncode == 1
        assert "cannot be restored" in made.stderr
        assert "Nothing was changed" in made.stderr
        assert [found.pid for found in engines_of(data_dir)] == [engine.pid]
        assert await said(backend) == ["I prefer window seats.", "My cat is called Mia."]
    assert not list(data_dir.glob("*restor*"))


async def test_a_database_of_another_program_is_refused(data_dir: Path, file: Path) -> None:
    with closing(sqlite3.connect(file)) as other:
        other.execute("CREATE TABLE message (text)")
        other.execute("PRAGMA user_version = 1")

    with pytest.raises(InvalidRequest, match="no ledger of memos-mcp"):
        await restored(file)


async def test_a_backup_of_a_newer_version_is_refused(data_dir: Path, file: Path) -> None:
    async with store_of_two(data_dir):
        backed_up(data_dir, file)
    with closing(sqlite3.connect(file)) as newer:
        newer.execute("PRAGMA user_version = 999")

    with pytest.raises(InvalidRequest, match=r"newer memos-mcp wrote it \(format 999"):
        await restored(file)


async def test_a_damaged_backup_is_refused(data_dir: Path, file: Path) -> None:
    async with store_of_two(data_dir):
        backed_up(data_dir, file)
    with file.open("r+b") as damaged:
        damaged.seek(3 * 4096)
        damaged.write(b"\xff" * 8192)

    with pytest.raises(InvalidRequest, match="cannot be restored"):
        await restored(file)


async def test_a_damaged_store_is_replaced_by_its_backup_and_kept_beside_it(data_dir: Path, file: Path) -> None:
    async with store_of_two(data_dir):
        backed_up(data_dir, file)
    memos("stop")
    (data_dir / LEDGER_FILE).write_bytes(b"this was a ledger once" * 1000)

    await restored(file)

    (before,) = data_dir.glob("ledger.before-restore-*.sqlite3")
    assert before.read_bytes().startswith(b"this was a ledger once")
    async with front(data_dir) as backend:
        assert await said(backend) == ["I prefer window seats.", "My cat is called Mia."]


async def test_a_restore_is_refused_while_an_embedded_server_holds_the_store(
    data_dir: Path, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("memos_mcp.cli.commands.holding.PATIENCE_WITH_A_STRANGER", 0.3)
    async with embedded(data_dir):
        backed_up(data_dir, file)

        with pytest.raises(ConfigurationError, match="MEMOS_ENGINE=embedded"):
            await restored(file)

    assert not list(data_dir.glob("*restor*"))


async def test_a_restore_is_refused_while_another_program_has_the_ledger_open(data_dir: Path, file: Path) -> None:
    async with store_of_two(data_dir):
        backed_up(data_dir, file)
    memos("stop")
    with closing(sqlite3.connect(data_dir / LEDGER_FILE)) as browser:
        browser.execute("BEGIN")
        browser.execute("SELECT count(*) FROM message").fetchone()

        with pytest.raises(Unavailable, match="held by another program"):
            await restored(file)

    hold(data_dir).release()


RESTORE = """
import sys
from pathlib import Path
from rich.console import Console
from memos_mcp.cli.commands.restore import restore
from memos_mcp.core.settings import read_settings
restore(read_settings(), Path(sys.argv[1]), console=Console(quiet=True), progress=Console(quiet=True))
"""


async def test_a_restore_that_is_killed_leaves_the_one_or_the_other(data_dir: Path, file: Path) -> None:
    async with store_of_two(data_dir) as backend:
        backed_up(data_dir, file)
        await say(backend, "Said later.")
        both = (["I prefer window seats.", "My cat is called Mia."], await said(backend))
        for delay in (0.4, 0.6, 0.8, 1.0):
            async with await anyio.open_process([sys.executable, "-c", RESTORE, str(file)]) as process:
                await anyio.sleep(delay)
                with suppress(ProcessLookupError):  # it was faster
                    process.kill()

            assert await said(backend) in both
            assert await nearest(backend, "What is the cat's name?") == "My cat is called Mia."
