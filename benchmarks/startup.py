"""What starting costs: process start to `initialize`, to `tools/list`, to the first search, and memory.

Beside it an empty server on the same SDK; runs of all are interleaved, so that a busy machine slows them alike.
"""

import itertools
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import IO, Annotated, Any

if __name__ == "__main__":  # run by its path, its folder would hide the standard library's http
    sys.path[0] = str(Path(__file__).parents[1])

import anyio
import psutil
import typer

from benchmarks.mcp_client import memory_server
from benchmarks.report import dump, progress, run, show
from benchmarks.synthetic import synthetic_turns

STORED = 1_000
USER = "benchmark"
EMPTY = "empty SDK server"
HELLO = {
    "protocolVersion": "2025-11-25",
    "capabilities": {},
    "clientInfo": {"name": "benchmark", "version": "1"},
}


class Wire:
    """A server process and its standard streams: one JSON-RPC message a line."""

    def __init__(self, process: subprocess.Popen[bytes], *, began: float) -> None:
        """Keep the process and the moment it was started."""
        self._process, self._began, self._ids = process, began, itertools.count(1)
        self._output: IO[bytes] = _stream(process.stdout)
        self._input: IO[bytes] = _stream(process.stdin)

    def request(self, method: str, params: dict[str, Any]) -> float:
        """Send a request, read its answer and give the milliseconds since the process was started."""
        number = next(self._ids)
        self._send({"jsonrpc": "2.0", "id": number, "method": method, "params": params})
        answer: dict[str, Any] = {}
        while answer.get("id") != number:
            line = self._output.readline()
            if not line:
                raise RuntimeError(f"{method}: the server ended")
            answer = json.loads(line)
        if "error" in answer or answer["result"].get("isError"):
            raise RuntimeError(f"{method}: {answer}")
        return (time.perf_counter() - self._began) * 1000

    def notify(self, method: str) -> None:
        """Send a notification."""
        self._send({"jsonrpc": "2.0", "method": method})

    def megabytes(self) -> float:
        """Give the resident memory of the process and its children."""
        process = psutil.Process(self._process.pid)
        family = [process, *process.children(recursive=True)]
        return sum(member.memory_info().rss for member in family) / 1e6

    def _send(self, message: dict[str, Any]) -> None:
        self._input.write(json.dumps(message).encode() + b"\n")
        self._input.flush()


def _stream(stream: IO[bytes] | None) -> IO[bytes]:
    if stream is None:
        raise TypeError("a process started without pipes")
    return stream


@contextmanager
def _started(arguments: list[str], data_dir: Path) -> Generator[Wire]:
    settings = {"MEMOS_DATA_DIR": str(data_dir), "MEMOS_USER_ID": USER, "MEMOS_BACKEND": "local"}
    settings["MEMOS_ENGINE"] = "embedded"
    began = time.perf_counter()
    command = [sys.executable, *arguments]
    pipe, quiet = subprocess.PIPE, subprocess.DEVNULL
    with subprocess.Popen(command, env=os.environ | settings, stdin=pipe, stdout=pipe, stderr=quiet) as process:
        yield Wire(process, began=began)
        _stream(process.stdin).close()


def _once(arguments: list[str], data_dir: Path) -> dict[str, float]:
    with _started(arguments, data_dir) as wire:
        initialize = wire.request("initialize", HELLO)
        wire.notify("notifications/initialized")
        listed = wire.request("tools/list", {})
        idle = wire.megabytes()
        search = wire.request("tools/call", {"name": "search_memory", "arguments": {"query": "a trip to the coast"}})
        return {
            "initialize ms": initialize,
            "tools/list ms": listed,
            "first search ms": search,
            "MB after tools/list": idle,
            "MB after search": wire.megabytes(),
        }


async def _fill(data_dir: Path) -> None:
    async with memory_server(data_dir, user_id=USER) as server:
        turns = synthetic_turns(STORED, seed=1)
        for first in range(0, STORED, 100):
            await server.add(turns[first : first + 100])
        await server.indexed()


def main(
    runs: Annotated[int, typer.Option(help="Runs of each; the median is printed.", min=1)] = 9,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON in place of tables.")] = False,
) -> None:
    """Measure start and memory beside an empty server."""
    ours, empty = ["-m", "memos_mcp"], [str(Path(__file__).with_name("empty_server.py"))]
    seen: dict[str, list[dict[str, float]]] = {EMPTY: [], "memos-mcp, fresh store": [], f"memos-mcp, {STORED:,}": []}
    with tempfile.TemporaryDirectory() as filled, progress() as bar:
        anyio.run(_fill, Path(filled))
        for _ in bar.track(range(runs), description="runs"):
            with tempfile.TemporaryDirectory() as fresh:
                places = (empty, fresh), (ours, fresh), (ours, filled)
                for rows, (arguments, place) in zip(seen.values(), places, strict=True):
                    rows.append(_once(arguments, Path(place)))
    table = {name: {key: round(median(row[key] for row in rows), 1) for key in rows[0]} for name, rows in seen.items()}
    for row in table.values():
        row["initialize, times empty"] = round(row["initialize ms"] / table[EMPTY]["initialize ms"], 2)
    dump(table) if as_json else show(f"Start: medians of {runs} interleaved runs", table)


if __name__ == "__main__":
    run(main)
