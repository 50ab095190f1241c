"""What the tests of the MCP App do in its view, whichever host shows it."""

from playwright.sync_api import FrameLocator, Locator, Page, expect


def turn_light(page: Page, view: FrameLocator, tell: str) -> None:
    """Have the host, dark until now, tell of a light theme, and see the view follow."""
    frame = page.frames[1]
    assert frame.evaluate("getComputedStyle(document.documentElement).colorScheme") == "dark"
    changed = {"theme": "light", "styles": {"variables": {"--color-text-primary": "#102030"}}}
    page.evaluate(tell, changed)
    expect(view.locator("body")).to_have_css("color", "rgb(16, 32, 48)")


def correct_the_dentist(view: FrameLocator) -> None:
    """Correct the memory of Doctor Okafor."""
    dentist = view.get_by_role("listitem").filter(has_text="Okafor")
    dentist.get_by_role("button", name="Correct").click()
    dentist.get_by_role("textbox").fill("My dentist is called Doctor Ferreira.")
    dentist.get_by_role("button", name="Save").click()
    expect(view.get_by_role("status")).to_have_text("Corrected.")


def cats_of(view: FrameLocator) -> Locator:
    """Return the memory of the two cats."""
    return view.get_by_role("listitem").filter(has_text="two cats").first


def delete(view: FrameLocator, item: Locator) -> None:
    """Delete a memory, and confirm it."""
    item.get_by_role("button", name="Delete").click()
    item.get_by_role("button", name="Delete").last.click()
    expect(view.get_by_role("status")).to_have_text("Deleted.")
