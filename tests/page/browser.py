"""A real Chromium, and what it must never say."""

import os
import shutil
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Playwright, Response, ViewportSize

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
Scheme = Literal["light", "dark"]
DESK: tuple[ViewportSize, Scheme] = ({"width": 1280, "height": 900}, "light")
PHONE: tuple[ViewportSize, Scheme] = ({"width": 360, "height": 740}, "dark")
PATIENCE = 120_000
"""Milliseconds for which a test waits for what the page has to show."""


def executable() -> str:
    """Find the browser of this machine, or skip."""
    found = os.environ.get("MEMOS_TEST_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        pytest.skip("no Chromium is installed here")
    return found


def launch(playwright: Playwright) -> Browser:
    return playwright.chromium.launch(executable_path=executable(), args=["--no-sandbox", "--disable-gpu"])


@dataclass
class Said:
    """What a page complained of, and the addresses that it asked."""

    wrong: list[str] = field(default_factory=list[str])
    asked: list[str] = field(default_factory=list[str])

    def listen(self, page: Page) -> None:
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.wrong.append(f"error: {error}"))
        page.on("dialog", lambda dialog: (self.wrong.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        page.on("request", lambda request: self.asked.append(request.url))
        page.on("response", self._response)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.wrong.append(f"console: {message.text}")

    def _response(self, response: Response) -> None:
        if response.status >= 400:
            self.wrong.append(f"{response.status}: {response.url}")


@contextmanager
def opened(browser: Browser, *, look: tuple[ViewportSize, Scheme] = DESK, said: Said | None = None) -> Generator[Page]:
    """A page of a fresh profile."""
    size, scheme = look
    context = browser.new_context(viewport=size, color_scheme=scheme, locale="en-GB", reduced_motion="reduce")
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    if said is not None:
        said.listen(page)
    try:
        yield page
    finally:
        context.close()
