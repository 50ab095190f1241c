"""A message whose memory no longer holds is marked, and ranks behind what replaced it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from memos_mcp.backends.local.backend import LocalBackend
from memos_mcp.backends.local.search.outdated import Ranked, step_back
from memos_mcp.core.models import AddFeedback, GetMemory, StoredMessage
from tests.consolidation.conversation import add
from tests.local.stores import find, store

pytestmark = pytest.mark.usefixtures("both_ledgers")


@pytest.fixture
async def backend(tmp_path: Path) -> AsyncIterator[LocalBackend]:
    async with store(tmp_path) as opened:
        yield opened


async def tell(backend: LocalBackend, *said: str) -> None:
    for text in said:
        await backend.add_message(add(text, conversation_id=text[:50], wait=True), user_id="u")


async def correct(backend: LocalBackend, text: str, *memory_ids: str) -> tuple[tuple[str, ...], str]:
    request = AddFeedback(feedback_content=text, memory_ids=memory_ids)
    receipt = await backend.add_feedback(request, user_id="u")
    return receipt.archived, receipt.note


async def messages(backend: LocalBackend, query: str) -> list[StoredMessage]:
    return list((await find(backend, query)).message_detail_list)


async def values(backend: LocalBackend) -> list[str]:
    page = await backend.get_memory(GetMemory(size=50), user_id="u")
    return [one.memory_value.removeprefix("[user perspective] ") for one in page.memory_detail_list]


async def test_a_corrected_message_is_marked_and_comes_after_the_correction(backend: LocalBackend) -> None:
    await tell(backend, "I work for Initech.")
    await correct(backend, "That is wrong: I work for Hooli, not Initech")

    first, second = await messages(backend, "work for")

    assert (first.content, first.status) == ("That is wrong: I work for Hooli, not Initech", "activated")
    assert (second.content, second.status, second.superseded_by) == ("I work for Initech.", "archived", first.id)
    assert (first.relativity or 0) >= (second.relativity or 0)


async def test_a_message_that_a_later_one_updates_is_marked_and_comes_after_it(backend: LocalBackend) -> None:
    await tell(backend, "I live in Lyon.", "My cat is ill.", "We moved from Lyon to Geneva last week.")

    found = await messages(backend, "where do I live?")

    assert [(one.content, one.status) for one in found if "Lyon" in one.content] == [
        ("We moved from Lyon to Geneva last week.", "activated"),
        ("I live in Lyon.", "archived"),
    ]


async def test_a_message_of_which_something_still_holds_keeps_its_rank(backend: LocalBackend) -> None:
    await tell(backend, "I live in Paris. I work as a nurse.", "I moved to Berlin.")

    assert {one.status for one in await messages(backend, "nurse")} == {"activated"}


async def test_a_message_of_which_a_part_was_corrected_comes_after_the_correction_where_that_is_asked_for(
    backend: LocalBackend,
) -> None:
    told = "My mother is allergic to nuts. My dentist appointment is on 18 November at 9:30."
    right = "My dentist appointment is on 2 December, not on 18 November."
    await tell(backend, told, "I like tea.", "We adopt a dog.", "The flat in Kiel has a garden.")
    await correct(backend, right)

    dentist = [one.content for one in await messages(backend, "When is my dentist appointment?")]

    assert dentist[:2] == [right, told]
    assert (await messages(backend, "mother allergic to nuts"))[0].content == told


async def test_where_the_past_is_asked_for_the_outdated_message_keeps_its_rank(backend: LocalBackend) -> None:
    await tell(backend, "I live in Lyon.", "I moved to Geneva.")

    found = await messages(backend, "did I live in Lyon before?")

    assert (found[0].content, found[0].status) == ("I live in Lyon.", "archived")


def test_a_replacement_that_was_not_found_takes_the_place_of_what_it_replaces() -> None:
    found = [Ranked(1, 0.9), Ranked(2, 0.5)]

    assert step_back(found, {1: 7}, limit=3) == [Ranked(7, 0.9), Ranked(2, 0.5), Ranked(1, 0.5)]
    assert step_back(found, {1: 7}, limit=2) == [Ranked(7, 0.9), Ranked(2, 0.5)]
    assert step_back(found, {2: 1}, limit=2) == found


async def test_the_same_correction_three_times_leaves_one_memory(backend: LocalBackend) -> None:
    await tell(backend, "Eva teaches chemistry.")

    answers = [await correct(backend, "Eva teaches physics, not chemistry.") for _ in range(3)]

    assert answers[0] == (("k1",), "")
    assert answers[1:] == [((), "Nothing was changed: k2 says so already.")] * 2
    assert await values(backend) == ["Eva teaches physics."]


async def test_the_same_correction_said_three_times_in_messages_leaves_one_memory(backend: LocalBackend) -> None:
    await tell(backend, "Eva teaches chemistry.")

    for number in range(3):
        request = add("Eva teaches physics, not chemistry.", conversation_id=f"c{number}", wait=True)
        await backend.add_message(request, user_id="u")

    assert await values(backend) == ["Eva teaches physics, not chemistry."]


async def test_feedback_that_changes_nothing_says_so_names_the_nearest_and_is_no_fact(backend: LocalBackend) -> None:
    await tell(backend, "My rabbit hutch stands in the garden.")

    archived, note = await correct(backend, "I never kept rabbits, forget that")

    assert archived == ()
    assert 'Which memory is meant? The nearest: k1 "My rabbit hutch stands in the garden."' in note
    assert await values(backend) == ["My rabbit hutch stands in the garden."]


async def test_feedback_names_the_memories_that_it_is_meant_of(backend: LocalBackend) -> None:
    await tell(backend, "My rabbit hutch stands in the garden.", "Our tent is green.")

    assert await correct(backend, "I never kept rabbits, forget that", "k1") == (("k1",), "")
    assert await correct(backend, "That is wrong: our tent is blue.", "k2") == (("k2",), "")

    assert await values(backend) == ["our tent is blue."]


async def test_a_correction_in_a_message_archives_what_it_names(backend: LocalBackend) -> None:
    await tell(backend, "Our cat Milo sleeps all day.", "The cat's name is Mila, not Milo.")

    assert await values(backend) == ["The cat's name is Mila, not Milo."]
