"""The Python API: a memory as a library, without MCP and without a server process.

```python
from memos_mcp import Memory

with Memory(user_id="ada") as memory:
    memory.add("My sister's birthday is on 3 May.")
    print(memory.search("When is my sister's birthday?").message_detail_list)
```
"""

import os
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from anyio.from_thread import BlockingPortal, start_blocking_portal

from memos_mcp.backends.base import MemoryBackend
from memos_mcp.core.errors import InvalidRequest
from memos_mcp.core.models import (
    AddMessage,
    AddReceipt,
    DeleteMemory,
    DeleteReceipt,
    GetMemory,
    GetMessage,
    MemoryPage,
    Message,
    MessagePage,
    SearchMemory,
    SearchResult,
)

# onnxruntime sends usage data unless this is set before its import.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

Said = str | Message | Mapping[str, object]
"""What can be added: a text of the user's, or a message as `{"role": ..., "content": ...}`."""

_Answer = TypeVar("_Answer")


class AsyncMemory:
    """A memory for asynchronous code; `async with` opens and closes it.

    The settings are those of the environment and of `config.toml` (docs/reference.md), less what the arguments say:
    with MEMOS_API_KEY it is MemOS Cloud, else the store in `data_dir`. One process at a time can hold that store,
    so a data directory that hosts use is not available; name another one.
    """

    def __init__(self, *, user_id: str = "", data_dir: str | Path | None = None) -> None:
        """Say whose memory it is, and where; nothing is opened yet."""
        self._given: dict[str, str] = {"MEMOS_USER_ID": user_id} if user_id else {}
        if data_dir is not None:
            self._given["MEMOS_DATA_DIR"] = str(Path(data_dir).resolve())
        self._closing = AsyncExitStack()
        self._backend: MemoryBackend | None = None
        self._user_id = user_id

    async def __aenter__(self) -> Self:
        """Open the memory.

        Raises:
            ConfigurationError: a setting makes no sense, or another process has the store open.
        """
        from memos_mcp.backends.selection import open_backend  # noqa: PLC0415 - what is heavy is loaded here
        from memos_mcp.core.settings import read_settings  # noqa: PLC0415

        settings = read_settings({**os.environ, **self._given})
        self._user_id = settings.user_id
        self._backend = await self._closing.enter_async_context(open_backend(settings))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the memory."""
        self._backend = None
        await self._closing.__aexit__(kind, error, trace)

    async def add(
        self, messages: Said | Sequence[Said], *, conversation_id: str = "python", wait: bool = False
    ) -> AddReceipt:
        """Store messages word for word; with `wait`, return when the memories of them are there too."""
        several = [messages] if isinstance(messages, (str, Message, Mapping)) else messages
        request = AddMessage(
            messages=tuple(_message(said) for said in several), conversation_id=conversation_id, wait=wait
        )
        return await self._open.add_message(request, user_id=self._user_id)

    async def search(self, query: str, *, limit: int = 9) -> SearchResult:
        """Find the memories, preferences and messages that bear on a query, at most `limit` (25) of each."""
        request = SearchMemory(
            query=query, memory_limit_number=limit, preference_limit_number=limit, message_limit_number=limit
        )
        return await self._open.search_memory(request, user_id=self._user_id)

    async def get(self, *, page: int = 1, size: int = 10) -> MemoryPage:
        """Return a page of what is known of the user, newest first."""
        return await self._open.get_memory(GetMemory(page=page, size=size), user_id=self._user_id)

    async def messages(self, conversation_id: str = "python", *, page: int = 1, size: int = 50) -> MessagePage:
        """Return a page of a conversation; page 1 is the most recent, and within a page the oldest comes first.

        Raises:
            NotFound: the conversation has no messages.
        """
        request = GetMessage(conversation_id=conversation_id, page=page, message_limit_number=size)
        return await self._open.get_message(request, user_id=self._user_id)

    async def delete(self, *memory_ids: str) -> DeleteReceipt:
        """Delete memories for good: all of those named or, where one is unknown (`NotFound`), none."""
        if not memory_ids:
            raise InvalidRequest("Name the ids of the memories to delete.")
        return await self._open.delete_memory(DeleteMemory(memory_ids=memory_ids), user_id=self._user_id)

    @property
    def _open(self) -> MemoryBackend:
        if self._backend is None:
            raise InvalidRequest("The memory is not open: use it inside its `with` block.")
        return self._backend


class Memory:
    """The same memory for code that is not asynchronous; `with` opens and closes it."""

    def __init__(self, *, user_id: str = "", data_dir: str | Path | None = None) -> None:
        """Say whose memory it is, and where; nothing is opened yet."""
        self._memory = AsyncMemory(user_id=user_id, data_dir=data_dir)
        self._closing = ExitStack()
        self._portal: BlockingPortal | None = None

    def __enter__(self) -> Self:
        """Open the memory; raise `ConfigurationError` as `AsyncMemory` does."""
        with ExitStack() as opening:
            portal = opening.enter_context(start_blocking_portal())
            opening.enter_context(portal.wrap_async_context_manager(self._memory))
            self._portal, self._closing = portal, opening.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the memory."""
        self._portal = None
        self._closing.__exit__(kind, error, trace)

    def add(
        self, messages: Said | Sequence[Said], *, conversation_id: str = "python", wait: bool = False
    ) -> AddReceipt:
        """Store messages word for word; with `wait`, return when the memories of them are there too."""
        return self._run(lambda: self._memory.add(messages, conversation_id=conversation_id, wait=wait))

    def search(self, query: str, *, limit: int = 9) -> SearchResult:
        """Find the memories, preferences and messages that bear on a query, at most `limit` (25) of each."""
        return self._run(lambda: self._memory.search(query, limit=limit))

    def get(self, *, page: int = 1, size: int = 10) -> MemoryPage:
        """Return a page of what is known of the user, newest first."""
        return self._run(lambda: self._memory.get(page=page, size=size))

    def messages(self, conversation_id: str = "python", *, page: int = 1, size: int = 50) -> MessagePage:
        """Return a page of a conversation; raise `NotFound` where it has no messages."""
        return self._run(lambda: self._memory.messages(conversation_id, page=page, size=size))

    def delete(self, *memory_ids: str) -> DeleteReceipt:
        """Delete memories for good: all of those named or, where one is unknown (`NotFound`), none."""
        return self._run(lambda: self._memory.delete(*memory_ids))

    def _run(self, call: Callable[[], Awaitable[_Answer]]) -> _Answer:
        if self._portal is None:
            raise InvalidRequest("The memory is not open: use it inside its `with` block.")
        return self._portal.call(call)


def _message(said: Said) -> Message:
    return Message(role="user", content=said) if isinstance(said, str) else Message.model_validate(said)
