"""Importing and exporting, in a real browser."""

import json
import re
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.page.store import begun
from tests.page.visit import Visit, visiting

BIRDS = 5_000
"""Messages that take a few seconds."""

NUMBERS = count(1)


def lines(number: int) -> list[dict[str, str]]:
    """Write an export of two messages that nobody has seen."""
    said = {
        "kind": "message",
        "conversation_id": f"ferry-{number}",
        "role": "user",
        "time": "2026-02-03T08:00:00+00:00",
    }
    return [said | {"id": f"m{one}", "content": f"Ferry {number} calls at pier {one}."} for one in (1, 2)]


@pytest.mark.parametrize("visit", ["own_desk", "own_phone"], indirect=True)
def test_a_file_is_recognised_taken_in_once_and_exported_again(visit: Visit, tmp_path: Path) -> None:
    page, number = visit.page, next(NUMBERS)
    file = tmp_path / "other.jsonl"
    file.write_text("\n".join(map(json.dumps, lines(number))), encoding="utf-8")
    visit.go("transfer", "Import & export")
    page.get_by_label("Choose a file").set_input_files(file)
    visit.sees("was recognised: what `memos-mcp export` writes")
    visit.sees("New: 2 messages and 0 memories.")
    visit.press("Take it in")
    visit.sees("Taken in: 2 messages")
    visit.check_access()
    page.get_by_label("Choose a file").set_input_files(file)
    visit.sees("Nothing in this file is new.")

    with page.expect_download() as downloading:
        visit.press("Download JSON lines")
    exported = [json.loads(line) for line in downloading.value.path().read_text(encoding="utf-8").splitlines()]
    assert {line["content"] for line in lines(number)} <= {line.get("content") for line in exported}


@pytest.mark.parametrize("visit", ["own_desk", "own_phone"], indirect=True)
def test_a_file_may_be_dropped_on_the_page(visit: Visit, tmp_path: Path) -> None:
    file = tmp_path / "dropped.jsonl"
    file.write_text("\n".join(map(json.dumps, lines(next(NUMBERS)))), encoding="utf-8")
    visit.go("transfer", "Import & export")
    zone = visit.page.locator(".drop")
    drag(visit.page, zone, file, "dragEnter", "dragOver")
    expect(zone).to_have_class(re.compile(r"\bover\b"))
    drag(visit.page, zone, file, "drop")
    visit.sees("was recognised: what `memos-mcp export` writes")
    expect(zone).to_contain_text("dropped.jsonl")
    expect(zone).not_to_have_class(re.compile(r"\bover\b"))
    visit.press("Take it in")
    visit.sees("Taken in: 2 messages")


def drag(page: Page, onto: Locator, file: Path, *steps: str) -> None:
    """Drag a file over the page as the desktop does."""
    box = onto.bounding_box()
    assert box is not None
    dragged = {"items": [], "files": [str(file)], "dragOperationsMask": 1}
    browser = page.context.new_cdp_session(page)
    for step in steps:
        at = {"x": box["x"] + 40, "y": box["y"] + 40}
        browser.send("Input.dispatchDragEvent", {"type": step, **at, "data": dragged})
    browser.detach()


@pytest.fixture(scope="module")
def alone(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visit]:
    """Visit a store that nobody else uses."""
    with begun(tmp_path_factory.mktemp("alone")) as store, visiting(browser, store) as visit:
        store.tell("ferry", ("assistant", "The ferry calls at pier one."), settle=False)
        yield visit


@pytest.mark.parametrize("visit", ["alone"], indirect=True)
def test_an_import_shows_its_share_outlives_the_page_and_is_cancelled(visit: Visit, tmp_path: Path) -> None:
    page, bar = visit.page, visit.page.get_by_role("progressbar")
    turns = [{"role": "user", "content": f"Cormorant number {number} flew by. " * 25} for number in range(BIRDS)]
    file = tmp_path / "birds.json"
    file.write_text(json.dumps(turns), encoding="utf-8")
    visit.go("transfer", "Import & export")
    page.get_by_label("Choose a file").set_input_files(file)
    assert fresh(page) == BIRDS
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
    assert 0 < fresh(page) < BIRDS
    visit.press("Cancel")
    expect(page.get_by_text(re.compile("^New:"))).to_have_count(0)


@pytest.mark.parametrize("visit", ["alone"], indirect=True)
def test_a_backup_is_downloaded(visit: Visit) -> None:
    visit.go("transfer", "Import & export")
    with visit.page.expect_download() as downloading:
        visit.press("Download a backup")
    assert downloading.value.path().read_bytes().startswith(b"SQLite format 3")


def fresh(page: Page) -> int:
    """Read how many messages of a file are new."""
    said = page.get_by_text(re.compile(r"^New: [\d,]+ messages"))
    expect(said).to_be_visible()
    return int(re.sub(r"\D", "", said.inner_text().partition(" messages")[0]))
