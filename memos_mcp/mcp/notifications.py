"""Telling clients of both protocol eras what has changed, and nobody about another user's memory."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial

import anyio
from mcp.server import MCPServer
from mcp.server.connection import Connection
from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.server.subscriptions import InMemorySubscriptionBus, ResourcesListChanged, ResourceUpdated, ServerEvent
from mcp.types import EmptyResult, SubscribeRequestParams, UnsubscribeRequestParams

from memos_mcp.backends.lazy import Call
from memos_mcp.core.errors import MemosError
from memos_mcp.core.models import TaskState
from memos_mcp.mcp.change_events import changes_of
from memos_mcp.mcp.sdk import answer, connection_of
from memos_mcp.mcp.uris import PROFILE

_PATIENCE = 1.0
"""A client that does not read is given up after so many seconds, or it would hold up everybody's calls."""

_FIRST_LOOK, _LAST_LOOK = 0.1, 5.0
"""Seconds between two looks at a task that is followed."""

_FOLLOWED_FOR = 600.0
"""Seconds for which a task is followed: a model that extracts may take minutes."""

_REMEMBERED = 1_000
"""Conversations known to be listed already; one that is forgotten costs a notice too many."""


Status = Callable[[str, str], Awaitable[TaskState]]
"""Tells where a task (its id) of a user (the user's id) has got to."""


class Notifications:
    """A `SubscriptionBus` of the newer era that also reaches the sessions of the older one.

    An event goes to the listeners and sessions of the user on whose behalf it is published.
    """

    def __init__(self, whose: Callable[[], str]) -> None:
        self._whose = whose
        self._buses: dict[str, InMemorySubscriptionBus] = {}
        self._sessions: dict[Connection, tuple[str, set[str]]] = {}
        self._listed: dict[tuple[str, str], None] = {}
        self._followed: set[asyncio.Task[None]] = set()

    def subscribe(self, listener: Callable[[ServerEvent], None]) -> Callable[[], None]:
        """Register a listener for the current user's events."""
        return self.watch(self._whose(), listener)

    def watch(self, whom: str, listener: Callable[[ServerEvent], None]) -> Callable[[], None]:
        """Register a listener for the events of the memory of this name; return what ends that."""
        return self._buses.setdefault(whom, InMemorySubscriptionBus()).subscribe(listener)

    async def publish(self, event: ServerEvent) -> None:
        """Tell everybody who listens for the current user."""
        await self.tell(self._whose(), event)

    async def tell(self, whom: str, event: ServerEvent) -> None:
        """Tell everybody who listens for the memory of this name."""
        if bus := self._buses.get(whom):
            await bus.publish(event)
        for connection, (whose, uris) in list(self._sessions.items()):
            if whose == whom:
                with anyio.move_on_after(_PATIENCE):
                    await _tell(connection, event, uris)

    async def of(self, call: Call, *, whom: str, status: Status | None = None) -> None:
        """Tell whoever listens for the memory of this name what a call of it has changed.

        `status` tells where a task of a user has got to; it is None for a memory that itself tells what changes in
        the background.
        """
        changes = changes_of(call)
        if changes.conversation_id:
            await self._list(whom, changes.conversation_id)
        for uri in changes.uris:
            await self.tell(whom, ResourceUpdated(uri=uri))
        if changes.task_id and status is not None:
            self._follow(partial(status, changes.task_id, call.user_id), whom)

    def has_listed(self, conversation_id: str) -> bool:
        """Tell whether the current user's listeners know of a conversation."""
        return (self._whose(), conversation_id) in self._listed

    def _follow(self, status: Callable[[], Awaitable[TaskState]], whom: str) -> None:
        """Tell that the profile has changed once a task is no longer running.

        Whoever reads at the first notice of an add sees nothing of its memories yet.
        """
        task = asyncio.create_task(self._followed_up(status, whom))  # ends with the event loop at the latest
        self._followed.add(task)
        task.add_done_callback(self._followed.discard)

    async def _followed_up(self, status: Callable[[], Awaitable[TaskState]], whom: str) -> None:
        pause = _FIRST_LOOK
        with anyio.move_on_after(_FOLLOWED_FOR), suppress(MemosError):
            while await status() == "running":
                await anyio.sleep(pause)
                pause = min(2 * pause, _LAST_LOOK)
            await self.tell(whom, ResourceUpdated(uri=PROFILE))

    async def _list(self, whom: str, conversation_id: str) -> None:
        """Tell that the list has changed, where this conversation may be new to it."""
        key = (whom, conversation_id)
        if key in self._listed:
            return
        self._listed[key] = None
        if len(self._listed) > _REMEMBERED:
            del self._listed[next(iter(self._listed))]
        await self.tell(whom, ResourcesListChanged())

    def attach(self, server: MCPServer) -> None:
        """Serve the older era's subscriptions, and learn of its sessions."""
        server.middleware.append(self._remember)
        answer(server, "resources/subscribe", SubscribeRequestParams, self._subscribe)
        answer(server, "resources/unsubscribe", UnsubscribeRequestParams, self._unsubscribe)

    async def _remember(self, ctx: ServerRequestContext, call_next: CallNext) -> HandlerResult:
        if ctx.method == "notifications/initialized":
            self._uris_of(connection_of(ctx.session))
        return await call_next(ctx)

    def _uris_of(self, connection: Connection) -> set[str]:
        """Return the resources that a session watches, and remember it until it closes."""
        if connection not in self._sessions:
            self._sessions[connection] = (self._whose(), set())
            connection.exit_stack.callback(self._sessions.pop, connection, None)
        return self._sessions[connection][1]

    async def _subscribe(self, ctx: ServerRequestContext, params: SubscribeRequestParams) -> EmptyResult:
        self._uris_of(connection_of(ctx.session)).add(params.uri)
        return EmptyResult()

    async def _unsubscribe(self, ctx: ServerRequestContext, params: UnsubscribeRequestParams) -> EmptyResult:
        self._uris_of(connection_of(ctx.session)).discard(params.uri)
        return EmptyResult()


async def _tell(connection: Connection, event: ServerEvent, uris: set[str]) -> None:
    match event:
        case ResourceUpdated(uri=uri) if uri in uris:
            await connection.notify("notifications/resources/updated", {"uri": uri})
        case ResourcesListChanged():
            await connection.notify("notifications/resources/list_changed", None)
        case _:
            pass
