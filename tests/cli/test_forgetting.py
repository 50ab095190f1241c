"""`memos-mcp forget` shows what goes, asks, and leaves nothing of it in any file, while a host runs."""

import json
from pathlib import Path

from memos_mcp.core.models import SearchMemory
from tests.cli.machine import front, memos, say
from tests.local.test_deletion import files_with

SAID = "The unmistakable walrus of Zanzibar sleeps under my bed beside two violins."
KEPT = "My sister collects lighthouses and fountain pens."


async def test_all_about_a_word_is_shown_then_gone_while_a_host_runs(data_dir: Path) -> None:
    async with front(data_dir) as backend:
        await say(backend, SAID, user_id="default")
        await say(backend, KEPT, user_id="default")

        backed_up = memos("backup", str(data_dir.parent / "before.sqlite3"))
        tried = memos("forget", "Walrus", "--dry-run")
        unanswered = memos("forget", "Walrus")
        still = await backend.search_memory(SearchMemory(query="walrus", relativity=0), user_id="default")
        done = memos("forget", "Walrus", "--yes", "--json")
        again = memos("forget", "walrus", "--dry-run")

        found = await backend.search_memory(SearchMemory(query="lighthouses", relativity=0), user_id="default")

        assert backed_up.returncode == tried.returncode == done.returncode == again.returncode == 0, done.stderr
        assert "Would delete 1 message and 1 memory." in tried.stdout
        assert SAID in tried.stdout
        assert unanswered.returncode != 0
        assert "walrus" in str(still)
        told = json.loads(done.stdout)
        assert (told["left"], len(told["messages"]), told["stale_backups"]) == (
            0,
            1,
            [str(data_dir.parent / "before.sqlite3")],
        )
        assert "Would delete 0 messages and 0 memories." in again.stdout
        assert "Backups" not in again.stdout
        assert (data_dir / "backups.txt").stat().st_mode & 0o077 == 0
        assert [message.content for message in found.message_detail_list] == [KEPT]
    assert files_with(data_dir, b"walrus") == set()


async def test_what_is_named_goes_and_what_is_unknown_is_said(data_dir: Path) -> None:
    async with front(data_dir) as backend:
        await say(backend, SAID, user_id="default")
        await say(backend, KEPT, user_id="default")

        unknown = memos("forget", "--message", "m99", "--yes")
        nothing = memos("forget")
        done = memos("forget", "--message", "m1", "--yes")

        assert (unknown.returncode, nothing.returncode, done.returncode) == (1, 2, 0)
        assert '"m99"' in unknown.stderr
        assert "Deleted 1 message and 1 memory.\nNothing is left." in done.stdout
        found = await backend.search_memory(SearchMemory(query="walrus", relativity=0), user_id="default")
        assert "walrus" not in str(found)


def test_where_nothing_is_kept_there_is_nothing_to_forget(data_dir: Path) -> None:
    assert "nothing to forget" in memos("forget", "walrus", "--yes").stderr
    assert not data_dir.exists()
