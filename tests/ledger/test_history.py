"""The history of a memory says what was done to it, and its last change can be taken back."""

from pathlib import Path

import anyio
import pytest

from memos_mcp.backends.local.backend import LocalBackend
from memos_mcp.backends.local.consolidation import Consolidation, Undo
from memos_mcp.backends.local.directory import LEDGER_FILE
from memos_mcp.backends.local.ledger.ledger import Ledger
from memos_mcp.core.errors import InvalidRequest
from memos_mcp.core.models import AddFeedback, GetMemory, Memory, UpdateMemory
from tests.consolidation.conversation import add
from tests.local.stores import find, store


async def tell(backend: LocalBackend, *said: str) -> None:
    for text in said:
        await backend.add_message(add(text, conversation_id=text, wait=True), user_id="u")


async def said_to(folder: Path, *said: str) -> None:
    async with store(folder) as backend:
        await tell(backend, *said)


async def known(folder: Path) -> dict[str, Memory]:
    """Return the memories in force by their text."""
    async with store(folder) as backend:
        found = (await backend.get_memory(GetMemory(size=50), user_id="u")).memory_detail_list
    return {memory.memory_value.removeprefix("[user perspective] "): memory for memory in found}


def undo(folder: Path, seq: int) -> None:
    ledger = Ledger.open(folder / LEDGER_FILE)
    try:
        Undo(ledger, Consolidation(ledger, clock=lambda: 9)).last(seq, user=1, now=9)
    finally:
        ledger.close()


def events(folder: Path, seq: int) -> list[tuple[str, bool]]:
    ledger = Ledger.open(folder / LEDGER_FILE)
    try:
        return [(change.event, change.undone) for change in ledger.history.of(seq)]
    finally:
        ledger.close()


async def test_an_archived_memory_comes_back_and_what_updated_it_stays(tmp_path: Path) -> None:
    await said_to(tmp_path, "I live in Paris.", "I moved to Berlin.")

    undo(tmp_path, 1)

    current = await known(tmp_path)
    assert set(current) == {"I live in Paris.", "I moved to Berlin."}
    assert current["I live in Paris."].superseded_by == ""
    assert current["I moved to Berlin."].supersedes == ()
    assert events(tmp_path, 1) == [("archived", True), ("undone", False)]


async def test_a_correction_that_is_taken_back_leaves_only_what_it_had_corrected(tmp_path: Path) -> None:
    async with store(tmp_path) as backend:
        await tell(backend, "My dog is called Bruce.")
        correction = AddFeedback(feedback_content="My dog is called Bruno, not Bruce.")
        await backend.add_feedback(correction, user_id="u")

    undo(tmp_path, 1)

    assert set(await known(tmp_path)) == {"My dog is called Bruce."}
    assert events(tmp_path, 2) == [("archived", False)]


async def test_what_was_learnt_from_a_correction_steps_back_with_the_last_of_those_it_had_replaced(
    tmp_path: Path,
) -> None:
    async with store(tmp_path) as backend:
        await tell(backend, "My cat is called Miso.", "Our cat likes snow.")
        receipt = await backend.add_feedback(AddFeedback(feedback_content="I never had a cat."), user_id="u")
        with anyio.fail_after(30):
            while (await backend.get_status(receipt.task_id, user_id="u")).status == "running":
                await anyio.sleep(0.01)

    undo(tmp_path, 1)
    assert set(await known(tmp_path)) == {"My cat is called Miso.", "I never had a cat."}
    undo(tmp_path, 2)
    assert set(await known(tmp_path)) == {"My cat is called Miso.", "Our cat likes snow."}
    assert events(tmp_path, 1) == [("archived", True), ("linked", True), ("undone", False)]


async def test_what_carried_on_the_rest_of_an_archived_memory_steps_back_when_it_returns(tmp_path: Path) -> None:
    await said_to(tmp_path, "I live in Paris. I work as a nurse.", "I moved to Berlin.")

    undo(tmp_path, 1)

    assert set(await known(tmp_path)) == {"I live in Paris. I work as a nurse.", "I moved to Berlin."}


async def test_a_repetition_that_was_none_becomes_a_memory_of_its_own_and_keeps_its_source(tmp_path: Path) -> None:
    await said_to(tmp_path, "Maybe my wife is from Portugal.", "Maybe my wife is from Portugal!")

    undo(tmp_path, 1)

    current = await known(tmp_path)
    assert {text: (memory.sources, memory.confidence) for text, memory in current.items()} == {
        "Maybe my wife is from Portugal.": (("m1",), 0.7),
        "Maybe my wife is from Portugal!": (("m2",), 0.7),
    }
    assert current["Maybe my wife is from Portugal!"].conversation_id == "Maybe my wife is from Portugal!"


async def test_a_rewritten_memory_gets_its_text_back_and_is_found_by_it(tmp_path: Path) -> None:
    async with store(tmp_path) as backend:
        await tell(backend, "The spare key is under the flowerpot.")
        await backend.update_memory(UpdateMemory(memory_id="k1", content="The spare key is gone."), user_id="u")

    undo(tmp_path, 1)

    async with store(tmp_path) as backend:
        (found,) = (await find(backend, "What is under the flowerpot?")).memory_detail_list
    assert found.memory_value == "[user perspective] The spare key is under the flowerpot."


async def test_changes_are_undone_one_after_the_other_and_no_further(tmp_path: Path) -> None:
    async with store(tmp_path) as backend:
        await tell(backend, "I live in Nice.")
        await backend.update_memory(
            UpdateMemory(memory_id="k1", content="[user perspective] I live in Paris."), user_id="u"
        )
        await tell(backend, "I moved to Berlin.")

    undo(tmp_path, 1)
    assert "I live in Paris." in await known(tmp_path)
    undo(tmp_path, 1)
    assert "I live in Nice." in await known(tmp_path)
    with pytest.raises(InvalidRequest, match="k1 was never changed, or all of it is undone"):
        undo(tmp_path, 1)
    assert events(tmp_path, 1) == [("rewritten", True), ("archived", True), ("undone", False), ("undone", False)]


async def test_a_return_to_a_text_is_kept_up_again(tmp_path: Path) -> None:
    await said_to(tmp_path, "I live in Paris.", "I moved to Berlin.")
    undo(tmp_path, 1)

    await said_to(tmp_path, "I moved to Rome.")

    assert (await known(tmp_path))["I moved to Rome."].supersedes == ("k1", "k2")
