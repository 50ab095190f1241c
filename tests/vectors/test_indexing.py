"""Vectors as a search sees them: made soon, handed to Chroma when enough are gathered, looked at one by one before."""

import threading
from collections.abc import Callable, Collection
from contextlib import AbstractAsyncContextManager
from functools import partial
from pathlib import Path

import anyio
import pytest
from anyio.to_thread import run_sync

from memos_mcp.backends.local.backend import LocalBackend
from memos_mcp.backends.local.ledger.texts import Text
from memos_mcp.backends.local.ledger.vectors import Vectors
from memos_mcp.backends.local.vectors.exact import MOST_TEXTS
from memos_mcp.backends.local.vectors.indexing import GATHERED
from memos_mcp.core.errors import Unavailable
from memos_mcp.core.models import DeleteMemory, UpdateMemory
from tests.consolidation.conversation import add
from tests.local.stores import find, find_by_vectors, followed, nearest, store

NEVER = 1_000.0
FACTS = [f"Fact number {number} about otters." for number in range(GATHERED)]

Opened = Callable[..., AbstractAsyncContextManager[LocalBackend]]


@pytest.fixture(params=[0, MOST_TEXTS], ids=["by Chroma", "in memory"])
def opened(tmp_path: Path, request: pytest.FixtureRequest) -> Opened:
    """Open a store that asks Chroma, and one that compares all vectors in memory."""
    return partial(store, tmp_path, most_compared=request.param)


def gathered(backend: LocalBackend) -> int:
    return backend.ledger.vectors.pending_count(1)


async def test_what_the_index_has_not_followed_is_found_by_its_vector(opened: Opened) -> None:
    async with opened(settled=NEVER) as backend:
        await backend.add_message(add(*FACTS[:20]), user_id="u")
        await find_by_vectors(backend, FACTS[7])

        assert gathered(backend) >= 20
        assert nearest(backend, FACTS[7])[0] == Text("message", 8)


async def test_chroma_is_not_opened_for_a_user_of_few_texts(tmp_path: Path) -> None:
    async with store(tmp_path, settled=NEVER, most_compared=30) as backend:
        await backend.add_message(add(*FACTS[:20], wait=True), user_id="u")

        assert (await find(backend, FACTS[7])).notice == ""
        assert nearest(backend, FACTS[7])[0] == Text("message", 8)
        assert not (tmp_path / "chroma").exists()


async def test_a_search_of_a_user_of_many_texts_waits_for_chroma(tmp_path: Path) -> None:
    async with store(tmp_path, settled=NEVER, most_compared=15) as backend:
        await backend.add_message(add(*FACTS[:20], wait=True), user_id="u")

        await find_by_vectors(backend, FACTS[7])
        assert backend._indexing._index is not None
        assert nearest(backend, FACTS[7])[0] == Text("message", 8)


async def test_the_index_follows_once_enough_is_gathered(opened: Opened) -> None:
    async with opened(settled=NEVER) as backend:
        await backend.add_message(add(*FACTS), user_id="u")
        await followed(backend)
        await backend.add_message(add("A later fact about badgers."), user_id="u")
        await find(backend, "badgers")

        assert gathered(backend) == 1
        assert nearest(backend, FACTS[7])[0] == Text("message", 8)
        assert nearest(backend, "A later fact about badgers.")[0] == Text("message", GATHERED + 1)


async def test_what_was_gathered_is_found_after_a_restart(opened: Opened) -> None:
    async with opened(settled=NEVER) as backend:
        await backend.add_message(add(*FACTS[:20]), user_id="u")
        await find(backend, "otters")
    async with opened(settled=NEVER) as backend:
        await find_by_vectors(backend, "otters")
        assert nearest(backend, FACTS[7])[0] == Text("message", 8)


async def test_a_memory_in_the_words_of_its_message_shares_the_vector_of_that(tmp_path: Path) -> None:
    async with store(tmp_path) as backend:
        await backend.add_message(add("I moved to Lisbon with my two daughters.", wait=True), user_id="u")
        await followed(backend)

        assert nearest(backend, "Lisbon") == [Text("message", 1)]
        assert backend.ledger.vectors.told_by([1]) == {1: [1]}
        assert (await find(backend, "Lisbon daughters")).memory_detail_list[0].relativity or 0 > 0.45


async def test_a_memory_of_a_small_part_of_its_message_has_a_vector_of_its_own(tmp_path: Path) -> None:
    said = (
        "The unmistakable walrus of Zanzibar sleeps under my bed beside two old violins."
        " My sister collects lighthouses, fountain pens and unusual maps of Antarctica."
        " Our cousins grow olives, figs and pomegranates near Seville in the dry summers."
    )
    async with store(tmp_path) as backend:
        await backend.add_message(add(said, wait=True), user_id="u")
        await followed(backend)

        assert backend.ledger.vectors.told_by([1]) == {}
        assert (
            nearest(backend, "Our cousins grow olives, figs and pomegranates near Seville in the dry summers.")[0].kind
            == "memory"
        )


async def test_a_memory_that_is_written_anew_gets_a_vector_of_its_own(opened: Opened) -> None:
    async with opened() as backend:
        await backend.add_message(add("I moved to Lisbon with my two daughters.", wait=True), user_id="u")
        await backend.update_memory(UpdateMemory(memory_id="k1", content="Lives in Porto now."), user_id="u")
        await followed(backend)

        assert nearest(backend, "Lives in Porto now.")[0] == Text("memory", 1)


async def test_everything_is_handed_over_again_after_the_index_is_lost(opened: Opened) -> None:
    async with opened() as backend:
        await backend.add_message(add("I moved to Lisbon with my two daughters.", wait=True), user_id="u")
        await backend.update_memory(UpdateMemory(memory_id="k1", content="Lives in Porto now."), user_id="u")
        await backend.add_message(add("My violin needs new strings.", wait=True), user_id="u")
        await followed(backend)
        with anyio.fail_after(30):
            backend.ledger.vectors.index_again()
            backend._indexing.wake()
            await followed(backend)

        assert set(nearest(backend, "Porto", limit=9)) == {
            Text("message", 1),
            Text("message", 2),
            Text("memory", 1),
        }


async def test_each_user_has_a_time_of_its_own_for_what_was_gathered(tmp_path: Path) -> None:
    async with store(tmp_path, settled=NEVER) as backend:
        await backend.add_message(add(*FACTS[:20]), user_id="u")
        await backend.add_message(add(*FACTS), user_id="v")
        with anyio.fail_after(30):
            while backend.ledger.vectors.pending_count(2):
                await anyio.sleep(0.02)

        assert gathered(backend) >= 20


async def test_nothing_is_handed_over_of_a_user_who_is_forgotten(tmp_path: Path) -> None:
    async with store(tmp_path, settled=NEVER) as backend:
        await backend.add_message(add(*FACTS[:20]), user_id="u")
        await find(backend, "otters")
        await backend.delete_memory(DeleteMemory(everything=True), user_id="u")
        with anyio.fail_after(30):
            while (index := backend._indexing._index) is None or gathered(backend):
                await anyio.sleep(0.02)

        assert index.counts() == {}


async def test_what_was_put_in_after_another_process_had_taken_it_out_is_taken_out_again(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened() as backend:
        await backend.add_message(add("A fact about otters.", wait=True), user_id="u")
        await followed(backend)
        ledger, kept = backend.ledger, nearest(backend, "otters")
        done, lost = Vectors.done, threading.Event()

        def lose_claim(vectors: Vectors, keys: Collection[int]) -> None:
            """Play what a process finds that stood still: the text is gone, and with it the claim."""
            if not lost.is_set():
                [conversation] = ledger.database.rows("SELECT key FROM conversation WHERE conversation_id = 'd'")
                ledger.removal.forget_conversations(1, [conversation["key"]])
                ledger.database.execute("DELETE FROM pending")  # another process has followed
                lost.set()
                raise Unavailable("The claim is lost.")
            done(vectors, keys)

        monkeypatch.setattr(Vectors, "done", lose_claim)
        await backend.add_message(add("Another fact about otters.", conversation_id="d"), user_id="u")
        await run_sync(lost.wait, 60)
        assert len(nearest(backend, "otters")) > len(kept)

        with anyio.fail_after(60):
            while nearest(backend, "otters") != kept:
                await anyio.sleep(0.05)
