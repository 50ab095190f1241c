"""What our own store promises beyond MemOS's contract, in process and through a real engine alike."""

import anyio
import pytest

from memos_mcp.backends.base import MemoryBackend
from memos_mcp.core.errors import NotFound
from memos_mcp.core.models import GetMessage, SearchMemory
from tests.contract.test_contract import read, said

ENGINE = pytest.param("engine", marks=pytest.mark.processes)

pytestmark = pytest.mark.parametrize("memory", ["local", ENGINE], indirect=True)


async def test_an_add_of_the_same_key_is_stored_once_and_answers_alike(memory: MemoryBackend, user_id: str) -> None:
    request = said("Once.").model_copy(update={"key": "the-same"})

    receipts = [await memory.add_message(request, user_id=user_id) for _ in range(3)]

    assert await read(memory, user_id) == ["Once."]
    assert len({receipt.task_id for receipt in receipts}) == 1


async def test_pages_of_a_conversation_go_back_to_its_beginning(memory: MemoryBackend, user_id: str) -> None:
    contents = [str(number) for number in range(120)]
    await memory.add_message(said(*contents), user_id=user_id)

    pages = [
        await memory.get_message(GetMessage(conversation_id="c", message_limit_number=50, page=number), user_id=user_id)
        for number in (3, 2, 1)
    ]

    assert [message.content for page in pages for message in page.message_detail_list] == contents
    assert {(page.total, page.pages) for page in pages} == {(120, 3)}


async def test_the_page_of_a_message_is_found_by_its_id(memory: MemoryBackend, user_id: str) -> None:
    await memory.add_message(said(*map(str, range(120))), user_id=user_id)
    earliest = await memory.get_message(
        GetMessage(conversation_id="c", message_limit_number=50, page=3), user_id=user_id
    )
    sought = earliest.message_detail_list[4]

    page = await memory.get_message(
        GetMessage(conversation_id="c", message_limit_number=10, message_id=sought.id), user_id=user_id
    )

    assert sought in page.message_detail_list
    assert (page.page, page.pages) == (12, 12)


@pytest.mark.parametrize("named", ["m1", "k1", "m", "nonsense", "m99999999999999999999"])
async def test_a_message_of_another_conversation_is_not_found(memory: MemoryBackend, user_id: str, named: str) -> None:
    await memory.add_message(said("Elsewhere.").model_copy(update={"conversation_id": "other"}), user_id="first")
    await memory.add_message(said("Here."), user_id=user_id)

    with pytest.raises(NotFound):
        await memory.get_message(GetMessage(conversation_id="c", message_id=named), user_id=user_id)


async def test_messages_are_found_with_their_ids_and_conversation(memory: MemoryBackend, user_id: str) -> None:
    await memory.add_message(said("The spare key is under the blue flowerpot."), user_id=user_id)

    found = await memory.search_memory(
        SearchMemory(query="Where is the spare key?", message_limit_number=1), user_id=user_id
    )

    (message,) = found.message_detail_list
    assert message.id
    assert message.conversation_id == "c"
    assert message.relativity is not None
    assert message.relativity > 0.45


async def test_adds_at_the_same_time_are_all_kept_each_in_one_piece(memory: MemoryBackend, user_id: str) -> None:
    async with anyio.create_task_group() as group:
        for number in range(20):
            group.start_soon(
                lambda number=number: memory.add_message(said(f"{number} a", f"{number} b"), user_id=user_id)
            )

    everything = await read(memory, user_id)
    assert len(everything) == 40
    assert [one[:-2] for one in everything[::2]] == [one[:-2] for one in everything[1::2]]


async def test_a_task_is_its_users_own(memory: MemoryBackend, user_id: str) -> None:
    receipt = await memory.add_message(said("Hello."), user_id=user_id)

    with pytest.raises(NotFound):
        await memory.get_status(receipt.task_id, user_id=f"other-{user_id}")
