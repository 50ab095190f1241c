"""The real server as a host has it: a child process over stdio."""

import os
import sys
import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio
import psutil
from mcp import Client, StdioServerParameters
from mcp.types import TextContent

from benchmarks.common.sample import Turn

INDEXED_WITHIN = 3600
"""Seconds in which a server must have embedded what it was given."""

UNINDEXED = "vector index"
"""What the notice of a search speaks of where vectors are missing."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What a tool answered: the structured part, the text that an agent reads, and how long it took."""

    structured: dict[str, Any]
    text: str
    seconds: float


@dataclass(frozen=True, slots=True)
class MemoryServer:
    """A running `memos-mcp` and its process."""

    client: Client
    process: psutil.Process

    async def add(self, turns: Sequence[Turn]) -> Reply:
        """Store turns of one conversation in one call."""
        messages = [{"role": turn.role, "content": turn.content, "chat_time": turn.chat_time} for turn in turns]
        arguments = {"messages": messages, "conversation_id": turns[0].conversation_id}
        return await call(self.client, "add_message", arguments)

    async def search(self, query: str, **arguments: object) -> Reply:
        """Search with the given arguments of `search_memory`."""
        return await call(self.client, "search_memory", {"query": query, **arguments})

    async def indexed(self) -> None:
        """Wait until what was stored is in the vector index and no further memory has come for two seconds."""
        with anyio.fail_after(INDEXED_WITHIN):
            while UNINDEXED in await self._notice():  # noqa: ASYNC110 (another process gives no event)
                await anyio.sleep(0.25)
            known = -1
            while known != (known := await self._memories()):  # noqa: ASYNC110
                await anyio.sleep(2)

    async def _notice(self) -> str:
        return str((await self.search("ready?", memory_limit_number=0)).structured["notice"])

    async def _memories(self) -> int:
        return int((await call(self.client, "get_memory", {"size": 1})).structured["total"])


async def call(client: Client, tool: str, arguments: Mapping[str, object]) -> Reply:
    """Call a tool and time it.

    Raises:
        RuntimeError: the tool answered with an error; the message is its text.
    """
    began = time.perf_counter()
    result = await client.call_tool(tool, dict(arguments))
    seconds = time.perf_counter() - began
    text = "\n".join(block.text for block in result.content if isinstance(block, TextContent))
    if result.is_error:
        raise RuntimeError(f"{tool}: {text}")
    return Reply(result.structured_content or {}, text, seconds)


@asynccontextmanager
async def memory_server(
    data_dir: Path, *, user_id: str = "benchmark", environment: dict[str, str] | None = None
) -> AsyncGenerator[MemoryServer]:
    """Start `memos-mcp` on a data directory, everything in one process, and end it."""
    settings = {"MEMOS_DATA_DIR": str(data_dir), "MEMOS_USER_ID": user_id, "MEMOS_BACKEND": "local"}
    variables = settings | {"MEMOS_ENGINE": "embedded"} | (environment or {})
    before = {process.pid for process in _children()}
    parameters = StdioServerParameters(command=sys.executable, args=["-m", "memos_mcp"], env=variables)
    async with Client(parameters) as client:
        (process,) = [process for process in _children() if process.pid not in before]
        yield MemoryServer(client, process)


def _children() -> list[psutil.Process]:
    return psutil.Process(os.getpid()).children()
