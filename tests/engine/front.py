"""Hosts of a data directory, as its users see them: an MCP client of a relay for each user."""

import os
import sys
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
from mcp import Client, StdioServerParameters
from mcp.types import TextContent

from memos_mcp.backends.local.directory import LEDGER_FILE
from memos_mcp.cli.commands.status import kept_in
from memos_mcp.core.errors import MemosError, NotFound
from memos_mcp.core.models import (
    AddMessage,
    DeleteMemory,
    GetMemory,
    GetMessage,
    MemoryPage,
    MessagePage,
    SearchMemory,
    SearchResult,
    StoreStatus,
)


class Front:
    """Calls the tools of a relay; each user has one, started at the first call."""

    def __init__(self, data_dir: Path, stack: AsyncExitStack) -> None:
        self._data_dir = data_dir
        self._stack = stack
        self._clients: dict[str, Client] = {}

    async def client(self, user_id: str) -> Client:
        if user_id not in self._clients:
            variables = {**os.environ, "MEMOS_DATA_DIR": str(self._data_dir), "MEMOS_USER_ID": user_id}
            parameters = StdioServerParameters(command=sys.executable, args=["-m", "memos_mcp"], env=variables)
            self._clients[user_id] = await self._stack.enter_async_context(Client(parameters))
        return self._clients[user_id]

    async def call(self, tool: str, user_id: str, **arguments: object) -> dict[str, Any]:
        result = await (await self.client(user_id)).call_tool(tool, arguments)
        if result.is_error:
            told = " ".join(block.text for block in result.content if isinstance(block, TextContent))
            raise NotFound(told) if told.startswith("No conversation") else MemosError(told)
        return result.structured_content or {}

    async def add_message(self, request: AddMessage, *, user_id: str) -> None:
        messages = [message.model_dump(exclude_none=True) for message in request.messages]
        await self.call("add_message", user_id, messages=messages, conversation_id=request.conversation_id)
        while request.wait and (kept_in(self._data_dir / LEDGER_FILE) or StoreStatus()).waiting_for_memories:
            await anyio.sleep(0.02)

    async def get_message(self, request: GetMessage, *, user_id: str) -> MessagePage:
        arguments = request.model_dump(exclude_defaults=True) | {"conversation_id": request.conversation_id}
        found = await self.call("get_message", user_id, **arguments)
        return MessagePage.model_validate({"conversation_id": request.conversation_id, "total": 0} | found)

    async def search_memory(self, request: SearchMemory, *, user_id: str) -> SearchResult:
        wanted = {"query", "conversation_id", "memory_limit_number", "message_limit_number"}
        arguments = request.model_dump(include=wanted, exclude_defaults=True)
        found = await self.call("search_memory", user_id, **arguments)
        notice = found["notice"] if "vector index" in found["notice"] else ""  # the rest is for agents
        return SearchResult.model_validate(found | {"notice": notice})

    async def get_memory(self, request: GetMemory, *, user_id: str) -> MemoryPage:
        return MemoryPage.model_validate(await self.call("get_memory", user_id, size=request.size))

    async def delete_memory(self, request: DeleteMemory, *, user_id: str) -> None:
        await self.call("delete_memory", user_id, memory_ids=list(request.memory_ids))


@asynccontextmanager
async def front(data_dir: Path) -> AsyncGenerator[Front]:
    """Be the hosts of a data directory."""
    async with AsyncExitStack() as stack:
        yield Front(data_dir, stack)
