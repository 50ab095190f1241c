"""Correcting, taking back, archiving, deleting and forgetting, in a real browser."""

import re
from itertools import count

import pytest
from playwright.sync_api import expect

from tests.page.store import Store
from tests.page.visit import Visit

NUMBERS = count(1)
LOOKS = pytest.mark.parametrize("visit", ["own_desk", "own_phone"], indirect=True)


@pytest.fixture
def n(own_store: Store) -> int:
    """Say something that nobody said before, in the conversation `told-N`; give N, which stands in its words."""
    number = next(NUMBERS)
    own_store.tell(
        f"told-{number}",
        ("user", f"My neighbour Ottokar{number} plays the trombone every evening."),
        ("assistant", f"Does Ottokar{number} play well?"),
        ("user", f"I keep a spare key under the blue flowerpot{number}."),
        ("user", f"The rent of my cellar{number} is 900 euros a month."),
        at="2026-07-01T10:00:00",
    )
    return number


def open_memory(visit: Visit, word: str) -> None:
    visit.go(f"memories?text={word}", "Memories")
    visit.page.get_by_role("link", name=re.compile(word)).first.click()
    expect(visit.page.get_by_role("heading", level=1)).to_contain_text(word)


@LOOKS
def test_a_memory_is_corrected_and_the_correction_taken_back(visit: Visit, n: int) -> None:
    page, heading = visit.page, visit.page.get_by_role("heading", level=1)
    open_memory(visit, f"flowerpot{n}")
    visit.press("Edit")
    visit.check_access()
    page.get_by_label("Text").fill(f"The spare key {n} is with Mrs Lund.")
    visit.press("Save")
    expect(heading).to_contain_text("with Mrs Lund")
    expect(page.locator(".history")).to_contain_text("Given other words")
    visit.press("Undo the last change")
    expect(heading).to_contain_text("flowerpot")


@LOOKS
def test_a_memory_is_archived_and_restored(visit: Visit, n: int) -> None:
    open_memory(visit, f"Ottokar{n}")
    visit.press("Archive")
    visit.sees("Archived.")
    visit.press("Restore")
    visit.sees("Restored.")
    expect(visit.page.get_by_role("button", name="Archive", exact=True)).to_be_visible()


@LOOKS
def test_several_memories_are_archived_at_once(visit: Visit, n: int) -> None:
    page = visit.page
    visit.go(f"memories?conversation_id=told-{n}", "Memories")
    expect(page.locator("tbody tr").first).to_be_visible()
    page.get_by_label("Select all on this page").check()
    visit.press("Archive")
    visit.sees("No memory fits.")
    page.get_by_label("State").select_option(label="Archived")
    expect(page.locator("tbody tr").first).to_be_visible()


@LOOKS
def test_deleting_a_memory_says_what_still_holds_it_and_deletes_that_too(visit: Visit, n: int) -> None:
    open_memory(visit, f"flowerpot{n}")
    visit.press("Delete")
    visit.check_access()
    visit.press("Delete", within=visit.dialog)
    expect(visit.dialog).to_contain_text("These messages still say it")
    visit.press("Delete these messages too", within=visit.dialog)
    expect(visit.page.get_by_role("heading", name="Memories", level=1)).to_be_visible()
    visit.go(f"search?query=spare+key+flowerpot{n}")
    expect(visit.page.locator(".hit").first).to_be_visible()
    expect(visit.page.locator(".hit").filter(has_text=f"under the blue flowerpot{n}")).to_have_count(0)


@LOOKS
def test_a_memory_goes_with_its_messages(visit: Visit, n: int) -> None:
    open_memory(visit, f"cellar{n}")
    visit.press("Delete")
    visit.dialog.get_by_label(re.compile("Also delete the messages")).check()
    visit.press("Delete", within=visit.dialog)
    expect(visit.page.get_by_role("heading", name="Memories", level=1)).to_be_visible()
    visit.go(f"conversations/told-{n}")
    expect(visit.page.locator(".content").filter(has_text=f"Does Ottokar{n} play well?")).to_be_visible()
    expect(visit.page.locator(".content").filter(has_text="900 euros")).to_have_count(0)


@LOOKS
def test_a_message_a_stretch_and_a_conversation_are_deleted(visit: Visit, n: int) -> None:
    page = visit.page
    messages = page.locator(".chat li")
    visit.go(f"conversations/told-{n}")
    expect(messages).to_have_count(4)
    visit.press("Delete", within=messages.filter(has_text="flowerpot"))
    expect(visit.dialog).to_contain_text("1 message, 1 memory")
    visit.check_access()
    visit.press("Delete", within=visit.dialog)
    expect(messages).to_have_count(3)

    visit.press("Pick messages")
    messages.first.get_by_role("checkbox").check()
    messages.last.get_by_role("checkbox").check()
    visit.press("Pick all between the first and the last picked")
    visit.press("Delete picked (3)")
    visit.press("Cancel", within=visit.dialog)
    messages.nth(1).get_by_role("checkbox").uncheck()
    visit.press("Delete picked (2)")
    visit.press("Delete", within=visit.dialog)
    expect(messages).to_have_count(1)

    visit.press("Delete conversation")
    visit.press("Delete", within=visit.dialog)
    expect(page.get_by_role("heading", name="Conversations", level=1)).to_be_visible()
    page.get_by_label("Find a conversation").fill(f"Ottokar{n}")
    visit.sees("Nothing that bears on this.")


@LOOKS
def test_everything_about_a_word_is_forgotten_and_looked_for_again(visit: Visit, n: int) -> None:
    page = visit.page
    visit.go("forget", "Forget")
    page.get_by_label("A word, a name").fill(f"Ottokar{n}")
    visit.press("Find")
    visit.sees("Found: 2 messages")
    visit.check_access()
    visit.press("Forget all of it")
    visit.press("Forget all of it", within=visit.dialog)
    visit.sees("Nothing is left about")
    visit.press("Find")
    visit.sees("Nothing is kept about")
