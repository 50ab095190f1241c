"""Many users of one engine: each has a collection of its own, so what an idle one costs must be next to nothing."""

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import anyio
import httpx
import psutil

from benchmarks.footprint import footprint, until_idle
from benchmarks.report import progress
from benchmarks.scoring import percentiles
from benchmarks.synthetic import synthetic_queries, synthetic_turns

ASKED = 100
"""Users that are searched, each twice: once when its index must be read first, once again."""

Row = dict[str, float]


@dataclass(frozen=True, slots=True)
class Engine:
    """A running engine and its REST contract."""

    http: httpx.AsyncClient
    process: psutil.Process

    async def post(self, route: str, body: Mapping[str, object]) -> float:
        """Call a route and give the seconds it took.

        Raises:
            RuntimeError: the engine refused; the message is its envelope.
        """
        began = time.perf_counter()
        response = await self.http.post(route, json=body)
        if response.is_error or response.json()["code"] != 0:
            raise RuntimeError(f"{route}: {response.text}")
        return time.perf_counter() - began


@asynccontextmanager
async def engine(data_dir: Path) -> AsyncGenerator[Engine]:
    """Start `memos-mcp serve` on a free port, and end it."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    settings = {"MEMOS_DATA_DIR": str(data_dir), "MEMOS_BACKEND": "local"}
    command = [sys.executable, "-m", "memos_mcp", "serve", "--port", str(port)]
    base = f"http://127.0.0.1:{port}"
    with subprocess.Popen(command, env=os.environ | settings) as process:  # noqa: ASYNC220 (it only starts)
        try:
            async with httpx.AsyncClient(base_url=base, timeout=120) as http:
                await _healthy(http)
                yield Engine(http, psutil.Process(process.pid))
        finally:
            process.terminate()


async def _healthy(http: httpx.AsyncClient) -> None:
    with anyio.fail_after(120):
        while not await _answers(http):  # noqa: ASYNC110 (another process gives no event)
            await anyio.sleep(0.02)


async def _answers(http: httpx.AsyncClient) -> bool:
    try:
        return (await http.get("/health")).is_success
    except httpx.TransportError:
        return False


async def measure_tenants(users: int, *, each: int) -> dict[str, Row]:
    """Fill an engine with users, restart it, and search some of them."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        filled = await _fill(place, users, each)
        began = time.perf_counter()
        async with engine(place) as served:
            start = time.perf_counter() - began
            await until_idle(served.process)
            idle = footprint(served.process, place)
            rows = {
                "while filling": filled,
                "restarted": idle | {"start s": round(start, 2)},
                "first searches": await _searches(served, place, users),
                "next searches": await _searches(served, place, users),
            }
    return rows


async def _fill(place: Path, users: int, each: int) -> Row:
    began = time.perf_counter()
    async with engine(place) as served:
        with progress() as bar:
            for user in bar.track(range(users), description=f"{users:,} users"):
                turns = synthetic_turns(each, seed=user)
                messages = [{"role": turn.role, "content": turn.content, "chat_time": turn.chat_time} for turn in turns]
                body = {"user_id": f"user-{user}", "conversation_id": "only", "messages": messages}
                await served.post("/api/openmem/v1/add/message", body)
        await until_idle(served.process)
        seconds = time.perf_counter() - began
        return footprint(served.process, place) | {"stored a second": round(users * each / seconds, 1)}


async def _searches(served: Engine, place: Path, users: int) -> Row:
    asked = min(ASKED, users)
    seconds = [
        await served.post(
            "/api/openmem/v1/search/memory", {"user_id": f"user-{number * users // asked}", "query": query}
        )
        for number, query in enumerate(synthetic_queries(asked, seed=3))
    ]
    return footprint(served.process, place) | percentiles(seconds)
