"""What a test does to a machine: run the command, be a front, be an embedded server."""

import os
import subprocess
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
from mcp import Client, StdioServerParameters

from memos_mcp.core.models import AddMessage, GetMessage, Message, SearchMemory
from tests.engine.front import Front, front

__all__ = ["Front", "embedded", "front", "memos", "nearest", "said", "say"]


def memos(*arguments: str, given: str = "", **environment: str) -> "subprocess.CompletedProcess[str]":
    """Run a command of the command line; `given` is what it reads."""
    command = [sys.executable, "-m", "memos_mcp", *arguments]
    environment = {**os.environ, "COLUMNS": "200", **environment}
    return subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=120, check=False, input=given
    )


async def say(backend: Front, *texts: str, conversation_id: str = "c", user_id: str = "u", wait: bool = True) -> None:
    messages = tuple(Message(role="user", content=text) for text in texts)
    request = AddMessage(messages=messages, conversation_id=conversation_id, wait=wait)
    await backend.add_message(request, user_id=user_id)


async def said(backend: Front, conversation_id: str = "c", *, user_id: str = "u") -> list[str]:
    request = GetMessage(conversation_id=conversation_id, message_limit_number=50)
    page = await backend.get_message(request, user_id=user_id)
    return [message.content for message in page.message_detail_list]


async def nearest(backend: Front, query: str, *, user_id: str = "u") -> str:
    request = SearchMemory(query=query, memory_limit_number=0, message_limit_number=1)
    found = await backend.search_memory(request, user_id=user_id)
    return found.message_detail_list[0].content if found.message_detail_list else ""


@asynccontextmanager
async def embedded(data_dir: Path) -> AsyncGenerator[None]:
    """Have an embedded server hold the store."""
    environment = {**os.environ, "MEMOS_DATA_DIR": str(data_dir), "MEMOS_ENGINE": "embedded"}
    parameters = StdioServerParameters(command=sys.executable, args=["-m", "memos_mcp"], env=environment)
    async with Client(parameters) as client:
        await client.call_tool("add_message", {"messages": "I hold the store."})
        with anyio.fail_after(30):
            while not ((await client.call_tool("get_memory", {})).structured_content or {})["total"]:
                await anyio.sleep(0.05)
        yield
