"""Serving one host over standard input and output."""

import logging
import os
import signal
import sys
import threading
from collections.abc import AsyncGenerator, Awaitable, Callable
from concurrent.futures import CancelledError
from contextlib import asynccontextmanager
from typing import Any

import anyio
import anyio.to_thread
from anyio.from_thread import BlockingPortal
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

from memos_mcp.errors import MemosError
from memos_mcp.server.lines import Lines, Refused
from memos_mcp.server.sdk import lowlevel
from memos_mcp.server.wire import Wire

logger = logging.getLogger(__name__)

_PIECE = 1 << 16

_GRACE = 0.4
"""Calls under way when the end comes get so many seconds to be answered, so that `... | memos-mcp` works too."""

_LIMIT = 0.8
"""After so many seconds the end comes whatever is under way: a host may have stopped reading."""

_BEFORE_WARMING = 0.5
"""Seconds after the first answer in which a host asks for the lists; a call that needs the store comes first."""

_ENDLESS = "subscriptions/listen"
"""A request that is answered when the connection ends, and not before."""


async def serve(server: MCPServer[Any], *, wire: Wire, warm: Callable[[], Awaitable[object]] | None = None) -> None:
    """Serve until input ends or a signal asks to stop, then return within a second.

    `warm` is started soon after the first answer has been written, so that opening a store does not hold `initialize`
    up; a `MemosError` that it raises is left to the call that needs the store. When this returns, a thread may
    still wait for the host: close what has to be closed, then end the process with `os._exit`.
    """
    host = _Host(wire)
    inner = lowlevel(server)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(_stop_on_signal, host)
        tasks.start_soon(_stop_in_time, host, tasks.cancel_scope)
        if warm is not None:
            tasks.start_soon(_warm_up, host, warm)
        async with host.connected() as (incoming, outgoing):
            await inner.run(incoming, outgoing, inner.create_initialization_options())
        tasks.cancel_scope.cancel()


async def _stop_on_signal(host: "_Host") -> None:
    if sys.platform == "win32":  # pragma: no cover - its event loop knows no signals
        return
    with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
        async for _ in signals:
            host.stopped.set()


async def _stop_in_time(host: "_Host", scope: anyio.CancelScope) -> None:
    await host.stopped.wait()
    await anyio.sleep(_LIMIT)
    scope.cancel()


async def _warm_up(host: "_Host", warm: Callable[[], Awaitable[object]]) -> None:
    await host.answered.wait()
    await anyio.sleep(_BEFORE_WARMING)
    try:
        await warm()
    except MemosError as exc:
        logger.warning("%s", exc)


class _Host:
    """The other end: reads its messages, writes the answers, knows what it still waits for."""

    def __init__(self, wire: Wire) -> None:
        self.answered = anyio.Event()
        self.stopped = anyio.Event()
        self._wire = wire
        self._waiting: set[RequestId] = set()
        self._idle = anyio.Event()

    @asynccontextmanager
    async def connected(
        self,
    ) -> AsyncGenerator[
        tuple[MemoryObjectReceiveStream[SessionMessage | Exception], MemoryObjectSendStream[SessionMessage]]
    ]:
        """Give the streams that a server is run with."""
        to_server, incoming = anyio.create_memory_object_stream[SessionMessage | Exception]()
        outgoing, to_host = anyio.create_memory_object_stream[SessionMessage]()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._write, to_host)
            tasks.start_soon(self._read, to_server, outgoing.clone())
            yield incoming, outgoing
            self.stopped.set()

    async def _read(
        self,
        to_server: MemoryObjectSendStream[SessionMessage | Exception],
        to_host: MemoryObjectSendStream[SessionMessage],
    ) -> None:
        """Pass messages on until input ends or `stopped` is set, then wait for calls under way."""
        async with to_server, to_host, BlockingPortal() as portal:
            lines = Lines()

            async def take(piece: bytes) -> None:
                for line in lines.feed(piece) if piece else lines.end():
                    if isinstance(line, Refused):
                        await to_host.send(SessionMessage(line.answer))
                    else:
                        self._note(line)
                        await to_server.send(SessionMessage(line))
                if not piece:
                    self.stopped.set()

            threading.Thread(target=_read_all, args=(self._wire.source, portal, take), daemon=True).start()
            await self.stopped.wait()
            if self._waiting:
                self._idle = anyio.Event()
                with anyio.move_on_after(_GRACE):
                    await self._idle.wait()
            await portal.stop(cancel_remaining=True)

    async def _write(self, to_host: MemoryObjectReceiveStream[SessionMessage]) -> None:
        async with to_host:
            async for sent in to_host:
                line = _encode(sent.message)
                try:
                    await anyio.to_thread.run_sync(_write_all, self._wire.sink, line, abandon_on_cancel=True)
                except OSError:
                    self.stopped.set()  # the host is gone
                if isinstance(sent.message, JSONRPCResponse | JSONRPCError):
                    self.answered.set()
                    self._settle(sent.message.id)

    def _note(self, message: JSONRPCMessage) -> None:
        """Keep in mind what the host waits for."""
        match message:
            case JSONRPCRequest(id=request_id, method=method) if method != _ENDLESS:
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


def _read_all(source: int, portal: BlockingPortal, take: Callable[[bytes], Awaitable[None]]) -> None:
    """Read in a thread of its own: nothing else can wait for a pipe, a file and a console on every platform."""
    try:
        while piece := os.read(source, _PIECE):
            portal.call(take, piece)
        portal.call(take, b"")
    except (OSError, RuntimeError, CancelledError, anyio.BrokenResourceError, anyio.ClosedResourceError) as exc:
        logger.debug("stopped reading: %r", exc)


def _write_all(sink: int, line: bytes) -> None:
    rest = memoryview(line)
    while rest:
        rest = rest[os.write(sink, rest) :]


def _encode(message: JSONRPCMessage) -> bytes:
    try:
        return message.model_dump_json(by_alias=True, exclude_unset=True).encode() + b"\n"
    except PydanticSerializationError:
        error = ErrorData(code=INTERNAL_ERROR, message="The answer holds text that is not valid Unicode.")
        request_id = message.id if isinstance(message, JSONRPCResponse) else None
        return JSONRPCError(jsonrpc="2.0", id=request_id, error=error).model_dump_json().encode() + b"\n"
