"""Memories that the agent wrote itself: kept where the messages support them, before those of the rules."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from memos_mcp.backends.local.backend import LocalBackend
from memos_mcp.core.models import AddMessage, AddReceipt, AgentMemory, GetMemory, Memory, Message
from tests.consolidation.conversation import add
from tests.local.stores import store

pytestmark = pytest.mark.usefixtures("both_ledgers")


@pytest.fixture
async def backend(tmp_path: Path) -> AsyncIterator[LocalBackend]:
    async with store(tmp_path) as opened:
        yield opened


async def tell(backend: LocalBackend, said: str, *memories: AgentMemory) -> AddReceipt:
    request = add(said, conversation_id=said[:20], wait=True).model_copy(update={"memories": memories})
    return await backend.add_message(request, user_id="u")


async def known(backend: LocalBackend, *ids: str) -> list[Memory]:
    return list((await backend.get_memory(GetMemory(memory_ids=ids), user_id="u")).memory_detail_list)


async def test_a_supported_memory_is_kept_in_place_of_the_rules_own(backend: LocalBackend) -> None:
    receipt = await tell(
        backend,
        "So we went to Oslo with Eva in May 2024, what a trip. By the way I bought a bike.",
        AgentMemory(content="The user went to Oslo with Eva in May 2024."),
    )

    (memory,) = await known(backend)
    assert memory.memory_value == "[user perspective] The user went to Oslo with Eva in May 2024."
    assert (memory.sources, memory.time_grain) == (("m1",), "month")
    assert receipt.note == ""


async def test_what_the_messages_do_not_say_is_dropped_and_counted(backend: LocalBackend) -> None:
    receipt = await tell(
        backend,
        "I went to Oslo with Eva.",
        AgentMemory(content="The user went to Oslo with Eva."),
        AgentMemory(content="The user went to Oslo with Maria."),
        AgentMemory(content="The user owns three yellow submarines."),
    )

    assert receipt.note.startswith("2 of 3 memories dropped")
    assert [one.memory_value for one in await known(backend)] == ["[user perspective] The user went to Oslo with Eva."]


async def test_a_memory_archives_those_that_it_replaces(backend: LocalBackend) -> None:
    await tell(backend, "The reactor room is painted green.")
    receipt = await tell(
        backend,
        "They did the whole reactor room over, purple walls now.",
        AgentMemory(content="The reactor room has purple walls now.", replaces=("k1", "k77", "x")),
    )

    old, new = await known(backend, "k1", "k2")
    assert (old.status, old.superseded_by, new.supersedes) == ("archived", "k2", ("k1",))
    assert receipt.note == "Not replaced, for not in force: k77, x."


async def test_what_is_replaced_supports_what_replaces_it(backend: LocalBackend) -> None:
    await tell(backend, "Eva teaches chemistry at Kant School.")
    await tell(
        backend,
        "Eva switched to physics.",
        AgentMemory(content="Eva teaches physics at Kant School.", replaces=("k1",)),
    )

    assert [one.memory_value for one in await known(backend)] == [
        "[user perspective] Eva teaches physics at Kant School."
    ]


async def test_a_repeated_add_keeps_its_memories_once(backend: LocalBackend) -> None:
    request = AddMessage(
        messages=(Message(role="user", content="I went to Oslo with Eva."),),
        conversation_id="c",
        key="once",
        wait=True,
        memories=(AgentMemory(content="The user went to Oslo with Eva."),),
    )

    await backend.add_message(request, user_id="u")
    await backend.add_message(request, user_id="u")

    assert len(await known(backend)) == 1
