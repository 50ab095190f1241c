"""`memos-mcp reindex` embeds everything anew, whatever holds the store."""

from pathlib import Path

from memos_mcp.backends.local.directory import LEDGER_FILE
from memos_mcp.backends.local.ledger.ledger import Ledger
from tests.cli.machine import front, memos, nearest, said, say


async def test_a_store_of_another_model_is_embedded_anew_and_found_again(data_dir: Path) -> None:
    async with front(data_dir) as backend:
        await say(backend, "I prefer window seats.", "My cat is called Mia.")
    memos("stop")
    ledger = Ledger.open(data_dir / LEDGER_FILE)
    ledger.note("embedder", "another:0123")
    ledger.close()

    made = memos("reindex")

    assert made.returncode == 0, made.stderr
    async with front(data_dir) as backend:
        assert await said(backend) == ["I prefer window seats.", "My cat is called Mia."]
        assert await nearest(backend, "What is the cat's name?") == "My cat is called Mia."


async def test_a_running_engine_finishes_first_and_hosts_go_on(data_dir: Path) -> None:
    async with front(data_dir) as backend:
        await say(backend, "My cat is called Mia.")

        made = memos("reindex")

        assert made.returncode == 0, made.stderr
        assert await nearest(backend, "What is the cat's name?") == "My cat is called Mia."
