"""Correcting, taking back, archiving, deleting, forgetting, importing and exporting, in a real browser."""

import json
import re
from itertools import count
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.page.store import Store
from tests.page.visit import Visit

NUMBERS = count(1)
LOOKS = pytest.mark.parametrize("visit", ["desk", "phone"], indirect=True)


@pytest.fixture
def n(kept_store: Store) -> int:
    """Say something that nobody said before, in the conversation `told-N`; give N, which stands in its words."""
    number = next(NUMBERS)
    kept_store.tell(
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
    visit.sees("In force again.")
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


@LOOKS
def test_a_file_is_recognised_taken_in_once_and_exported_again(visit: Visit, n: int, tmp_path: Path) -> None:
    page = visit.page
    visit.go("transfer", "Import & export")
    with page.expect_download() as downloading:
        visit.press("Download JSON lines")
    exported = [json.loads(line) for line in downloading.value.path().read_text(encoding="utf-8").splitlines()]
    assert any(f"Ottokar{n}" in str(line.get("content")) for line in exported)

    fresh = [
        line
        | {
            "conversation_id": f"imported-{n}",
            "task_id": "",
            "id": f"x{number}",
            "content": f"{line['content']} (imported)",
        }
        for number, line in enumerate(exported)
        if line.get("kind") == "message" and line["conversation_id"] == f"told-{n}"
    ]
    file = tmp_path / "other.jsonl"
    file.write_text("\n".join(json.dumps(line) for line in fresh), encoding="utf-8")
    page.get_by_label("Choose a file").set_input_files(file)
    visit.sees("was recognised: what `memos-mcp export` writes")
    visit.sees("New: 4 messages and 0 memories.")
    visit.press("Take it in")
    visit.sees("Taken in: 4 messages")
    visit.check_access()
    page.get_by_label("Choose a file").set_input_files(file)
    visit.sees("Nothing in this file is new.")
    with page.expect_download() as downloading:
        visit.press("Download a backup")
    assert downloading.value.path().read_bytes().startswith(b"SQLite format 3")


def test_an_import_shows_its_share_outlives_the_page_and_is_cancelled(visit: Visit, tmp_path: Path) -> None:
    page, bar = visit.page, visit.page.get_by_role("progressbar")
    turns = [{"role": "user", "content": f"Cormorant number {number} flew by. " * 25} for number in range(8_000)]
    file = tmp_path / "birds.json"
    file.write_text(json.dumps(turns), encoding="utf-8")
    visit.go("transfer", "Import & export")
    page.get_by_label("Choose a file").set_input_files(file)
    visit.sees("New: 8,000 messages and 0 memories.")
    visit.press("Take it in")
    expect(bar).to_have_attribute("value", re.compile(r"^0\.\d"))
    visit.check_access()

    visit.go("home", "Home")
    page.reload()
    visit.go("transfer", "Import & export")
    visit.sees("Taking in birds.json")
    visit.press("Cancel")
    visit.sees("What was taken in until then is kept")
    page.get_by_label("Choose a file").set_input_files(file)
    fresh = page.get_by_text(re.compile(r"^New: [\d,]+ messages"))
    expect(fresh).to_be_visible()
    assert 0 < int(re.sub(r"\D", "", fresh.inner_text().partition(" messages")[0])) < 8_000
    visit.press("Cancel")
    expect(fresh).to_have_count(0)
    visit.go("forget", "Forget")
    page.get_by_label("A word, a name").fill("Cormorant")
    visit.press("Find")
    visit.press("Forget all of it")
    visit.press("Forget all of it", within=visit.dialog)
    visit.sees("Nothing is left about")


@LOOKS
def test_settings_say_where_they_come_from_and_connect_a_host(visit: Visit, kept_store: Store) -> None:
    written = kept_store.folder.parent / f"{kept_store.folder.name}-home" / ".cursor" / "mcp.json"
    written.unlink(missing_ok=True)
    visit.go("settings", "Settings")
    expect(visit.page.get_by_role("row").filter(has_text="MEMOS_DATA_DIR")).to_contain_text("environment")
    visit.check_access()
    cursor = visit.page.get_by_role("listitem").filter(has_text="Cursor")
    expect(cursor).to_contain_text("Does not have it yet")
    visit.press("Connect", within=cursor)
    expect(visit.dialog).to_contain_text('+    "memos": {')
    shown = [line[1:] for line in visit.dialog.locator(".line-added").all_inner_texts() if not line.startswith("+++")]
    visit.check_access()
    visit.press("Cancel", within=visit.dialog)
    assert not written.exists()
    visit.press("Connect", within=cursor)
    visit.press("Connect", within=visit.dialog)
    expect(cursor).to_contain_text("Has this memory")  # what the host will start is tried first
    expect(cursor.get_by_role("status")).to_contain_text("Done.")
    assert "".join(shown).split() == written.read_text(encoding="utf-8").split()
    entry = json.loads(written.read_text(encoding="utf-8"))["mcpServers"]["memos"]
    assert "memos-mcp" in entry["command"]
    assert entry["env"] == {"MEMOS_DATA_DIR": str(kept_store.folder)}
