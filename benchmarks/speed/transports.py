"""What HTTP costs: search and add through MCP and through REST, beside the same calls in process.

Calls a second and latencies at 1, 8 and 32 callers at once. The engine is a process of its own on the loopback; the
callers, and the store that is called in process, are in this one. Before each load both stores have caught up with
their background work, so that no load pays for the one before it; the work that adds leave behind runs beside them, as
it does in use.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Literal

import anyio
import httpx
import numpy as np
import typer
from mcp import Client

from benchmarks.common.mcp_client import call
from benchmarks.common.report import Cell, dump, progress, run, show
from benchmarks.common.sample import Turn
from benchmarks.common.synthetic import synthetic_turns
from memos_mcp.backends.base import MemoryBackend
from memos_mcp.backends.hosted import HostedBackend, open_hosted
from memos_mcp.backends.local.backend import LocalBackend
from memos_mcp.backends.selection import open_store
from memos_mcp.core.api_models import Waiting
from memos_mcp.core.models import AddMessage, Message, SearchMemory
from memos_mcp.core.settings import Settings

STORED = 1_000
CALLERS = (1, 8, 32)
USER = "default"
IN_PROCESS = "in process"
CAUGHT_UP_WITHIN = 600
Operation = Literal["search", "add"]
Caller = Callable[[Operation, Turn], Awaitable[object]]
"""Makes one call: a search for the words of a turn, or an add of the turn."""


@dataclass(frozen=True, slots=True)
class Engine:
    """A running engine."""

    url: str

    @property
    def rest(self) -> str:
        """Where the MemOS contract is served."""
        return f"{self.url}/api/openmem/v1"


@dataclass(frozen=True, slots=True)
class Load:
    """What a load measured, in seconds."""

    latencies: list[float]
    total: float

    def row(self, beside: "Load") -> dict[str, Cell]:
        """Write a row, with ratios to the same load in process."""
        median, p95, p99 = np.percentile(np.array(self.latencies) * 1000, [50, 95, 99]).tolist()
        there = float(np.median(beside.latencies)) * 1000
        rate, rate_there = (len(load.latencies) / load.total for load in (self, beside))
        return {
            "calls/s": round(rate, 1),
            "p50 ms": round(median, 2),
            "p95 ms": round(p95, 2),
            "p99 ms": round(p99, 2),
            "p50, times in process": round(median / there, 2),
            "p50, ms more": round(median - there, 2),
            "calls/s, times in process": round(rate / rate_there, 2),
        }


@contextmanager
def engine(data_dir: Path) -> Generator[Engine]:
    """Run an engine on a free port."""
    command = [sys.executable, "-m", "memos_mcp", "serve", "--port", "0"]
    environment = os.environ | {"MEMOS_DATA_DIR": str(data_dir), "MEMOS_USER_ID": USER}
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as process:
        stderr = process.stderr
        if stderr is None:
            raise TypeError("a process started without pipes")
        line = next(line for line in stderr if line.startswith("Serving at "))
        try:
            yield Engine(line.split()[2].rstrip(":"))
        finally:
            process.terminate()


def backend_caller(memory: MemoryBackend) -> Caller:
    """Call a backend: the store itself, or REST."""

    async def make_call(operation: Operation, turn: Turn) -> object:
        match operation:
            case "search":
                return await memory.search_memory(SearchMemory(query=_query(turn), relativity=0), user_id=USER)
            case "add":
                return await memory.add_message(_add([turn]), user_id=USER)

    return make_call


def mcp_caller(client: Client) -> Caller:
    """Call a tool."""

    async def make_call(operation: Operation, turn: Turn) -> object:
        match operation:
            case "search":
                return await call(client, "search_memory", {"query": _query(turn)})
            case "add":
                message = {"role": turn.role, "content": turn.content}
                arguments = {"messages": [message], "conversation_id": turn.conversation_id}
                return await call(client, "add_message", arguments)

    return make_call


def _query(turn: Turn) -> str:
    return " ".join(turn.content.split()[:8])


def _add(turns: list[Turn]) -> AddMessage:
    messages = tuple(Message.model_validate({"role": turn.role, "content": turn.content}) for turn in turns)
    return AddMessage(messages=messages, conversation_id=turns[0].conversation_id)


async def fill(memory: MemoryBackend) -> None:
    """Store what is searched."""
    turns = synthetic_turns(STORED, seed=1)
    for first in range(0, STORED, 40):
        await memory.add_message(_add(turns[first : first + 40]), user_id=USER)


async def load(callers: list[Caller], operation: Operation, turns: list[Turn]) -> Load:
    """Make one call a turn, each caller the next as soon as it has its answer."""
    latencies: list[float] = []
    waiting = iter(turns)

    async def work(make_call: Caller) -> None:
        for turn in waiting:
            began = time.perf_counter()
            await make_call(operation, turn)
            latencies.append(time.perf_counter() - began)

    began = time.perf_counter()
    async with anyio.create_task_group() as group:
        for make_call in callers:
            group.start_soon(work, make_call)
    return Load(latencies, time.perf_counter() - began)


async def caught_up(store: LocalBackend, engine: Engine) -> None:
    """Wait until neither store has work left."""
    with anyio.fail_after(CAUGHT_UP_WITHIN):
        async with httpx.AsyncClient() as client:
            while True:
                answer = await client.get(f"{engine.url}/api/v1/status")
                there = Waiting.model_validate(answer.raise_for_status().json()["waiting"])
                here = await store.status()
                if not (there.vectors or there.memories or here.waiting_for_vectors or here.waiting_for_memories):
                    return
                await anyio.sleep(0.2)


@asynccontextmanager
async def ways(store: LocalBackend, rest: HostedBackend, engine: Engine) -> AsyncGenerator[dict[str, list[Caller]]]:
    """Open every way to call, for as many callers as there ever are; each MCP caller is a client of its own."""
    async with AsyncExitStack() as stack:
        most = max(CALLERS)
        clients = [await stack.enter_async_context(Client(f"{engine.url}/mcp")) for _ in range(most)]
        yield {
            IN_PROCESS: [backend_caller(store)] * most,
            "REST": [backend_caller(rest)] * most,
            "MCP": [mcp_caller(client) for client in clients],
        }


async def measure(
    store: LocalBackend, engine: Engine, calls: int, step: Callable[[], None]
) -> dict[str, dict[str, Cell]]:
    """Run every load, the ways in turn."""
    rows: dict[str, dict[str, Cell]] = {}
    async with open_hosted(engine.rest, "", data_dir=None) as rest:
        for memory in (store, rest):
            await fill(memory)
        async with ways(store, rest, engine) as opened:
            for seed, (operation, callers) in enumerate(loads()):
                turns = synthetic_turns(calls, seed=100 + seed, prefix=f"{operation}-{callers}")
                seen: dict[str, Load] = {}
                for way, makers in opened.items():
                    await caught_up(store, engine)
                    await load(makers[:callers], "search", turns[: 2 * callers])
                    seen[way] = await load(makers[:callers], operation, turns)
                    step()
                for way, measured in seen.items():
                    rows[f"{operation}, {callers} at once, {way}"] = measured.row(seen[IN_PROCESS])
    return rows


def loads() -> list[tuple[Operation, int]]:
    """List what is measured."""
    operations: tuple[Operation, Operation] = ("search", "add")
    return [(operation, callers) for operation in operations for callers in CALLERS]


async def benchmark(here: Path, engine: Engine, calls: int, step: Callable[[], None]) -> dict[str, dict[str, Cell]]:
    """Open the store that is called in process, and measure."""
    async with open_store(Settings(data_dir=here)) as store:
        return await measure(store, engine, calls, step)


def main(
    calls: Annotated[int, typer.Option(help="Calls of each load.", min=1)] = 300,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON in place of tables.")] = False,
) -> None:
    """Measure calls through HTTP beside calls in process."""
    with tempfile.TemporaryDirectory() as here, tempfile.TemporaryDirectory() as there, progress() as bar:
        task = bar.add_task("loads", total=3 * len(loads()))
        with engine(Path(there)) as running:
            rows = anyio.run(partial(benchmark, Path(here), running, calls, partial(bar.advance, task)))
    dump(rows) if as_json else show(f"HTTP: {calls} calls a load over {STORED:,} messages", rows)


if __name__ == "__main__":
    run(main)
