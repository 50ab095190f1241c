"""Takes the pictures of the page for the README: `python tools/screenshots.py`, with Chromium installed."""

import os
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

import anyio
from mcp import Client, StdioServerParameters
from mcp.types import Implementation
from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tests.page.browser import launch  # noqa: E402
from tests.page.store import CONVERSATIONS  # noqa: E402

DOCS = ROOT / "docs"
LARGEST = 300_000
"""Bytes of all pictures together."""

PLACES = {
    "page-home": "home",
    "page-search": "search?query=Where+is+the+boat+in+spring%3F",
    "page-memory": "memories/k2",
}


def environment(folder: str) -> dict[str, str]:
    """Return what a host of a scratch store is started with."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("MEMOS_")}
    return inherited | {"MEMOS_DATA_DIR": folder, "MEMOS_ENGINE_IDLE": "120"}


async def fill(folder: str) -> None:
    """Tell the store the conversations of the tests."""
    server = StdioServerParameters(command=sys.executable, args=["-m", "memos_mcp"], env=environment(folder))
    async with Client(server, mode="legacy", client_info=Implementation(name="Notebook", version="2")) as host:
        for name, (at, turns) in CONVERSATIONS.items():
            if name != "odd":
                messages = [{"role": role, "content": content, "chat_time": at} for role, content in turns]
                await host.call_tool("add_message", {"messages": messages, "conversation_id": name})
        await anyio.sleep(5)


def take(page: Page, url: str) -> None:
    """Take every picture."""
    for name, place in PLACES.items():
        page.goto(f"{url}/#/{place}")
        page.wait_for_selector(".card")
        page.wait_for_timeout(800)
        page.evaluate("document.activeElement.blur()")
        page.screenshot(path=DOCS / f"{name}.png")


def main() -> None:
    """Fill a scratch store, open its page, take the pictures."""
    with tempfile.TemporaryDirectory() as folder:
        anyio.run(fill, folder)
        command = [sys.executable, "-m", "memos_mcp", "open", "--no-browser"]
        told = subprocess.run(command, env=environment(folder), capture_output=True, text=True, check=True).stdout  # noqa: S603
        link = told.split()[0]
        try:
            with sync_playwright() as playwright, launch(playwright) as browser:
                page = browser.new_page(viewport={"width": 1120, "height": 780}, color_scheme="light")
                page.goto(link)
                page.wait_for_selector("h1")
                take(page, link.partition("/#")[0])
        finally:
            with suppress(subprocess.CalledProcessError):
                subprocess.run([sys.executable, "-m", "memos_mcp", "stop"], env=environment(folder), check=True)
    size = sum((DOCS / f"{name}.png").stat().st_size for name in PLACES)
    if size > LARGEST:
        sys.exit(f"The pictures have {size:,} bytes together, more than {LARGEST:,}.")


if __name__ == "__main__":
    main()
