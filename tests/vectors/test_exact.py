"""The vectors of users with few texts, in memory: what a search finds by them is what the ledger has."""

import random
from collections.abc import Iterator, Sequence
from pathlib import Path

import anyio
import numpy as np
import pytest
from anyio.to_thread import run_sync

from memos_mcp.backends.local.backend import LocalBackend
from memos_mcp.backends.local.ledger.database_interface import Parameters, ResultRow
from memos_mcp.backends.local.ledger.ledger import Ledger
from memos_mcp.backends.local.ledger.texts import Text, TextVectors
from memos_mcp.backends.local.vectors import indexing
from memos_mcp.backends.local.vectors.chroma import ChromaIndex
from memos_mcp.backends.local.vectors.exact import MOST_TEXTS, ExactIndex
from memos_mcp.core.errors import Unavailable
from memos_mcp.core.models import DeleteMemory, GetMemory, UpdateMemory
from tests.consolidation.conversation import add
from tests.fakes.hashed_embedder import HashedEmbedder
from tests.local.stores import find, find_by_vectors, followed, found_messages, nearest, store

NEVER = 1_000.0
OTTERS = [f"Fact number {number} about otters." for number in range(30)]
OLD = "I moved to Lisbon with my two daughters."
NEW = "Lives in Porto now."


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """Open a ledger with a user of two messages that have vectors, and another of one."""
    ledger = Ledger.open(tmp_path / "ledger.sqlite3")
    for user_id, texts in (("u", OTTERS[:2]), ("v", OTTERS[2:3])):
        ledger.messages.add(add(*texts), user_id=user_id, features=[b""] * len(texts), now=1)
    embedder = HashedEmbedder()
    waiting = ledger.vectors.pending_after(0, 9)
    ledger.vectors.keep([(one, embedder.embed(one.content or "")) for one in waiting])
    yield ledger
    ledger.close()


def asked(index: ExactIndex, text: str, *, user: int = 1) -> Text | None:
    """Return the text that an index has nearest to another."""
    found = index.query(user, HashedEmbedder().embed(text).vector, limit=1)
    return None if found is None or not len(found.numbers) else Text.numbered(int(found.numbers[0]))


def true_nearest(backend: LocalBackend, text: str, *, limit: int) -> set[Text]:
    """Compare a text with all vectors of the ledger."""
    held = TextVectors.joined(backend.ledger.vectors.all_of(1, at_once=100)).by_text
    vector = HashedEmbedder().embed(text).vector
    return set(sorted(held, key=lambda one: -float(held[one] @ vector))[:limit])


async def test_a_text_that_was_deleted_is_not_found(tmp_path: Path) -> None:
    async with store(tmp_path) as backend:
        await backend.add_message(add(*OTTERS), user_id="u")
        await find(backend, "otters")
        assert nearest(backend, OTTERS[7])[0] == Text("message", 8)

        await backend.delete_memory(DeleteMemory(message_ids=("m8",)), user_id="u")
        assert Text("message", 8) not in nearest(backend, OTTERS[7], limit=99)
        await followed(backend)
        assert Text("message", 8) not in nearest(backend, OTTERS[7], limit=99)
        assert OTTERS[7] not in found_messages(await find(backend, OTTERS[7]))


async def test_nothing_is_left_of_a_user_who_is_forgotten(tmp_path: Path) -> None:
    async with store(tmp_path) as backend:
        await backend.add_message(add(*OTTERS, wait=True), user_id="u")
        await find(backend, "otters")
        assert backend._indexing._exact.covers(1)

        await backend.delete_memory(DeleteMemory(everything=True), user_id="u")
        with anyio.fail_after(60):
            while backend.ledger.vectors.count_after(0, limit=1):
                await anyio.sleep(0.02)

        assert nearest(backend, "otters") == []
        assert (await find(backend, "otters")).message_detail_list == ()


async def test_a_memory_whose_text_changed_is_found_by_its_new_vector_alone(tmp_path: Path) -> None:
    async with store(tmp_path, settled=NEVER) as backend:
        await backend.add_message(add(OLD, wait=True), user_id="u")
        await backend.update_memory(UpdateMemory(memory_id="k1", content=NEW), user_id="u")
        await find(backend, NEW)
        assert nearest(backend, NEW)[0] == Text("memory", 1)

        await backend.update_memory(UpdateMemory(memory_id="k1", content="My violin needs new strings."), user_id="u")
        found = backend._indexing.nearest(1, HashedEmbedder().embed(NEW).vector, limit=9)
        assert found is None or found.of_kind("memory").get(1, 0.0) < 0.5  # its new vector may not be made yet
        await find(backend, "violin")
        assert nearest(backend, "My violin needs new strings.")[0] == Text("memory", 1)


async def test_a_vector_of_a_text_that_changed_meanwhile_is_not_kept(tmp_path: Path) -> None:
    async with store(tmp_path, settled=NEVER) as backend:
        await backend.add_message(add(OLD, wait=True), user_id="u")
        ledger = backend.ledger
        await backend.update_memory(UpdateMemory(memory_id="k1", content="Lives in Madrid now."), user_id="u")
        [before, *_] = [one for one in ledger.vectors.pending_after(0, 99) if one.text == Text("memory", 1)]
        await backend.update_memory(UpdateMemory(memory_id="k1", content=NEW), user_id="u")
        await find(backend, NEW)

        ledger.vectors.keep([(before, HashedEmbedder().embed("Lives in Madrid now."))])

        assert nearest(backend, NEW)[0] == Text("memory", 1)
        assert nearest(backend, "Lives in Madrid now.")[0] == Text("memory", 1)
        held = TextVectors.joined(ledger.vectors.all_of(1, at_once=9)).by_text
        assert np.allclose(held[Text("memory", 1)], HashedEmbedder().embed(NEW).vector, atol=1e-3)


async def test_two_users_never_mix(tmp_path: Path) -> None:
    async with store(tmp_path) as backend:
        for user_id, texts in (("u", OTTERS[:10]), ("v", OTTERS[10:])):
            await backend.add_message(add(*texts, wait=True), user_id=user_id)
            await find(backend, "otters", user_id=user_id)

        assert set(nearest(backend, OTTERS[20], limit=99)) == {Text("message", seq) for seq in range(1, 11)}
        assert set(nearest(backend, OTTERS[2], user=2, limit=99)) == {Text("message", seq) for seq in range(11, 31)}


async def test_a_user_who_outgrows_memory_goes_over_to_chroma_and_finds_the_same(tmp_path: Path) -> None:
    async with store(tmp_path, most_compared=25) as backend:
        await backend.add_message(add(*OTTERS[:20], wait=True), user_id="u")
        await followed(backend)
        few = nearest(backend, OTTERS[7], limit=3)
        assert backend._indexing._exact.covers(1)

        await backend.add_message(add(*OTTERS[20:], wait=True), user_id="u")
        await followed(backend)
        assert not backend._indexing._exact.covers(1)
        assert nearest(backend, OTTERS[7], limit=1) == few[:1]
        assert nearest(backend, OTTERS[27], limit=1) == [Text("message", 28)]

        gone = tuple(f"m{seq}" for seq in range(21, 31))
        await backend.delete_memory(DeleteMemory(message_ids=gone), user_id="u")
        await followed(backend)
        assert backend._indexing._exact.covers(1)
        assert nearest(backend, OTTERS[7], limit=3) == few


@pytest.mark.parametrize("most_compared", [0, MOST_TEXTS])
async def test_after_any_changes_the_nearest_are_those_of_the_ledger(tmp_path: Path, most_compared: int) -> None:
    chance = random.Random(3)  # noqa: S311  # repeatable
    async with store(tmp_path, most_compared=most_compared) as backend:
        for number in range(40):
            words = " ".join(chance.choice(["otter", "badger", "heron", "violin", "Lisbon", "tea"]) for _ in range(4))
            match chance.choice(["add", "add", "change", "delete", "hand over again"]):
                case "add":
                    await backend.add_message(add(f"I like {words} {number}.", wait=True), user_id="u")
                case "change":
                    page = await backend.get_memory(GetMemory(), user_id="u")
                    for memory in page.memory_detail_list[:1]:
                        await backend.update_memory(UpdateMemory(memory_id=memory.id, content=words), user_id="u")
                case "delete":
                    page = await backend.get_memory(GetMemory(), user_id="u")
                    for memory in page.memory_detail_list[-1:]:
                        doomed = DeleteMemory(memory_ids=(memory.id,), delete_messages=True)
                        await backend.delete_memory(doomed, user_id="u")
                case _:
                    await run_sync(backend.ledger.vectors.index_again)
                    backend._indexing.wake()
            await find_by_vectors(backend, words)
            assert set(nearest(backend, words, limit=500)) == true_nearest(backend, words, limit=500)


async def test_searches_beside_adds_and_deletions_find_what_is_there(tmp_path: Path) -> None:
    async with store(tmp_path) as backend:
        await backend.add_message(add(*OTTERS, wait=True), user_id="u")
        await find(backend, "otters")

        async def search() -> None:
            for seq in (2, 9, 16):
                assert (await run_sync(nearest, backend, OTTERS[seq - 1]))[0] == Text("message", seq)
                await find_by_vectors(backend, OTTERS[seq - 1])

        async def change() -> None:
            for seq in range(20, 30):
                await backend.delete_memory(DeleteMemory(message_ids=(f"m{seq}",)), user_id="u")
                await backend.add_message(add(f"A badger of number {seq}."), user_id="u")

        async with anyio.create_task_group() as group:
            group.start_soon(change)
            for _ in range(6):
                group.start_soon(search)
        await followed(backend)

        assert set(nearest(backend, "badger", limit=99)) == true_nearest(backend, "badger", limit=99)


async def test_of_more_than_is_looked_at_beside_it_everything_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexing, "MOST_BESIDE", 10)
    async with store(tmp_path, settled=NEVER) as backend:
        await backend.add_message(add(OTTERS[0]), user_id="u")
        await find(backend, OTTERS[0])
        await backend.add_message(add(*OTTERS[1:]), user_id="u")

        await find_by_vectors(backend, OTTERS[3])
        assert nearest(backend, OTTERS[3])[0] == Text("message", 4)
        assert set(nearest(backend, OTTERS[3], limit=99)) == true_nearest(backend, OTTERS[3], limit=99)


async def test_a_failing_chroma_is_nothing_to_a_user_of_few_texts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with store(tmp_path) as backend:
        await backend.add_message(add(*OTTERS[:20], wait=True), user_id="u")
        await followed(backend)

        def fails(*_: object) -> None:
            raise Unavailable("The vector index failed.")

        monkeypatch.setattr(ChromaIndex, "put", fails)
        await backend.add_message(add("A late fact about badgers."), user_id="u")
        with anyio.fail_after(60):
            while backend._indexing._failed_at is None:
                await anyio.sleep(0.02)

        await find_by_vectors(backend, "badgers")
        assert nearest(backend, "A late fact about badgers.")[0] == Text("message", 21)
        await backend.add_message(add("A later fact about herons."), user_id="u")
        await find_by_vectors(backend, "herons")
        assert nearest(backend, "A later fact about herons.")[0] == Text("message", 22)


def test_the_users_who_searched_last_stay_in_memory(ledger: Ledger) -> None:
    index = ExactIndex(ledger.vectors, most_bytes=1)

    assert asked(index, OTTERS[1]) == Text("message", 2)
    assert asked(index, OTTERS[2], user=2) == Text("message", 3)
    assert [*index._users] == [2]
    assert asked(index, OTTERS[0]) == Text("message", 1)
    assert [*index._users] == [1]
    assert index._bytes == index._users[1].bytes


def test_vectors_that_are_read_while_they_change_do_not_stay_in_memory(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    index, read = ExactIndex(ledger.vectors), ledger.database.rows
    vector = HashedEmbedder().embed("herons").vector

    def changed_after_the_read(statement: str, parameters: Parameters = ()) -> Sequence[ResultRow]:
        rows = read(statement, parameters)
        if "FROM message JOIN message_vector" in statement:
            index.put(1, {Text("message", 2): vector})
        return rows

    monkeypatch.setattr(ledger.database, "rows", changed_after_the_read)
    asked(index, "herons")
    monkeypatch.undo()
    assert not index._users

    asked(index, OTTERS[1])
    index.put(1, {Text("message", 2): vector})
    assert asked(index, "herons") == Text("message", 2)
    index.remove(1, [Text("message", 2)])
    assert asked(index, "herons") == Text("message", 1)
    index.forget(1)
    assert asked(index, OTTERS[1]) == Text("message", 2)
