"""`memos-mcp history` shows what was done to a memory, and takes it back, while hosts run."""

import json
from pathlib import Path

from memos_mcp.core.models import AddFeedback, GetMemory
from tests.cli.machine import embedded, front, memos, say
from tests.local.stores import store


async def test_it_shows_every_change_and_takes_the_last_one_back(data_dir: Path) -> None:
    async with front(data_dir) as backend:
        await say(backend, "I live in Paris.", user_id="default")
        await say(backend, "I moved to Berlin.", user_id="default")

        shown = memos("history", "k1")
        undone = memos("history", "k1", "--undo", "--json")
        both = memos("history", "k1")
        again = memos("history", "k1", "--undo")

        known = await backend.get_memory(GetMemory(), user_id="default")

    assert shown.returncode == undone.returncode == 0
    assert "k1 (archived) [user perspective] I live in Paris." in shown.stdout
    assert "superseded_by: k2" in shown.stdout
    assert "k1 is in force again, and so is k2, which had taken its place." in both.stdout
    told = json.loads(undone.stdout)
    assert told["memory"]["status"] == "activated"
    assert [(change["event"], change["undone"]) for change in told["changes"]] == [
        ("archived", True),
        ("undone", False),
    ]
    assert again.returncode == 1
    assert "k1 was never changed, or all of it is undone" in again.stderr
    assert {memory.id for memory in known.memory_detail_list} == {"k1", "k2"}


async def test_a_correction_taken_back_is_archived_and_it_says_so(data_dir: Path) -> None:
    async with store(data_dir) as backend:
        await say(backend, "My dog is called Bruce.", user_id="default")
        correction = AddFeedback(feedback_content="My dog is called Bruno, not Bruce.")
        await backend.add_feedback(correction, user_id="default")

    undone = memos("history", "k1", "--undo")

    assert "k1 (activated) [user perspective] My dog is called Bruce." in undone.stdout
    assert "k1 is in force again; k2, which had taken its place, is archived." in undone.stdout


async def test_a_memory_of_somebody_else_is_unknown(data_dir: Path) -> None:
    async with store(data_dir) as backend:
        await say(backend, "I live in Paris.", user_id="somebody")

    for shown in (memos("history", "k1"), memos("history", "k1", "--undo"), memos("history", "nonsense")):
        assert shown.returncode == 1
        assert 'The user "default" has no memory' in shown.stderr
    assert memos("history", "k1", MEMOS_USER_ID="somebody").returncode == 0


def test_where_nothing_is_kept_nothing_is_made(data_dir: Path) -> None:
    shown = memos("history", "k1")

    assert shown.returncode == 1
    assert "has no memory" in shown.stderr
    assert not data_dir.exists()


async def test_what_an_embedded_server_holds_can_be_read_and_not_undone(data_dir: Path) -> None:
    async with embedded(data_dir):
        shown, refused = memos("history", "k1"), memos("history", "k1", "--undo")

    assert shown.returncode == 0
    assert refused.returncode == 1
    assert "MEMOS_ENGINE=embedded" in refused.stderr
