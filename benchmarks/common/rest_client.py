"""The engine as a script has it: `memos-mcp serve` and its REST contract."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio
import httpx
import psutil

Answer = dict[str, Any]
"""A JSON object."""


@dataclass(frozen=True, slots=True)
class Engine:
    """A running engine and its REST contract."""

    http: httpx.AsyncClient
    process: psutil.Process

    async def call(self, route: str, body: Mapping[str, object]) -> Answer:
        """Call a route of the contract and give the `data` of its envelope.

        Raises:
            RuntimeError: the engine refused; the message is its envelope.
        """
        response = await self.http.post(f"/api/openmem/v1/{route}", json=body)
        if response.is_error or response.json()["code"] != 0:
            raise RuntimeError(f"{route}: {response.text}")
        return response.json()["data"]

    async def timed(self, route: str, body: Mapping[str, object]) -> float:
        """Call a route and give the seconds it took."""
        began = time.perf_counter()
        await self.call(route, body)
        return time.perf_counter() - began


@asynccontextmanager
async def engine(data_dir: Path, variables: Mapping[str, str] | None = None) -> AsyncGenerator[Engine]:
    """Start `memos-mcp serve` on a free port, with these settings beside its data directory, and end it."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    settings = {"MEMOS_DATA_DIR": str(data_dir), "MEMOS_BACKEND": "local", **(variables or {})}
    command = [sys.executable, "-m", "memos_mcp", "serve", "--port", str(port)]
    base = f"http://127.0.0.1:{port}"
    with subprocess.Popen(command, env=os.environ | settings, stderr=subprocess.DEVNULL) as process:  # noqa: ASYNC220 (it only starts)
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
