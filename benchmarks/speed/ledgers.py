"""What a search costs over PostgreSQL, beside the same search over SQLite.

One user's store is filled in SQLite, moved by `migrate`, and both are searched in turn, in one process and on one
Chroma server. Beside them stands the store as it is without servers, its vectors in a folder. Text and vectors are
synthetic. Needs PostgreSQL.
"""

import shutil
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Annotated

if __name__ == "__main__":  # run by its path, its folder would hide the standard library's http
    sys.path[0] = str(Path(__file__).parents[1])

import anyio
import typer
from rich.console import Console

from benchmarks.common.drawn import DrawnEmbedder
from benchmarks.common.report import dump, progress, run, say, show
from benchmarks.common.sample import Turn
from benchmarks.common.synthetic import CONVERSATION, synthetic_queries, synthetic_turns
from memos_mcp.backends.local.backend import LocalBackend, milliseconds_now
from memos_mcp.backends.local.composition import open_local
from memos_mcp.backends.local.consolidation import keys
from memos_mcp.backends.local.extraction.base import Draft, Source
from memos_mcp.backends.local.extraction.rules import RulesExtractor
from memos_mcp.backends.local.ledger.ledger import Ledger
from memos_mcp.backends.local.ledger.record_import import RecordImport
from memos_mcp.backends.local.ledger.records import MemoryRecord, MessageRecord
from memos_mcp.cli.commands.migrate import migrate
from memos_mcp.core.models import Message, SearchMemory
from tests.local.servers import Servers, both_servers
from tests.local.stores import place_on

USER = "anna"
TAKEN_AT_ONCE = 50 * CONVERSATION
FOLDER, SQLITE, POSTGRES = "SQLite, folder", "SQLite, Chroma server", "PostgreSQL, Chroma server"

Row = dict[str, float]


async def _open(stack: AsyncExitStack, folder: Path, *, url: str = "", chroma: str = "") -> LocalBackend:
    place = place_on(chroma) if chroma else None
    opened = open_local(
        folder, url=url, embedder=DrawnEmbedder, extractor=RulesExtractor, settled=0, place=place, timezone="UTC"
    )
    return await stack.enter_async_context(opened)


async def fill(backend: LocalBackend, turns: Sequence[Turn]) -> None:
    """Take turns in as an import does, with the memories that the rules draft of them, and wait until all is indexed.

    Nothing is brought together or replaced, which takes most of the time of learning.
    """
    with progress() as bar:
        for first in bar.track(range(0, len(turns), TAKEN_AT_ONCE), description=f"{len(turns):,} messages"):
            taken = turns[first : first + TAKEN_AT_ONCE]
            await backend.transferring.write(lambda ledger, _, taken=taken: _take(ledger, taken))
    await caught_up(backend)


def _take(ledger: Ledger, turns: Sequence[Turn]) -> None:
    rules = RulesExtractor()
    with ledger.database.transaction():
        importing = RecordImport(ledger, keys=keys, now=milliseconds_now())
        for first in range(0, len(turns), CONVERSATION):
            said = [_message(turn) for turn in turns[first : first + CONVERSATION]]
            for message in said:
                importing.take(message)
            sources = [
                Source(number, message.role, message.content, message.create_time or 0)
                for number, message in enumerate(said)
            ]
            for draft in rules.extract(sources, before=()):
                importing.take(_memory(draft, said))
        importing.finish()


def _message(turn: Turn) -> MessageRecord:
    said = Message.model_validate({"role": turn.role, "content": turn.content, "chat_time": turn.chat_time})
    return MessageRecord(
        user_id=USER,
        conversation_id=turn.conversation_id,
        id=turn.id,
        task_id=turn.conversation_id,
        task_status="completed",
        role=turn.role,
        content=turn.content,
        create_time=said.chat_time,
        info={},
    )


def _memory(draft: Draft, said: Sequence[MessageRecord]) -> MemoryRecord:
    return MemoryRecord(
        user_id=USER,
        conversation_id=said[0].conversation_id,
        memory_key=draft.key,
        memory_value=draft.value,
        preference_type=draft.preference,
        confidence=draft.confidence,
        create_time=said[draft.sources[0]].create_time,
        info={},
        sources=tuple(said[source].id for source in draft.sources),
    )


async def caught_up(backend: LocalBackend) -> None:
    """Wait until nothing is left to be done in the background."""
    while True:
        status = await backend.status()
        if not (status.waiting_for_memories or status.waiting_for_vectors):
            found = await backend.search_memory(SearchMemory(query="ready"), user_id=USER)
            ledger = backend.ledger
            if not found.notice and not ledger.vectors.count_after(0, limit=1):
                return
        await anyio.sleep(1)


async def measure(size: int, servers: Servers, *, searches: int, folder: bool) -> dict[str, Row]:
    """Fill a store of one user and give what a search costs in each of its forms."""
    with tempfile.TemporaryDirectory() as place:
        root = Path(place)
        async with AsyncExitStack() as stack:
            await fill(await _open(stack, root / "filled", chroma=servers.chroma), synthetic_turns(size, seed=size))
        if folder:
            shutil.copytree(root / "filled", root / "folder", ignore=shutil.ignore_patterns("*.lock"))
        url, quiet = servers.postgres.empty(), Console(quiet=True)
        migrate(str(root / "filled"), url, console=quiet, progress=quiet)
        servers.postgres.run("ANALYZE")
        async with AsyncExitStack() as stack:
            in_folder = {FOLDER: await _open(stack, root / "folder")} if folder else {}
            backends = in_folder | {
                SQLITE: await _open(stack, root / "filled", chroma=servers.chroma),
                POSTGRES: await _open(stack, root / "replica", url=url, chroma=servers.chroma),
            }
            for backend in backends.values():
                await caught_up(backend)
            return _costs(await _search_in_turn(backends, searches))


async def _search_in_turn(backends: Mapping[str, LocalBackend], count: int) -> dict[str, list[float]]:
    times: dict[str, list[float]] = defaultdict(list)
    first, *queries = synthetic_queries(count + 1, seed=2)
    for backend in backends.values():
        await backend.search_memory(SearchMemory(query=first), user_id=USER)
    for query in queries:
        for name, backend in backends.items():
            began = time.perf_counter()
            await backend.search_memory(SearchMemory(query=query), user_id=USER)
            times[name].append(1000 * (time.perf_counter() - began))
    return times


def _costs(times: Mapping[str, list[float]]) -> dict[str, Row]:
    """Return medians, and those of the ratios of each query's times, which a busy machine disturbs less."""
    return {
        name: {
            "median ms": round(statistics.median(found), 2),
            "p95 ms": round(statistics.quantiles(found, n=20)[18], 2),
            "of SQLite, Chroma server": _ratio(found, times[SQLITE]),
            **({"of SQLite, folder": _ratio(found, times[FOLDER])} if FOLDER in times else {}),
        }
        for name, found in times.items()
    }


def _ratio(found: Sequence[float], other: Sequence[float]) -> float:
    return round(statistics.median(one / two for one, two in zip(found, other, strict=True)), 2)


def main(
    sizes: Annotated[str, typer.Option(help="Messages of the user.")] = "1000,100000",
    searches: Annotated[int, typer.Option(help="Searches over each store.")] = 120,
    folder: Annotated[bool, typer.Option(help="Measure SQLite with a folder too, whose index is made anew.")] = True,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON in place of tables.")] = False,
) -> None:
    """Measure a search over both kinds of ledger."""

    async def all_of_it() -> None:
        found: dict[str, dict[str, Row]] = {}
        with tempfile.TemporaryDirectory() as place, both_servers(Path(place)) as servers:
            for size in map(int, sizes.split(",")):
                found[f"{size:,} messages"] = await measure(size, servers, searches=searches, folder=folder)
        if as_json:
            dump(found)
            return
        for title, rows in found.items():
            show(title, rows)
        say(("Searched in turn; the ratio is the median of those of each query.",))

    anyio.run(all_of_it)


if __name__ == "__main__":
    run(main)
