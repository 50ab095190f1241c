"""A person who has never seen the page, with a store of their own that is empty at first."""

import subprocess
import sys
import time
from pathlib import Path

from playwright.sync_api import Browser, Locator, expect

from tests.page.browser import Said, opened
from tests.page.store import begun
from tests.page.visit import Visit

A_MINUTE = 60
STEPS = 9
"""What a person presses and types, all told."""

TOLD = (
    "My sister Ana collects lighthouses.",
    "My dentist is called Doctor Okafor.",
    "Doctor Okafor has her practice in Mill Lane.",
)


def test_one_thing_is_corrected_and_another_forgotten_within_a_minute(browser: Browser, tmp_path: Path) -> None:
    steps, said = list[str](), Said()

    def press(what: Locator) -> None:
        steps.append(f"press {what}")
        what.click()

    def write(where: Locator, text: str) -> None:
        steps.append(f"write {text}")
        where.fill(text)

    with begun(tmp_path / "own") as store, opened(browser, said=said) as page:
        start = time.monotonic()
        command = [sys.executable, "-m", "memos_mcp", "open", "--no-browser"]
        link = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()[0]
        page.goto(link)
        visit = Visit(page, said, link.partition("/#")[0])
        expect(page.get_by_role("link", name="Connect an assistant")).to_be_visible()
        visit.check_access()
        waited = time.monotonic()
        store.tell("first", *(("user", text) for text in TOLD))
        start += time.monotonic() - waited

        press(page.get_by_role("link", name=TOLD[0]).first)
        press(page.get_by_role("button", name="Edit"))
        write(page.get_by_label("Text"), "My sister Ana collects postcards.")
        press(page.get_by_role("button", name="Save"))
        expect(page.get_by_role("heading", level=1)).to_have_text("My sister Ana collects postcards.")

        press(page.get_by_role("link", name="Forget"))
        write(page.get_by_role("textbox"), "Okafor")
        press(page.get_by_role("button", name="Find"))
        press(page.get_by_role("button", name="Forget all of it"))
        press(page.get_by_role("dialog").get_by_role("button", name="Forget all of it"))
        visit.sees("Nothing is left about “Okafor”.")
        seconds = time.monotonic() - start

        visit.go("home", "Home")
        visit.sees("My sister Ana collects postcards.")
        expect(page.get_by_text("Okafor")).to_have_count(0)
        visit.check_said()
    assert len(steps) == STEPS
    assert seconds < A_MINUTE
