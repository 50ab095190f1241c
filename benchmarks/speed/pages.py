"""How long the reading routes of `/api/v1` take on a large store: `python -m benchmarks.speed.pages [MESSAGES]`.

The ledger is filled directly, a memory for every second message; searching is measured elsewhere.
"""

import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, cast

import anyio
import httpx
import typer
from starlette.applications import Starlette

from benchmarks.common.report import run
from memos_mcp.backends.local.browsing import Browsing
from memos_mcp.backends.local.extractors.base import Draft
from memos_mcp.backends.local.ledger.ledger import Ledger
from memos_mcp.backends.local.retrieval.features import analyse, analyse_memory
from memos_mcp.backends.local.search import Search
from memos_mcp.http.v1.reading import Reading
from memos_mcp.http.v1.surroundings import Surroundings
from memos_mcp.models import AddMessage, Message

HOUR = 3_600_000
FIRST = 1_700_000_000_000
ROUNDS = 7
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
    browsing = Browsing(ledger, cast("Search", None), clock=lambda: FIRST, offset=lambda _: 0)
    app = Starlette(routes=[one.route(default_user="u") for one in Reading(browsing, Surroundings()).operations()])
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


def main(messages: Annotated[int, typer.Argument(help="How many messages the store has.")] = 100_000) -> None:
    """Fill a store and measure."""
    with tempfile.TemporaryDirectory() as folder:
        ledger = Ledger.open(Path(folder) / "ledger.sqlite3")
        fill(ledger, messages)
        ledger.database.execute("DELETE FROM pending")
        anyio.run(measure, ledger)
        ledger.close()


if __name__ == "__main__":
    run(main)
