"""Serving one host over standard input and output, with everything in this process."""

import logging
import os
import select
import signal
import sys
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import CancelledError
from functools import partial
from typing import Any

import anyio
import anyio.to_thread
from anyio.from_thread import BlockingPortal
from anyio.streams.memory import MemoryObjectSendStream
from mcp.server import MCPServer

from memos_mcp.core.errors import MemosError
from memos_mcp.mcp.session import Session
from memos_mcp.mcp.standard_streams import Wire

logger = logging.getLogger(__name__)

_PIECE = 1 << 16  # bytes: what a pipe holds

_LIMIT = 0.8
"""After so many seconds the end comes whatever is under way: a host may have stopped reading."""

_BEFORE_WARMING = 0.5
"""Seconds after the first answer in which a host asks for the lists; a call that needs the store comes first."""


async def serve(server: MCPServer[Any], *, wire: Wire, warm: Callable[[], Awaitable[object]] | None = None) -> None:
    """Serve until input ends or a signal asks to stop, then return within a second.

    `warm` is started soon after the first answer has been written, so that opening a store does not hold `initialize`
    up; a `MemosError` that it raises is left to the call that needs the store. When this returns, a thread may
    still wait for the host: close what has to be closed, then end the process with `os._exit`.
    """
    pieces, received = anyio.create_memory_object_stream[bytes]()
    async with BlockingPortal() as portal, pieces, received, anyio.create_task_group() as tasks:
        threading.Thread(target=_read_all, args=(wire.source, portal, pieces), daemon=True).start()
        host = Session(received.receive, partial(_send, wire.sink))
        tasks.start_soon(_stop_on_signal, host)
        tasks.start_soon(_stop_in_time, host, tasks.cancel_scope)
        if warm is not None:
            tasks.start_soon(warm_up, host, warm)
        await host.run(server)
        tasks.cancel_scope.cancel()
        await portal.stop(cancel_remaining=True)


async def _stop_on_signal(host: Session) -> None:
    if sys.platform == "win32":  # pragma: no cover - its event loop knows no signals
        return
    with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
        async for _ in signals:
            host.stopped.set()


async def _stop_in_time(host: Session, scope: anyio.CancelScope) -> None:
    await host.stopped.wait()
    await anyio.sleep(_LIMIT)
    scope.cancel()


async def warm_up(client: Session, warm: Callable[[], Awaitable[object]]) -> None:
    """Open what a client will need, once it has its first answer."""
    await client.answered.wait()
    await anyio.sleep(_BEFORE_WARMING)
    try:
        await warm()
    except MemosError as exc:
        logger.warning("%s", exc)


def _read_all(source: int, portal: BlockingPortal, pieces: MemoryObjectSendStream[bytes]) -> None:
    """Read in a thread of its own: nothing else can wait for a pipe, a file and a console on every platform."""
    try:
        while piece := os.read(source, _PIECE):
            portal.call(pieces.send, piece)
        portal.call(pieces.send, b"")
    except (OSError, RuntimeError, CancelledError, anyio.BrokenResourceError, anyio.ClosedResourceError) as exc:
        logger.debug("stopped reading: %r", exc)


async def _send(sink: int, line: bytes) -> None:
    if rest := _write_at_once(sink, memoryview(line)):
        await anyio.to_thread.run_sync(_write_all, sink, rest, abandon_on_cancel=True)


def _write_at_once(sink: int, rest: memoryview) -> memoryview:
    """Write what need not wait for the host, and return the rest: a thread costs more than the writing."""
    if sys.platform != "win32":  # there, `select` knows no pipes
        while rest and select.select((), (sink,), (), 0)[1]:
            rest = rest[os.write(sink, rest[: select.PIPE_BUF]) :]
    return rest


def _write_all(sink: int, rest: memoryview) -> None:
    while rest:
        rest = rest[os.write(sink, rest) :]
