"""A person who opens the page of a store."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page, ViewportSize, expect

from tests.page.browser import DESK, Said, Scheme, opened
from tests.page.store import Store


@dataclass
class Visit:
    """What a person sees and presses."""

    page: Page
    said: Said
    url: str

    def go(self, place: str, heading: str | None = None) -> None:
        if self.page.url == f"{self.url}/#/{place}":  # where a test before left off: begin anew
            self.page.goto("about:blank")
        self.page.goto(f"{self.url}/#/{place}")
        if heading is not None:
            expect(self.page.get_by_role("heading", name=heading, level=1)).to_be_visible()

    def press(self, name: str, *, within: Locator | None = None) -> None:
        (within or self.page).get_by_role("button", name=name, exact=True).click()

    @property
    def dialog(self) -> Locator:
        return self.page.get_by_role("dialog")

    def sees(self, text: str) -> None:
        expect(self.page.get_by_text(text).first).to_be_visible()

    def check_access(self) -> None:
        """Hold the view against axe-core, and look that nothing stands beyond its edge."""
        found = Axe().run(self.page).response["violations"]
        serious = [
            (one["id"], [node["html"][:200] for node in one["nodes"][:3]])
            for one in found
            if one["impact"] in ("serious", "critical")
        ]
        assert serious == [], serious
        assert self.page.evaluate("document.documentElement.scrollWidth <= innerWidth")

    def check_said(self) -> None:
        """Nothing may have gone wrong, and nobody but our own engine may have been asked; then begin anew."""
        wrong, asked = self.said.wrong[:], self.said.asked[:]
        self.said.wrong.clear()
        self.said.asked.clear()
        assert wrong == [], wrong
        assert [address for address in asked if not address.startswith((self.url, "blob:"))] == []


@contextmanager
def visiting(browser: Browser, store: Store, look: tuple[ViewportSize, Scheme] = DESK) -> Generator[Visit]:
    """Open the page by a link."""
    link, said = store.link(), Said()
    with opened(browser, look=look, said=said) as page:
        page.goto(link)
        expect(page.get_by_role("heading", name="Home", level=1)).to_be_visible()
        yield Visit(page, said, link.partition("/#")[0])
