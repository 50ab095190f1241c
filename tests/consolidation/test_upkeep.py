"""Memories are kept up: repeated ones grow stronger, superseded ones step back, and no other is touched."""

import shutil
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import anyio
import pytest

from memos_mcp.backends.local.backend import LocalBackend
from memos_mcp.backends.local.composition import open_local
from memos_mcp.backends.local.extraction.base import Draft, Source
from memos_mcp.backends.local.extraction.rules import RulesExtractor
from memos_mcp.backends.local.retrieval.features import analyse, features_version
from memos_mcp.backends.local.text import language_files
from memos_mcp.core.models import AddMessage, DeleteMemory, GetMemory, Memory, Message, Preference, UpdateMemory
from tests.consolidation.conversation import add
from tests.fakes.hashed_embedder import HashedEmbedder
from tests.local import stores
from tests.local.stores import everything_said, find, store

pytestmark = pytest.mark.usefixtures("both_ledgers")

DAY = 86_400_000


@pytest.fixture
async def backend(tmp_path: Path) -> AsyncIterator[LocalBackend]:
    async with store(tmp_path) as opened:
        yield opened


def texts(memories: tuple[Memory, ...]) -> list[str]:
    return [memory.memory_value.removeprefix("[user perspective] ") for memory in memories]


async def tell(backend: LocalBackend, *said: str, conversation_id: str = "", user_id: str = "u") -> None:
    """Say each in an add of its own, in a conversation of its own unless one is named."""
    for number, text in enumerate(said):
        request = add(text, conversation_id=conversation_id or f"c{number} {text}"[:50], wait=True)
        assert (await backend.add_message(request, user_id=user_id)).status == "completed"


async def known(backend: LocalBackend, *, user_id: str = "u") -> tuple[Memory, ...]:
    return (await backend.get_memory(GetMemory(size=50), user_id=user_id)).memory_detail_list


async def preferred(backend: LocalBackend) -> tuple[Preference, ...]:
    return (await backend.get_memory(GetMemory(size=50), user_id="u")).preference_detail_list


async def named(backend: LocalBackend, *ids: str) -> tuple[Memory, ...]:
    return (await backend.get_memory(GetMemory(memory_ids=ids), user_id="u")).memory_detail_list


async def test_a_repetition_strengthens_the_memory_it_repeats_and_adds_none(backend: LocalBackend) -> None:
    await tell(backend, "Maybe my wife is from Portugal.", "Maybe my wife is from Portugal!")

    (memory,) = await known(backend)
    assert memory.sources == ("m1", "m2")
    assert memory.confidence == pytest.approx(0.91)
    assert memory.update_time >= memory.create_time


async def test_a_task_counts_what_it_added_and_what_it_changed(backend: LocalBackend) -> None:
    await tell(backend, "I live in Paris.")
    receipt = await backend.add_message(add("I moved to Berlin.", wait=True), user_id="u")

    views = (await backend.get_status(receipt.task_id, user_id="u")).memory_views

    assert views is not None
    assert (views.added, views.updated, views.deleted) == (1, 1, 0)


async def test_an_update_archives_the_old_memory_with_links_both_ways(backend: LocalBackend) -> None:
    await tell(backend, "I live in Paris.", "I moved to Berlin.")

    (new,) = await known(backend)
    (old,) = await named(backend, *new.supersedes)

    assert texts((new, old)) == ["I moved to Berlin.", "I live in Paris."]
    assert (old.status, old.superseded_by) == ("archived", new.id)
    assert old.sources == ("m1",)


async def test_search_gives_what_holds_and_names_what_it_supersedes(backend: LocalBackend) -> None:
    await tell(backend, "I live in Paris.", "I moved to Berlin.")

    found = (await find(backend, "Where do I live?")).memory_detail_list

    assert texts(found) == ["I moved to Berlin."]
    assert found[0].supersedes == ("k1",)


async def test_a_search_for_the_past_gives_what_holds_and_what_held_before(backend: LocalBackend) -> None:
    await tell(backend, "I live in Paris.", "I moved to Berlin.", "I moved to Oslo.")

    for query in ("Where did I live before?", "Where did I use to live?", "我以前住在哪里？"):
        found = (await find(backend, query)).memory_detail_list
        assert texts(found) == ["I moved to Oslo.", "I moved to Berlin.", "I live in Paris."]
        assert [memory.status for memory in found] == ["activated", "archived", "archived"]


async def test_a_preference_gives_way_to_a_newer_one(backend: LocalBackend) -> None:
    await tell(backend, "Call me Samuel.", "Please call me Sam.")

    assert [preference.preference for preference in await preferred(backend)] == ["Please call me Sam."]


async def test_a_preference_takes_the_place_of_a_memory(backend: LocalBackend) -> None:
    await tell(backend, "I eat meat twice a week.", "I'm vegetarian now.")

    assert await known(backend) == ()
    assert [preference.supersedes for preference in await preferred(backend)] == [("k1",)]


async def test_a_memory_repeats_a_preference_and_a_preference_is_more_than_a_memory(backend: LocalBackend) -> None:
    await tell(backend, "My favourite colour is green.", "Green is my favourite colour.")

    assert await known(backend) == ()
    assert [preference.sources for preference in await preferred(backend)] == [("m1", "m2")]

    await tell(backend, "Blue is my favourite colour now.", "My favourite colour is blue now.")

    assert texts(await known(backend)) == ["Blue is my favourite colour now."]
    assert [preference.preference for preference in await preferred(backend)] == ["My favourite colour is blue now."]


async def test_what_an_updated_memory_says_besides_goes_on_with_its_sources(backend: LocalBackend) -> None:
    await tell(backend, "I live in Paris. I work as a nurse.", "I moved to Berlin.")

    current = {memory.memory_value: memory.sources for memory in await known(backend)}

    assert current == {
        "[user perspective] I moved to Berlin.": ("m2",),
        "[user perspective] I work as a nurse.": ("m1",),
    }


async def test_facts_that_merely_sound_alike_are_kept_apart(backend: LocalBackend) -> None:
    said = ["My sister's dog is ill.", "My dog is ill.", "I live in Paris.", "My brother moved to Berlin."]
    await tell(backend, *said)

    assert sorted(texts(await known(backend))) == sorted(said)


async def test_one_user_never_changes_the_memories_of_another(backend: LocalBackend) -> None:
    await tell(backend, "I live in Paris.", "I hate cilantro.", user_id="u")
    await tell(backend, "I moved to Berlin.", "I hate cilantro.", user_id="v")

    (hers,) = await known(backend, user_id="u")
    (his,) = await known(backend, user_id="v")
    assert (texts((hers,)), hers.supersedes) == (["I live in Paris."], ())
    assert (texts((his,)), his.supersedes) == (["I moved to Berlin."], ())
    assert all(len(preference.sources) == 1 for preference in await preferred(backend))


async def test_what_was_said_earlier_but_is_stored_later_updates_nothing(backend: LocalBackend) -> None:
    for text, day in (("I moved to Berlin.", 20_000), ("I live in Paris.", 19_000)):
        message = Message(role="user", content=text, chat_time=day * DAY)
        await backend.add_message(AddMessage(messages=(message,), conversation_id=text, wait=True), user_id="u")

    (current,) = await known(backend)
    assert texts((current,)) == ["I moved to Berlin."]
    assert texts(await named(backend, *current.supersedes)) == ["I live in Paris."]


async def test_a_rewritten_memory_is_kept_up_by_its_new_text(backend: LocalBackend) -> None:
    await tell(backend, "I live somewhere in the south.")
    await backend.update_memory(UpdateMemory(memory_id="k1", content="[user perspective] I live in Lyon."), user_id="u")

    await tell(backend, "I moved to Lille.")

    (current,) = await known(backend)
    assert current.supersedes == ("k1",)


async def test_a_deleted_memory_leaves_its_archived_one_without_a_link(backend: LocalBackend) -> None:
    await tell(backend, "I live in Paris.", "I moved to Berlin.")

    await backend.delete_memory(DeleteMemory(memory_ids=("k2",)), user_id="u")

    (old,) = await named(backend, "k1")
    assert (old.status, old.superseded_by) == ("archived", "")


async def test_chinese_and_spanish_are_kept_up_too(backend: LocalBackend) -> None:
    await tell(backend, "我住在上海。", "我上个月搬到了杭州。", user_id="u")
    await tell(backend, "Vivo en Madrid.", "Me he mudado a Valencia.", user_id="v")

    assert texts(await known(backend, user_id="u")) == ["我上个月搬到了杭州。"]
    assert texts(await known(backend, user_id="v")) == ["Me he mudado a Valencia."]


async def test_memories_of_an_older_version_are_found_once_their_keys_are_made_again(tmp_path: Path) -> None:
    async with store(tmp_path) as backend:
        await tell(backend, "I live in Paris.")
    async with store(tmp_path) as backend:
        backend.ledger.database.execute("DELETE FROM claim")
        backend.ledger.note("keys", "0")

    async with store(tmp_path) as backend:
        await tell(backend, "I moved to Berlin.")
        assert len(await known(backend)) == 1


async def test_features_of_an_older_version_are_made_again_when_a_store_is_opened(tmp_path: Path) -> None:
    async with store(tmp_path) as backend:
        await tell(backend, "I live in Paris.")
        ledger = backend.ledger
        made = [ledger.database.rows(f"SELECT features FROM {table}")[0][0] for table in ("message", "memory")]
        for table in ("message", "memory"):
            ledger.database.execute(f"UPDATE {table} SET features = ?", (analyse("", role="tool"),))
        ledger.note("features", "0")

    async with store(tmp_path) as backend:
        database = backend.ledger.database
        assert [database.rows(f"SELECT features FROM {table}")[0][0] for table in ("message", "memory")] == made
        assert backend.ledger.noted("features") == features_version()


async def test_a_change_of_a_file_of_a_language_has_its_texts_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "languages"
    shutil.copytree(str(language_files.FOLDER), folder)
    monkeypatch.setattr(language_files, "FOLDER", folder)

    async def noted() -> list[str]:
        async with store(tmp_path / "store") as backend:
            return [backend.ledger.noted(name) for name in ("features", "keys")]

    def add_a_line(file: Path) -> None:
        file.write_text(file.read_text("utf-8") + "\n", "utf-8")

    features, keys = await noted()
    assert await noted() == [features, keys]

    add_a_line(folder / "spanish" / "places.toml")
    changed = await noted()
    assert changed[0] == features
    assert changed[1] != keys

    add_a_line(folder / "italian" / "stop_words.txt")
    again = await noted()
    assert again[0] != features
    assert again[1] != changed[1]


async def test_adds_while_memories_are_kept_up_lose_and_repeat_nothing(backend: LocalBackend) -> None:
    cities = ("Paris", "Berlin", "Rome", "Lima", "Oslo", "Quito", "Delhi", "Cairo")

    async def move_about(user_id: str) -> None:
        for city in cities:
            await backend.add_message(add(f"I moved to {city}.", conversation_id=city), user_id=user_id)
            await backend.add_message(add("My cat is called Miso.", conversation_id=city), user_id=user_id)
            await find(backend, "Where do I live?", user_id=user_id)

    async with anyio.create_task_group() as group:
        for user_id in ("u", "v", "w"):
            group.start_soon(move_about, user_id)
    with anyio.fail_after(60):
        for user_id in ("u", "v", "w"):
            await backend.add_message(add("Thanks!", conversation_id="end", wait=True), user_id=user_id)

    for user_id in ("u", "v", "w"):
        current = {text: memory for memory in await known(backend, user_id=user_id) for text in texts((memory,))}
        assert set(current) == {"I moved to Cairo.", "My cat is called Miso."}
        assert len(current["My cat is called Miso."].sources) == len(cities)
        for city in cities:
            assert len(await everything_said(backend, city, user_id=user_id)) == 2


class GroundlessExtractor(RulesExtractor):
    """Drafts a memory without a source where it is told to, which nothing can keep."""

    def extract(self, messages: Sequence[Source], *, before: Sequence[Source], instructions: str = "") -> list[Draft]:
        if messages[0].content == "Be groundless.":
            return [Draft(key="", value="nothing", sources=())]
        return super().extract(messages, before=before)


async def test_an_add_that_cannot_be_kept_does_not_hold_up_the_next(tmp_path: Path) -> None:
    async with open_local(tmp_path, embedder=HashedEmbedder, extractor=GroundlessExtractor) as backend:
        await backend.add_message(add("Be groundless.", conversation_id="c"), user_id="u")
        with anyio.fail_after(30):
            await tell(backend, "I live in Paris.")

        assert texts(await known(backend)) == ["I live in Paris."]


@pytest.mark.parametrize("moment", [1, 2, 3, 4])
async def test_a_kill_in_the_middle_of_upkeep_changes_nothing_and_the_next_start_does_it_once(
    tmp_path: Path, moment: int
) -> None:
    async with store(tmp_path) as backend:
        await tell(backend, "I live in Paris.", "I work at Siemens.")

    killer = [
        sys.executable,
        "-m",
        "tests.consolidation.killed_in_upkeep",
        str(tmp_path),
        str(moment),
        stores.urls[tmp_path],
        *stores.chroma,
    ]
    killed = await anyio.run_process(killer, check=False)
    assert killed.returncode == -signal.SIGKILL

    async with store(tmp_path) as backend:
        await tell(backend, "Thanks!")
        current = [memory for memory in await known(backend) if memory.supersedes]
        archived = await named(backend, "k1", "k2")
    assert [(memory.sources, memory.supersedes) for memory in current] == [(("m3",), ("k1", "k2"))]
    assert [memory.status for memory in archived] == ["archived", "archived"]


async def test_a_sentence_in_two_scripts_with_emoji_said_three_times_is_one_memory(backend: LocalBackend) -> None:
    for number in range(3):
        await tell(backend, "I drink green tea 🍵 every morning 我每天喝绿茶", conversation_id=f"tea {number}")

    known = await backend.get_memory(GetMemory(), user_id="u")
    assert known.total == 1
