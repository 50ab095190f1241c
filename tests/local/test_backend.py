"""The local backend does what the seam promises, across restarts and over a broken index."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from memos_mcp.backends.local.backend import LocalBackend
from memos_mcp.backends.local.composition import open_local
from memos_mcp.backends.local.extraction.rules import RulesExtractor
from memos_mcp.backends.local.text.secrets import redact
from memos_mcp.core.errors import ConfigurationError, InvalidRequest, NotFound, TooLarge, Unavailable
from memos_mcp.core.models import (
    AddFeedback,
    AddMessage,
    DeleteMemory,
    GetConversation,
    GetMemory,
    GetMessage,
    Memory,
    Message,
    SearchMemory,
    UpdateMemory,
)
from tests.consolidation.conversation import CONVERSATION_A, NATIONAL_DAY, add, conversation_a
from tests.fakes.hashed_embedder import HashedEmbedder
from tests.local.stores import everything_said, find, followed, found_messages, learnt, store


@pytest.fixture
async def backend(tmp_path: Path) -> AsyncIterator[LocalBackend]:
    async with store(tmp_path) as opened:
        yield opened


async def test_an_add_is_found_by_the_next_call(backend: LocalBackend) -> None:
    await backend.add_message(add("The spare key is under the blue flowerpot."), user_id="u")

    assert found_messages(await find(backend, "Where is the spare key?")) == [
        "The spare key is under the blue flowerpot."
    ]


async def test_the_quick_start_comes_back_after_a_restart(tmp_path: Path) -> None:
    async with store(tmp_path) as backend:
        await backend.add_message(conversation_a(), user_id="u")

    async with store(tmp_path) as backend:
        await learnt(backend)
        found = await find(backend, NATIONAL_DAY)
        said = await everything_said(backend, "0610")

    memories = " ".join(memory.memory_value for memory in found.memory_detail_list)
    assert "summer vacation" in memories
    assert "children and elderly" in memories
    assert said == [content for _, content in CONVERSATION_A]


async def test_a_task_completes_and_says_how_many_memories_it_made(backend: LocalBackend) -> None:
    receipt = await backend.add_message(conversation_a(wait=True), user_id="u")

    task = await backend.get_status(receipt.task_id, user_id="u")

    assert receipt.status == task.status == "completed"
    assert task.memory_views is not None
    assert 1 <= task.memory_views.added <= 4


async def test_every_memory_names_messages_that_exist(backend: LocalBackend) -> None:
    await backend.add_message(conversation_a(wait=True), user_id="u")

    known = await backend.get_memory(GetMemory(), user_id="u")

    sources = {source for memory in known.memory_detail_list for source in memory.sources}
    assert sources
    assert sources <= {f"m{number}" for number in range(1, 7)}


async def test_one_user_never_sees_another(backend: LocalBackend) -> None:
    receipt = await backend.add_message(conversation_a(wait=True), user_id="u")
    known = await backend.get_memory(GetMemory(), user_id="u")
    memory_id = known.memory_detail_list[0].id

    assert (await find(backend, NATIONAL_DAY, user_id="v")).message_detail_list == ()
    assert (await backend.get_memory(GetMemory(), user_id="v")).total == 0
    assert (await backend.get_conversation(GetConversation(), user_id="v")).total == 0
    with pytest.raises(NotFound):
        await backend.get_message(GetMessage(conversation_id="0610"), user_id="v")
    with pytest.raises(NotFound):
        await backend.delete_memory(DeleteMemory(memory_ids=(memory_id,)), user_id="v")
    with pytest.raises(NotFound):
        await backend.get_status(receipt.task_id, user_id="v")
    with pytest.raises(NotFound):
        await backend.get_memory(GetMemory(memory_ids=(memory_id,)), user_id="v")


async def test_a_deleted_memory_is_gone_and_its_messages_stay(backend: LocalBackend) -> None:
    await backend.add_message(conversation_a(wait=True), user_id="u")
    known = await backend.get_memory(GetMemory(), user_id="u")
    first = known.memory_detail_list[0]
    await find(backend, NATIONAL_DAY)

    receipt = await backend.delete_memory(DeleteMemory(memory_ids=(first.id,)), user_id="u")

    assert receipt.deleted == (first.id,)
    found = await find(backend, NATIONAL_DAY)
    assert first.id not in [memory.id for memory in found.memory_detail_list]
    assert len(await everything_said(backend, "0610")) == 6


async def test_one_unknown_id_deletes_nothing(backend: LocalBackend) -> None:
    await backend.add_message(conversation_a(wait=True), user_id="u")
    known = await backend.get_memory(GetMemory(), user_id="u")

    with pytest.raises(NotFound, match='"k999"'):
        await backend.delete_memory(DeleteMemory(memory_ids=(known.memory_detail_list[0].id, "k999")), user_id="u")

    assert (await backend.get_memory(GetMemory(), user_id="u")).total == known.total


async def test_everything_of_a_user_can_be_forgotten(tmp_path: Path) -> None:
    async with store(tmp_path) as backend:
        await backend.add_message(conversation_a(wait=True), user_id="u")
        await backend.add_message(add("I am somebody else."), user_id="v")
        await find(backend, NATIONAL_DAY)

        await backend.delete_memory(DeleteMemory(everything=True), user_id="u")

        assert (await find(backend, NATIONAL_DAY)).message_detail_list == ()
        await backend.add_message(add("A new beginning."), user_id="u")
        assert found_messages(await find(backend, NATIONAL_DAY)) == ["A new beginning."]
        assert found_messages(await find(backend, "somebody", user_id="v")) == ["I am somebody else."]


async def test_memories_come_in_pages_newest_first(backend: LocalBackend) -> None:
    for city in ("Berlin", "Lisbon", "Osaka"):
        await backend.add_message(add(f"I visited {city} with my brother last spring.", wait=True), user_id="u")

    pages = [await backend.get_memory(GetMemory(page=page, size=2), user_id="u") for page in (1, 2)]

    values = [memory.memory_value for page in pages for memory in page.memory_detail_list]
    assert [next(city for city in ("Berlin", "Lisbon", "Osaka") if city in value) for value in values] == [
        "Osaka",
        "Lisbon",
        "Berlin",
    ]
    assert [page.total for page in pages] == [3, 3]
    assert [page.pages for page in pages] == [2, 2]


async def test_conversations_are_listed_the_last_used_first(backend: LocalBackend) -> None:
    for conversation_id in ("one", "two", "one"):
        await backend.add_message(add("Hello there, my friend.", conversation_id=conversation_id), user_id="u")

    listed = await backend.get_conversation(GetConversation(), user_id="u")

    assert [(one.conversation_id, one.total) for one in listed.conversation_detail_list] == [("one", 2), ("two", 1)]


async def test_a_conversation_without_a_name_gets_one(backend: LocalBackend) -> None:
    receipt = await backend.add_message(add("Nameless.", conversation_id=""), user_id="u")

    assert await everything_said(backend, receipt.conversation_id) == ["Nameless."]


async def test_a_memory_can_be_rewritten_and_is_found_by_its_new_words(backend: LocalBackend) -> None:
    await backend.add_message(conversation_a(wait=True), user_id="u")
    known = (await backend.get_memory(GetMemory(), user_id="u")).memory_detail_list[0]
    await find(backend, NATIONAL_DAY)

    await backend.update_memory(UpdateMemory(memory_id=known.id, content="They collect sextants."), user_id="u")

    found = (await find(backend, "sextants")).memory_detail_list[0]
    assert (found.id, found.memory_value, found.memory_key) == (known.id, "They collect sextants.", known.memory_key)


async def test_feedback_is_kept_and_found(backend: LocalBackend) -> None:
    await backend.add_feedback(AddFeedback(feedback_content="I never had a cat, it was a rabbit."), user_id="u")

    assert "rabbit" in " ".join(found_messages(await find(backend, "Which pet did I have, a cat?")))


@pytest.mark.parametrize(
    ("request_", "error", "sentence"),
    [
        (AddMessage(messages=()), InvalidRequest, "messages is empty"),
        (add(""), InvalidRequest, "message 1 is empty"),
        (add("fine", "half \ud83d"), InvalidRequest, "message 2 holds half a character"),
        (add("é" * 500_001), TooLarge, "1,000,002 bytes; at most 1,000,000"),
        (add(*["x"] * 10_001), TooLarge, "at most 10,000"),
    ],
)
async def test_a_bad_add_is_one_sentence_and_stores_nothing(
    backend: LocalBackend, request_: AddMessage, error: type[InvalidRequest], sentence: str
) -> None:
    with pytest.raises(error, match=sentence):
        await backend.add_message(request_, user_id="u")

    assert (await backend.get_conversation(GetConversation(), user_id="u")).total == 0


@pytest.mark.parametrize(
    ("query", "error", "sentence"),
    [("  ", InvalidRequest, "query is empty"), ("x" * 160_004, TooLarge, "at most 40,000")],
)
async def test_a_bad_query_is_one_sentence(
    backend: LocalBackend, query: str, error: type[InvalidRequest], sentence: str
) -> None:
    with pytest.raises(error, match=sentence):
        await backend.search_memory(SearchMemory(query=query), user_id="u")


async def test_limits_of_zero_leave_lists_out(backend: LocalBackend) -> None:
    await backend.add_message(conversation_a(wait=True), user_id="u")

    found = await find(backend, NATIONAL_DAY, memory_limit_number=0, preference_limit_number=0, message_limit_number=2)

    assert found.memory_detail_list == ()
    assert len(found.message_detail_list) == 2


async def test_a_second_process_is_refused_with_a_sentence(tmp_path: Path) -> None:
    async with store(tmp_path):
        with pytest.raises(ConfigurationError, match="Another memos-mcp has .* open.*MEMOS_DATA_DIR"):
            async with store(tmp_path):
                pass


async def test_a_folder_that_cannot_be_made_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(Unavailable, match="MEMOS_DATA_DIR"):
        async with store(tmp_path / "file" / "folder"):
            pass


def truncate(folder: Path) -> None:
    for path in folder.rglob("*"):
        if path.is_file():
            path.write_bytes(path.read_bytes()[: path.stat().st_size // 3])


def empty(folder: Path) -> None:
    shutil.rmtree(folder)
    folder.mkdir()


@pytest.mark.processes
@pytest.mark.parametrize("damage", [truncate, empty, shutil.rmtree], ids=["truncated", "emptied", "deleted"])
async def test_a_damaged_index_is_rebuilt_without_a_word_lost(tmp_path: Path, damage: object) -> None:
    assert callable(damage)
    async with store(tmp_path) as backend:
        await backend.add_message(add(*[f"Fact number {n} about otters." for n in range(40)]), user_id="u")
        await followed(backend)
    damage(tmp_path / "chroma" / "1")

    async with store(tmp_path) as backend:
        await followed(backend)
        found = await find(backend, "Fact number 17 about otters.")
        said = await everything_said(backend)

    assert found.notice == ""
    assert found_messages(found)[0] == "Fact number 17 about otters."
    assert len(said) == 40


async def test_memories_can_be_asked_for_by_id(backend: LocalBackend) -> None:
    await backend.add_message(conversation_a(wait=True), user_id="u")
    known = (await backend.get_memory(GetMemory(), user_id="u")).memory_detail_list

    one = await backend.get_memory(GetMemory(memory_ids=(known[0].id,)), user_id="u")

    assert isinstance(one.memory_detail_list[0], Memory)
    assert one.memory_detail_list == (known[0],)


async def test_a_repeated_key_answers_with_the_first_task(backend: LocalBackend) -> None:
    first = await backend.add_message(add("once", key="k"), user_id="u")
    again = await backend.add_message(add("once", key="k"), user_id="u")

    assert again.task_id == first.task_id
    assert await everything_said(backend) == ["once"]


async def test_what_was_said_when_is_kept(backend: LocalBackend) -> None:
    said = Message(role="user", content="A dated remark.", chat_time="2023-05-08 13:56:00")  # pyright: ignore[reportArgumentType]
    await backend.add_message(AddMessage(messages=(said,), conversation_id="c"), user_id="u")

    page = await backend.get_message(GetMessage(conversation_id="c"), user_id="u")

    assert page.message_detail_list[0].create_time == 1_683_554_160_000


async def test_a_secret_is_replaced_by_a_visible_mark_and_the_receipt_says_so(tmp_path: Path) -> None:
    opened = open_local(tmp_path, embedder=HashedEmbedder, extractor=RulesExtractor, redact=redact)
    async with opened as backend:
        secret = "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"
        receipt = await backend.add_message(add(f"My token is {secret}, keep it safe."), user_id="u")
        said = await everything_said(backend)

    assert secret not in said[0]
    assert "[redacted: " in said[0]
    assert "MEMOS_SECRETS=keep" in receipt.note
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and secret.encode() in path.read_bytes()]
