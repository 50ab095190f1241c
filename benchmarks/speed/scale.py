"""How search, add, start, memory, disk and open files grow: with one user's messages, and with the number of users.

One user is measured as a host sees it, over stdio; the store grows from size to size, and each size is measured after
a restart. Many users share an engine (`memos-mcp serve`) and are reached through its REST contract. The text is
synthetic. Nearly all of the time goes into embedding: 100,000 messages take about half an hour, and
`--users 1000 --each 1000`, the full form, ten times as long.
"""

import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import anyio
import typer
from rich.progress import Progress

from benchmarks.common.baselines import Encoder
from benchmarks.common.encoder import encoder
from benchmarks.common.mcp_client import MemoryServer, memory_server
from benchmarks.common.report import dump, progress, run, say, show
from benchmarks.common.sample import Turn
from benchmarks.common.scoring import percentiles
from benchmarks.common.synthetic import CONVERSATION, synthetic_queries, synthetic_turns
from benchmarks.speed.footprint import embedding_milliseconds, footprint, processor_seconds, until_idle
from benchmarks.speed.users import measure_users
from memos_mcp.backends.local.vectors.indexing import GATHERED

SEARCHES = 60
ADDS = 3 * GATHERED
"""Single adds that are timed, after as many as open Chroma, which takes half a second."""

Row = dict[str, float]


async def measure_growth(sizes: Sequence[int], *, encode: Encoder) -> dict[str, Row]:
    """Grow one user's store and measure it at each size."""
    rows: dict[str, Row] = {}
    stored = 0
    with tempfile.TemporaryDirectory() as folder, progress() as bar:
        for size in sorted(sizes):
            turns = synthetic_turns(size - stored, seed=size, prefix=f"grown-{size}")
            rate = await _fill(Path(folder), turns, bar, description=f"{size:,} messages")
            rows[f"{size:,}"] = await _restarted(Path(folder), size, encode) | {"stored a second": rate}
            stored = size + GATHERED + ADDS
    return rows


async def _fill(place: Path, turns: Sequence[Turn], bar: Progress, *, description: str) -> float:
    began = time.perf_counter()
    async with memory_server(place) as server:
        for first in bar.track(range(0, len(turns), CONVERSATION), description=description):
            await server.add(turns[first : first + CONVERSATION])
        await server.indexed()
        await until_idle(server.process)
    return round(len(turns) / (time.perf_counter() - began), 1)


async def _restarted(place: Path, size: int, encode: Encoder) -> Row:
    queries = synthetic_queries(SEARCHES + 1, seed=2)
    began = time.perf_counter()
    async with memory_server(place) as server:
        ready = time.perf_counter() - began
        await server.search(queries[0])
        first = time.perf_counter() - began
        await until_idle(server.process)
        before = processor_seconds(server.process)
        searches = [(await server.search(query)).seconds for query in queries[1:]]
        processor = (processor_seconds(server.process) - before) / len(searches) * 1000
        return {
            "start s": round(ready, 2),
            "first search s": round(first, 2),
            "search ms": percentiles(searches)["median ms"],
            "p95 ms": percentiles(searches)["p95 ms"],
            "search, processor ms": round(processor, 2),
            "times embedding the query": round(processor / embedding_milliseconds(encode, queries), 2),
            **await _adds(server, size, encode),
            **footprint(server.process, place),
        }


async def _adds(server: MemoryServer, size: int, encode: Encoder) -> Row:
    """Add single messages: until the answer, and in processor time until vectors and memories are made too."""
    turns = synthetic_turns(GATHERED + ADDS, seed=size + 1, prefix=f"single-{size}")
    first, turns = turns[:GATHERED], turns[GATHERED:]
    await server.add(first)  # once a process: opens Chroma, compiles the patterns of extraction and upkeep
    before = await until_idle(server.process)
    seconds = [(await server.add([turn])).seconds for turn in turns]
    processor = (await until_idle(server.process) - before) / ADDS * 1000
    embedding = embedding_milliseconds(encode, [turn.content for turn in turns])
    return {
        "add ms": percentiles(seconds)["median ms"],
        "add, processor ms": round(processor, 2),
        "times embedding it": round(processor / embedding, 2),
    }


def main(
    sizes: Annotated[str, typer.Option(help="One user's messages.")] = "1000,10000,100000",
    users: Annotated[int, typer.Option(help="How many users share an engine; 1000 is the full form.")] = 100,
    each: Annotated[int, typer.Option(help="Messages of each of them; 1000 is the full form.")] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON in place of tables.")] = False,
) -> None:
    """Measure how costs grow."""

    async def all_of_it() -> None:
        numbers = [int(size) for size in sizes.split(",") if size]
        grown = await measure_growth(numbers, encode=encoder("onnx"))
        shared = await measure_users(users, each=each) if users else {}
        if as_json:
            dump({"one user": grown, "many users": shared})
            return
        show("One user, over stdio, after a restart", grown)
        show(f"{users:,} users of {each:,} messages, over REST", shared)
        say(("Processor time is the server's: of an add, until vectors and memories are made, too.",))

    anyio.run(all_of_it)


if __name__ == "__main__":
    run(main)
