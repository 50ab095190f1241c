"""The engine: it lets relays and commands in, and runs an MCP session for each relay."""

import asyncio
import logging
import os
import signal
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import cached_property, partial
from socket import socket
from typing import TYPE_CHECKING, Any, cast

import anyio
from anyio.abc import TaskGroup
from anyio.streams.memory import MemoryObjectReceiveStream
from mcp.server import MCPServer
from mcp.server.subscriptions import ResourceUpdated

from memos_mcp.api.guard.page_sessions import PageSessions
from memos_mcp.api.v1.context import Context, Machine, Store
from memos_mcp.backends.base import MemoryBackend
from memos_mcp.backends.lazy import Call
from memos_mcp.core.api_models import Client
from memos_mcp.core.errors import MemosError
from memos_mcp.core.settings import Settings, differences, read_settings
from memos_mcp.engine.callers import LOCAL, Caller, Callers, whose_at
from memos_mcp.engine.handshake import Handshake, Visitor
from memos_mcp.engine.listener import EngineListener
from memos_mcp.engine.operator_requests import OperatorRequests
from memos_mcp.engine.page_server import PageServer
from memos_mcp.engine.stores import Stores
from memos_mcp.mcp import uris
from memos_mcp.mcp.app import build_server
from memos_mcp.mcp.connected_hosts import ConnectedHosts
from memos_mcp.mcp.notifications import Notifications
from memos_mcp.mcp.results.search import text_for_agents
from memos_mcp.mcp.session import Session
from memos_mcp.mcp.stdio import warm_up

if TYPE_CHECKING:
    from memos_mcp.backends.local.browsing import Browsing
    from memos_mcp.backends.local.curation.editing import Curating
    from memos_mcp.backends.local.curation.ledger_transfer import Transferring
    from memos_mcp.hooks.dispatch import Hooks

logger = logging.getLogger(__name__)

LOOK_EVERY = 1.0
"""Seconds between two looks whether the engine is still wanted."""

GRACE = 1.0
"""Seconds that sessions get to end when the engine does; relays take to the next what is not answered."""

LARGEST_LOG = 10_000_000  # bytes


Opened = tuple[Settings, str, Callable[[], Awaitable[MemoryBackend]]]
"""The settings of a process, the account that they name, and the way to its memory."""


class Engine:
    """One engine; `url` is where it also serves over HTTP."""

    def __init__(
        self,
        door: EngineListener,
        settings: Settings,
        stores: Stores,
        *,
        url: str = "",
        machine: Callable[[], Machine] | None = None,
    ) -> None:
        """Take what is open already."""
        self.ending = anyio.Event()
        self._door = door
        self._settings = settings
        self._stores = stores
        self._url = url
        self._sessions: set[Session] = set()
        self._last = time.monotonic()
        self.visits = PageSessions()
        self._background: TaskGroup | None = None
        self._callers = Callers(stores.local, default_user=settings.user_id)
        self._notices = Notifications(lambda: self._callers.current().whose())
        stores.observers.append(self._tell_of_call)
        self.server: MCPServer[Any] = build_server(
            self._callers.backend,
            user_id=lambda: self._callers.current().user_id,
            conversation_id=lambda: self._callers.current().conversation_id,
            notices=self._notices,
        )
        self._presence = ConnectedHosts(lambda: self._callers.current().whose())
        self._presence.attach(self.server)
        local = stores.local
        self.store = Store(
            local.lent(),
            cast("Browsing", local.lent("browsing")),
            cast("Curating", local.lent("curating")),
            cast("Transferring", local.lent("transferring")),
        )
        self.surroundings = Context(
            text_for_agents=partial(text_for_agents, stores.local.lent()),
            clients=self.clients,
            machine=machine,
            start=self._start,
            watch=lambda user_id, listener: self._notices.watch(whose_at(LOCAL, user_id), listener),
        )
        self._page = PageServer(self.visits, user_id=settings.user_id, store=self.store, surroundings=self.surroundings)
        self._requests = OperatorRequests(
            door.data_dir,
            settings,
            stores.local,
            self.visits,
            url,
            self._page,
            hosts=lambda: len(self._sessions),
            stop=self.ending.set,
        )

    async def run(self) -> None:
        """Let processes in until the engine ends: for a signal, when it is asked to, or when nobody needs it."""
        async with anyio.create_task_group() as group:
            self._background = group
            group.start_soon(self._end_on_signal)
            group.start_soon(self._watch)
            group.start_soon(self._page.run, self.ending)
            async with anyio.create_task_group() as visits:
                visits.start_soon(self._let_in, visits)
                await self.ending.wait()
                self._door.close()
                for session in self._sessions:
                    session.stopped.set()
                visits.cancel_scope.deadline = anyio.current_time() + GRACE
            group.cancel_scope.cancel()

    def clients(self, user_id: str) -> tuple[Client, ...]:
        """Return the hosts that are connected to the local memory of a user."""
        return self._presence.clients(whose_at(LOCAL, user_id))

    def _start(self, work: Callable[[], Awaitable[None]]) -> None:
        assert self._background is not None  # noqa: S101 - who asks was let in by the running engine

        async def wanted() -> None:
            with self.visits.during():
                await work()

        self._background.start_soon(wanted)

    async def tell_of(self, learnt: MemoryObjectReceiveStream[str]) -> None:
        """Tell whoever watches that memories of a user have changed in the background."""
        async for user_id in learnt:
            await self._notices.tell(whose_at(LOCAL, user_id), ResourceUpdated(uri=uris.PROFILE))

    async def _tell_of_call(self, account: str, call: Call) -> None:
        """Tell whoever watches of what a call has changed; the local store tells itself when a task is done."""
        status = None if account == LOCAL else partial(self._stores.status, account)
        await self._notices.of(call, whom=whose_at(account, call.user_id), status=status)

    async def _let_in(self, visits: TaskGroup) -> None:
        loop = asyncio.get_running_loop()
        with suppress(OSError):  # the door was closed
            while not self.ending.is_set():
                connection, _ = await loop.sock_accept(self._door.listener)
                visits.start_soon(self._receive, connection)

    async def _receive(self, connection: socket) -> None:
        visitor = None
        try:
            visitor = await Visitor.receive(connection, self._door)
            hello = visitor and await visitor.hello()
            if visitor is not None and hello is not None:
                match hello.role:
                    case "host":
                        await self._host(visitor, hello)
                    case "hook":
                        await self._hook(visitor, hello)
                    case "operator":
                        await self._requests.answer(visitor, hello)
        except (OSError, EOFError) as exc:
            logger.debug("a process left: %r", exc)
        finally:
            if visitor is not None:
                await visitor.leave()

    async def _host(self, visitor: Visitor, hello: Handshake) -> None:
        if hello.is_newer() and not self._url:
            logger.warning("a host has memos-mcp %s: the engine makes room for one of that version", hello.version)
            self.ending.set()
        if (opened := await self._opened(visitor, hello)) is None:
            return
        settings, account, backend = opened
        told = differences(hello.settings, self._settings)
        once = [] if account == LOCAL else ["add_message"]  # a hosted service does not know an add by its key
        await visitor.answer(data_dir=self._door.data_dir, pid=os.getpid(), told=told, once=once)
        self._callers.enter(Caller(account, settings.user_id, hello.conversation, backend))
        session = Session(visitor.read, visitor.send)
        self._sessions.add(session)
        try:
            async with anyio.create_task_group() as group:
                group.start_soon(warm_up, session, backend)
                await session.run(self.server)
                group.cancel_scope.cancel()
        finally:
            self._sessions.discard(session)
            self._last = time.monotonic()

    async def _opened(self, visitor: Visitor, hello: Handshake) -> Opened | None:
        """Return what a process is let into; None where it was told that it gets nothing."""
        if self.ending.is_set():
            await visitor.answer(ending=True)
            return None
        try:
            settings = read_settings(hello.settings)
            return settings, *self._stores.of(settings)
        except MemosError as exc:
            await visitor.answer(refused=str(exc))
            return None

    async def _hook(self, visitor: Visitor, hello: Handshake) -> None:
        from memos_mcp.engine.hook_requests import serve_hook  # noqa: PLC0415 - few engines have hooks

        if (opened := await self._opened(visitor, hello)) is None:
            return
        settings, account, backend = opened
        await visitor.answer(data_dir=self._door.data_dir, pid=os.getpid())
        self._callers.enter(Caller(account, settings.user_id, "", backend))
        await serve_hook(visitor, hello.hook, self._hooks, settings, backend)
        self._last = time.monotonic()

    @cached_property
    def _hooks(self) -> "Hooks":
        from memos_mcp.hooks.dispatch import Hooks  # noqa: PLC0415

        return Hooks(self._settings.data_dir)

    async def _watch(self) -> None:
        while not self.ending.is_set():
            await anyio.sleep(min(LOOK_EVERY, self._settings.engine_idle))
            if self.ending.is_set():
                return
            if not self._door.is_open():
                logger.warning("the data directory no longer holds this engine; it ends")
                self.ending.set()
            idle = min(time.monotonic() - self._last, self.visits.idle_for())
            if not self._url and not self._sessions and idle >= self._settings.engine_idle:
                self.ending.set()
            with suppress(OSError):
                if not self._url and os.fstat(2).st_size > LARGEST_LOG:
                    os.ftruncate(2, 0)

    async def _end_on_signal(self) -> None:
        if sys.platform == "win32":  # pragma: no cover - its event loop knows no signals
            return
        with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
            async for _ in signals:
                self.ending.set()
