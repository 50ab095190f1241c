"""What many hosts on one machine cost: 1, 8 and 24 relays that share an engine, beside as many embedded servers.

Each host's server is a process over stdio. `initialize` is timed from the start of the process, beside an empty server
on the same SDK in the same run; the first search with no engine running (cold) and with one (warm); memory is resident
memory, each process alone and all of a fleet together (proportional set size, which counts shared pages once, where the
platform tells it). Searches run over a store of 1,000 messages.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack, ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Annotated, Literal

import anyio
import anyio.to_thread
import psutil
import typer
from mcp import Client, StdioServerParameters

from benchmarks.common.mcp_client import call, memory_server
from benchmarks.common.report import Cell, dump, progress, run, show
from benchmarks.common.synthetic import synthetic_turns
from tests.engine.conftest import engines_of

STORED = 1_000
SEARCHES = 40
QUERIES = ("a trip to the coast", "what did the doctor say", "a late train", "who called on Friday")
AT_ONCE = 100
HELLO = (
    b'{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},'
    b'"clientInfo":{"name":"benchmark","version":"1"}}}\n'
)
Mode = Literal["shared", "embedded"]
EMPTY = [str(Path(__file__).with_name("empty_server.py"))]
OURS = ["-m", "memos_mcp"]


@dataclass
class Host:
    """One host: its client and the process of its server."""

    client: Client
    process: psutil.Process
    initialize: float


def environment(data_dir: Path, mode: Mode) -> dict[str, str]:
    """Configure a server on a store of its own, or on a shared one."""
    settings = {"MEMOS_DATA_DIR": str(data_dir), "MEMOS_ENGINE": mode, "MEMOS_BACKEND": "local"}
    return {**os.environ, **settings, "MEMOS_USER_ID": "benchmark", "MEMOS_ENGINE_IDLE": "120"}


async def start(stack: AsyncExitStack, arguments: list[str], variables: dict[str, str]) -> Host:
    """Start a host's server and time it from the start of the process to the answer to `initialize`."""
    before = {child.pid for child in psutil.Process().children()}
    parameters = StdioServerParameters(command=sys.executable, args=arguments, env=variables)
    began = time.perf_counter()
    client = await stack.enter_async_context(Client(parameters))
    initialize = (time.perf_counter() - began) * 1000
    (process,) = [child for child in psutil.Process().children() if child.pid not in before]
    return Host(client, process, initialize)


async def search(host: Host, query: str) -> float:
    """Search through a host and give the milliseconds."""
    return (await call(host.client, "search_memory", {"query": query})).seconds * 1000


def resident(process: psutil.Process) -> float:
    """Return a process's resident memory in MB."""
    return process.memory_info().rss / 1e6


def together(processes: Sequence[psutil.Process]) -> float:
    """Return the memory of processes in MB, shared pages once; where the platform does not tell, the sum of all."""
    found = [process.memory_full_info() for process in processes]
    return sum(getattr(info, "pss", 0) or info.rss for info in found) / 1e6


async def fill(data_dir: Path) -> None:
    """Store the messages that are searched."""
    async with memory_server(data_dir) as server:
        turns = synthetic_turns(STORED, seed=1)
        for first in range(0, STORED, 100):
            await server.add(turns[first : first + 100])
        await server.indexed()


def end(data_dir: Path) -> None:
    """End the engine of a data directory."""
    for engine in engines_of(data_dir):
        engine.terminate()
        engine.wait(30)


async def fleet(number: int, mode: Mode, template: Path, scratch: Path) -> dict[str, Cell]:
    """Run so many hosts and measure them; embedded servers need a store each."""
    places = [scratch / f"{mode}-{number}-{index}" for index in range(1 if mode == "shared" else number)]
    for place in places:
        shutil.copytree(template, place)
    folders = [places[index % len(places)] for index in range(number)]
    async with AsyncExitStack() as stack:
        empty = await start(stack, EMPTY, dict(os.environ))
        first = await start(stack, OURS, environment(folders[0], mode))
        cold = await search(first, QUERIES[0])
        hosts = [first]
        warm: list[float] = []
        for folder in folders[1:]:
            hosts.append(await start(stack, OURS, environment(folder, mode)))
            warm.append(await search(hosts[-1], QUERIES[0]))
        latencies = [await search(hosts[index % number], QUERIES[index % len(QUERIES)]) for index in range(SEARCHES)]
        rate = await throughput(hosts)
        everyone = [host.process for host in hosts] + engines_of(places[0])
        row: dict[str, Cell] = {
            "initialize ms": median(host.initialize for host in hosts),
            "times empty": median(host.initialize for host in hosts) / empty.initialize,
            "first search ms, cold": cold,
            "warm": median(warm) if warm else None,
            "search ms": median(latencies),
            "searches/s": rate,
            "MB each": median(resident(host.process) for host in hosts),
            "MB each, times empty": median(resident(host.process) for host in hosts) / resident(empty.process),
            "MB together": together(everyone),
        }
    end(places[0])
    return {name: round(value, 2) if isinstance(value, float) else value for name, value in row.items()}


async def throughput(hosts: Sequence[Host]) -> float:
    """Search through all hosts at once and give the searches a second."""
    each = max(1, SEARCHES * 2 // len(hosts))

    async def searches(host: Host) -> None:
        for index in range(each):
            await search(host, QUERIES[index % len(QUERIES)])

    began = time.perf_counter()
    async with anyio.create_task_group() as group:
        for host in hosts:
            group.start_soon(searches, host)
    return each * len(hosts) / (time.perf_counter() - began)


async def at_once(number: int, data_dir: Path) -> dict[str, Cell]:
    """Start so many hosts at the same instant, with no engine, and count those that are answered."""
    answered = 0
    began = time.perf_counter()
    with ExitStack() as stack:
        pipe = subprocess.PIPE
        command, variables = [sys.executable, *OURS], environment(data_dir, "shared")
        hosts = [
            stack.enter_context(subprocess.Popen(command, env=variables, stdin=pipe, stdout=pipe))  # noqa: ASYNC220
            for _ in range(number)
        ]
        for host in hosts:
            assert host.stdin is not None
            host.stdin.write(HELLO)
            host.stdin.flush()
        for host in hosts:
            assert host.stdout is not None
            answered += b'"result"' in await anyio.to_thread.run_sync(host.stdout.readline)
        seconds = time.perf_counter() - began
        found = len(engines_of(data_dir))
        for host in hosts:
            host.kill()
    end(data_dir)
    return {"hosts": number, "answered": answered, "engines": found, "seconds": round(seconds, 1)}


async def measure(sizes: Sequence[int]) -> dict[str, dict[str, Cell]]:
    """Measure fleets of each size, shared and embedded."""
    modes: tuple[Mode, ...] = ("shared", "embedded")
    rows: dict[str, dict[str, Cell]] = {}
    with tempfile.TemporaryDirectory() as folder, progress() as bar:
        scratch = Path(folder)
        task = bar.add_task("fill a store", total=1 + len(sizes) * len(modes))
        await fill(scratch / "template")
        bar.advance(task)
        for number in sizes:
            for mode in modes:
                bar.update(task, description=f"{number} x {mode}")
                rows[f"{number} x {mode}"] = await fleet(number, mode, scratch / "template", scratch)
                bar.advance(task)
        bar.update(task, description=f"{AT_ONCE} at once")
        rows[f"{AT_ONCE} at once"] = await at_once(AT_ONCE, scratch / "template")
    return rows


def main(
    sizes: Annotated[str, typer.Option(help="Fleets to measure, by their number of hosts.")] = "1,8,24",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON in place of a table.")] = False,
) -> None:
    """Measure fleets of hosts that share an engine beside as many embedded servers."""
    rows = anyio.run(measure, [int(size) for size in sizes.split(",")])
    if as_json:
        dump(rows)
        return
    name, crowd = rows.popitem()
    show(f"Fleets on one machine, over {STORED:,} messages", rows)
    show("Hosts at the same instant", {name: crowd})


if __name__ == "__main__":
    run(main)
