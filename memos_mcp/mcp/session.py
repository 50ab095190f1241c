"""One MCP session over a pair of byte streams, a JSON-RPC message a line."""

import logging
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import anyio
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from mcp.server import MCPServer
from mcp.shared.message import SessionMessage
from mcp.types import (
    INTERNAL_ERROR,
    ErrorData,
    JSONRPCError,
    JSONRPCMessage,
    JSONRPCNotification,
    JSONRPCRequest,
    JSONRPCResponse,
    RequestId,
)
from pydantic_core import PydanticSerializationError

from memos_mcp.mcp.line_reader import Lines, RefusedLine
from memos_mcp.mcp.middleware import begin_order
from memos_mcp.mcp.sdk import lowlevel
from memos_mcp.relay.jsonrpc import ENDLESS

logger = logging.getLogger(__name__)

_PATIENCE = 20.0
"""Calls under way when the input ends get so many seconds to be answered, so that `... | memos-mcp` works too."""

_GRACE = 0.4
"""Calls under way when a signal asks to stop get so many seconds."""


class Session:
    """A client: reads its messages, writes the answers, knows what it still waits for.

    `receive` gives the next bytes, none at the end; `send` takes a line, and raises an `OSError` when the client is
    gone. `answered` is set after the first answer, `stopped` when no more is read.
    """

    def __init__(self, receive: Callable[[], Awaitable[bytes]], send: Callable[[bytes], Awaitable[object]]) -> None:
        self.answered = anyio.Event()
        self.stopped = anyio.Event()
        self._receive = receive
        self._send = send
        self._waiting: set[RequestId] = set()
        self._idle = anyio.Event()

    async def run(self, server: MCPServer[Any]) -> None:
        """Serve until the input ends or `stopped` is set."""
        begin_order()
        inner = lowlevel(server)
        async with self._connected() as (incoming, outgoing):
            await inner.run(incoming, outgoing, inner.create_initialization_options())

    @asynccontextmanager
    async def _connected(
        self,
    ) -> AsyncGenerator[
        tuple[MemoryObjectReceiveStream[SessionMessage | Exception], MemoryObjectSendStream[SessionMessage]]
    ]:
        to_server, incoming = anyio.create_memory_object_stream[SessionMessage | Exception]()
        outgoing, to_client = anyio.create_memory_object_stream[SessionMessage]()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._write, to_client)
            tasks.start_soon(self._read, to_server, outgoing.clone())
            yield incoming, outgoing
            self.stopped.set()

    async def _read(
        self,
        to_server: MemoryObjectSendStream[SessionMessage | Exception],
        to_client: MemoryObjectSendStream[SessionMessage],
    ) -> None:
        """Pass messages on until the input ends or `stopped` is set, then wait for calls under way."""
        async with to_server, to_client:
            async with anyio.create_task_group() as reading:
                reading.start_soon(self._until_stopped, reading.cancel_scope)
                await self._pass_on(to_server, to_client)
                await self._settled(_PATIENCE)
                self.stopped.set()
            await self._settled(_GRACE)

    async def _settled(self, patience: float) -> None:
        """Wait until all calls are answered, or `patience` seconds have passed."""
        if self._waiting:
            self._idle = anyio.Event()
            with anyio.move_on_after(patience):
                await self._idle.wait()

    async def _until_stopped(self, scope: anyio.CancelScope) -> None:
        await self.stopped.wait()
        scope.cancel()

    async def _pass_on(
        self,
        to_server: MemoryObjectSendStream[SessionMessage | Exception],
        to_client: MemoryObjectSendStream[SessionMessage],
    ) -> None:
        lines = Lines()
        piece = b"\n"
        while piece:
            try:
                piece = await self._receive()
            except OSError as exc:
                logger.debug("stopped reading: %r", exc)
                piece = b""
            for line in lines.feed(piece) if piece else lines.end():
                if isinstance(line, RefusedLine):
                    await to_client.send(SessionMessage(line.answer))
                else:
                    self._note(line)
                    await to_server.send(SessionMessage(line))

    async def _write(self, to_client: MemoryObjectReceiveStream[SessionMessage]) -> None:
        async with to_client:
            async for sent in to_client:
                try:
                    await self._send(_encode(sent.message))
                except OSError:
                    self.stopped.set()  # the client is gone
                if isinstance(sent.message, JSONRPCResponse | JSONRPCError):
                    self.answered.set()
                    self._settle(sent.message.id)

    def _note(self, message: JSONRPCMessage) -> None:
        """Keep in mind what the client waits for."""
        match message:
            case JSONRPCRequest(id=request_id, method=method) if method != ENDLESS:
                self._waiting.add(request_id)
            case JSONRPCNotification(method="notifications/cancelled", params={"requestId": str() | int() as gone}):
                self._settle(gone)
            case _:
                pass

    def _settle(self, request_id: RequestId | None) -> None:
        if request_id is not None:
            self._waiting.discard(request_id)
        if not self._waiting:
            self._idle.set()


def _encode(message: JSONRPCMessage) -> bytes:
    try:
        return message.model_dump_json(by_alias=True, exclude_unset=True).encode() + b"\n"
    except PydanticSerializationError:
        error = ErrorData(code=INTERNAL_ERROR, message="The answer holds text that is not valid Unicode.")
        request_id = message.id if isinstance(message, JSONRPCResponse) else None
        return JSONRPCError(jsonrpc="2.0", id=request_id, error=error).model_dump_json().encode() + b"\n"
