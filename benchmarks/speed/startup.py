"""What starting costs: process start to `initialize`, to `tools/list`, to the first search, and memory.

Beside it empty servers on the SDKs for Python and, where node and npm can be had, for Node; runs of all are
interleaved, so that a busy machine slows them alike. A host is measured with an engine that runs, and cold, where it
starts one; the memory is that of the process which the host started.
"""

import itertools
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import IO, Annotated, Any

import anyio
import psutil
import typer

from benchmarks.common.mcp_client import memory_server
from benchmarks.common.report import dump, progress, run, show
from benchmarks.common.synthetic import synthetic_turns

STORED = 1_000
USER = "benchmark"
EMPTY = "empty SDK server"
NODE = "empty Node SDK server"
RUNNING = "memos-mcp, engine running"
COLD = "memos-mcp, cold"
EMBEDDED = "memos-mcp, embedded"
NODE_SERVER = "empty_server.mjs"
NODE_PACKAGES = ("@modelcontextprotocol/sdk@1", "zod@3")
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
        """Return the resident memory of the process."""
        return psutil.Process(self._process.pid).memory_info().rss / 1e6

    def _send(self, message: dict[str, Any]) -> None:
        self._input.write(json.dumps(message).encode() + b"\n")
        self._input.flush()


def _stream(stream: IO[bytes] | None) -> IO[bytes]:
    if stream is None:
        raise TypeError("a process started without pipes")
    return stream


@contextmanager
def _started(command: list[str], data_dir: Path, mode: str) -> Generator[Wire]:
    settings = {"MEMOS_DATA_DIR": str(data_dir), "MEMOS_USER_ID": USER, "MEMOS_BACKEND": "local", "MEMOS_ENGINE": mode}
    began = time.perf_counter()
    pipe, quiet = subprocess.PIPE, subprocess.DEVNULL
    with subprocess.Popen(command, env=os.environ | settings, stdin=pipe, stdout=pipe, stderr=quiet) as process:
        yield Wire(process, began=began)
        _stream(process.stdin).close()


def _once(command: list[str], data_dir: Path, mode: str = "shared") -> dict[str, float]:
    with _started(command, data_dir, mode) as wire:
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


def _node_server(folder: Path) -> list[str]:
    """Install an empty server for Node; nothing where that is not possible."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        return []
    shutil.copy(Path(__file__).with_name(NODE_SERVER), folder)
    done = subprocess.run([npm, "install", "--silent", *NODE_PACKAGES], cwd=folder, capture_output=True, check=False)
    return [] if done.returncode else [node, str(folder / NODE_SERVER)]


def _stop(data_dir: Path) -> None:
    command = [sys.executable, "-m", "memos_mcp", "stop"]
    subprocess.run(command, env=os.environ | {"MEMOS_DATA_DIR": str(data_dir)}, capture_output=True, check=True)


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
    """Measure start and memory beside empty servers."""
    ours, empty = (
        [sys.executable, "-m", "memos_mcp"],
        [sys.executable, str(Path(__file__).with_name("empty_server.py"))],
    )
    seen: dict[str, list[dict[str, float]]] = {}
    with tempfile.TemporaryDirectory() as filled, tempfile.TemporaryDirectory() as scratch, progress() as bar:
        node = _node_server(Path(scratch))
        anyio.run(_fill, Path(filled))
        for _ in bar.track(range(runs), description="runs"):
            seen.setdefault(EMPTY, []).append(_once(empty, Path(filled)))
            seen.setdefault(COLD, []).append(_once(ours, Path(filled)))
            if node:
                seen.setdefault(NODE, []).append(_once(node, Path(filled)))
            seen.setdefault(RUNNING, []).append(_once(ours, Path(filled)))
            _stop(Path(filled))
            seen.setdefault(EMBEDDED, []).append(_once(ours, Path(filled), "embedded"))
    table = {name: _row(rows) for name, rows in seen.items()}
    for name in (COLD, RUNNING, EMBEDDED):
        table[name]["initialize, times empty"] = _times(table[name], table[EMPTY])
        if node:
            table[name]["initialize, times Node"] = _times(table[name], table[NODE])
    dump(table) if as_json else show(f"Start with {STORED:,} messages: medians of {runs} interleaved runs", table)
    if not node:
        print("No server for Node was measured: node and npm, or the registry, cannot be had here.")


def _row(rows: list[dict[str, float]]) -> dict[str, float]:
    found = {key: round(median(row[key] for row in rows), 1) for key in rows[0]}
    return found | {"initialize ms, least": round(min(row["initialize ms"] for row in rows), 1)}


def _times(row: dict[str, float], empty: dict[str, float]) -> float:
    return round(row["initialize ms"] / empty["initialize ms"], 2)


if __name__ == "__main__":
    run(main)
