"""How long the reading routes of `/api/v1`, and the page's first view in a browser, take on a large store.

`python -m benchmarks.speed.pages [MESSAGES]`. The ledger is filled directly, a memory for every second message;
searching is measured elsewhere. The view needs Chromium: its time is from the navigation until all of the home has
been drawn.
"""

import os
import statistics
import tempfile
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Annotated, cast

import anyio
import httpx
import typer
from starlette.applications import Starlette

from benchmarks.common.report import run
from memos_mcp.api.app import build_page
from memos_mcp.api.guard.page_sessions import PageSessions
from memos_mcp.api.serve import listen, serve, url_of
from memos_mcp.api.v1.context import Context, Store
from memos_mcp.api.v1.reading_routes import Reading
from memos_mcp.api.v1.routes import routes
from memos_mcp.backends.base import MemoryBackend
from memos_mcp.backends.local.browsing import Browsing
from memos_mcp.backends.local.curation.editing import Curating
from memos_mcp.backends.local.curation.ledger_transfer import Transferring
from memos_mcp.backends.local.extraction.base import Draft
from memos_mcp.backends.local.ledger.ledger import Ledger
from memos_mcp.backends.local.retrieval.features import analyse, analyse_memory
from memos_mcp.backends.local.search.retriever import Retriever
from memos_mcp.core.models import AddMessage, Message
from tests.page.browser import executable

HOUR = 3_600_000
FIRST = 1_700_000_000_000
ROUNDS = 7
SETTLE = 0.5
"""Seconds in which the browser starts the processes of a new profile; without them their start is what is measured."""

AT_ONCE = 20
ROUTES: Sequence[tuple[str, dict[str, str]]] = (
    ("/status", {}),
    ("/home", {}),
    ("/memories", {}),
    ("/memories", {"sort": "value"}),
    ("/memories", {"text": "lantern 4999"}),
    ("/conversations", {}),
    ("/conversations", {"text": "lantern 4999"}),
    ("/conversations/c10/messages", {}),
    ("/memories/k100", {}),
)


def fill(ledger: Ledger, messages: int) -> None:
    """Store conversations of twenty messages, and a memory for every second of them."""
    for start in range(0, messages, AT_ONCE):
        with ledger.database.transaction():
            texts = [
                f"On the way home I saw lantern {number} in the window of shop {number % 97}, and told my sister "
                f"about it over supper; she had seen {number % 13} of them."
                for number in range(start, start + AT_ONCE)
            ]
            said = [
                Message(role="user", content=text, chat_time=FIRST + HOUR * number // 8)
                for number, text in enumerate(texts, start)
            ]
            request = AddMessage(messages=tuple(said), conversation_id=f"c{start // AT_ONCE}")
            features = [analyse(text, role="user") for text in texts]
            ledger.messages.add(request, user_id="u", features=features, now=FIRST + start, learn=False)
            for number in range(start, start + AT_ONCE, 2):
                value = f"[user perspective] I saw lantern {number} in the window of shop {number % 97}."
                draft = Draft(
                    key=f"lantern {number}", value=value, sources=(number + 1,), tags=("lantern",), confidence=0.9
                )
                ledger.memories.add(
                    draft,
                    user=1,
                    conversation=start // AT_ONCE + 1,
                    extractor="rules",
                    features=analyse_memory(value),
                    keys=(),
                    now=FIRST + number,
                )


async def measure(ledger: Ledger) -> None:
    """Call each route a few times and print the median and the longest."""
    browsing = Browsing(ledger, cast("Retriever", None), lambda: FIRST, lambda _: 0)
    app = Starlette(routes=[one.route(default_user="u") for one in Reading(browsing, Context()).operations()])
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1") as client:
        for path, query in ROUTES:
            times = []
            for _ in range(ROUNDS):
                begun = time.perf_counter()
                answer = await client.get(f"/api/v1{path}", params=query)
                times.append((time.perf_counter() - begun) * 1000)
                answer.raise_for_status()
            shown = "&".join(f"{name}={value}" for name, value in query.items())
            print(
                f"{path + ('?' + shown if shown else ''):45} {statistics.median(times):7.1f} ms, first {times[0]:.1f}"
            )


DRAWN = """
addEventListener("DOMContentLoaded", () => {
  const look = () => {
    if (![".numbers", ".chart", ".state"].every((name) => document.querySelector(name))) return;
    watch.disconnect();
    requestAnimationFrame(() => setTimeout(() => console.log(`drawn ${performance.now()}`)));
  };
  const watch = new MutationObserver(look);
  watch.observe(document, { childList: true, subtree: true });
});
"""


async def measure_view(ledger: Ledger) -> None:
    """Open the page as `memos-mcp open` does, each time in a new profile, and load it again there."""
    from playwright.async_api import async_playwright

    browsing = Browsing(ledger, cast("Retriever", None), lambda: FIRST, lambda _: 0)
    store = Store(cast("MemoryBackend", None), browsing, cast("Curating", None), cast("Transferring", None))
    visits = PageSessions()
    app = build_page(visits, user_id="u", routes=routes(store, Context(), default_user="u"))
    listener, started, ending = listen("127.0.0.1", 0), anyio.Event(), anyio.Event()
    opened, again = list[float](), list[float]()
    async with anyio.create_task_group() as group, async_playwright() as playwright:
        group.start_soon(partial(serve, app, listener, started=started, ending=ending))
        await started.wait()
        browser = await playwright.chromium.launch(executable_path=executable(), args=["--no-sandbox", "--disable-gpu"])
        for _ in range(ROUNDS):
            page = await browser.new_page(viewport={"width": 1280, "height": 900})
            await page.add_init_script(DRAWN)
            await anyio.sleep(SETTLE)
            for times, go in (
                (opened, partial(page.goto, f"{url_of(listener)}/#open={visits.link('u')}")),
                (again, page.reload),
            ):
                async with page.expect_console_message(lambda said: said.text.startswith("drawn ")) as told:
                    await go()
                times.append(float((await told.value).text.split()[1]))
            await page.close()
        await browser.close()
        ending.set()
    for name, times in (("the home by a link, in a new profile", opened), ("the home again", again)):
        spread = f"from {min(times):.0f} to {max(times):.0f}, load {os.getloadavg()[0]:.1f}"
        print(f"{name:45} {statistics.median(times):7.1f} ms, {spread}")


def main(messages: Annotated[int, typer.Argument(help="How many messages the store has.")] = 100_000) -> None:
    """Fill a store and measure."""
    with tempfile.TemporaryDirectory() as folder:
        ledger = Ledger.open(Path(folder) / "ledger.sqlite3")
        fill(ledger, messages)
        ledger.database.execute("DELETE FROM pending")
        anyio.run(measure, ledger)
        anyio.run(measure_view, ledger)
        ledger.close()


if __name__ == "__main__":
    run(main)
