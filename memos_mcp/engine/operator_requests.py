"""What a command asks of the engine: to stop, to let go of the store for a while, how it is, a link to the page."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from psutil import Process

from memos_mcp import __version__
from memos_mcp.api.guard.page_sessions import PageSessions
from memos_mcp.backends.lazy import LazyBackend
from memos_mcp.backends.selection import backend_kind
from memos_mcp.core.errors import InvalidRequest, MemosError
from memos_mcp.core.models import EngineStatus, StoreStatus
from memos_mcp.core.settings import Settings, differences, read_settings
from memos_mcp.engine.handshake import Handshake, Visitor
from memos_mcp.engine.page_server import PageServer


@dataclass(frozen=True, slots=True)
class OperatorRequests:
    """Answers the commands that come to an engine; `hosts` counts the hosts that are connected, `stop` ends it."""

    data_dir: str
    settings: Settings
    store: LazyBackend
    visits: PageSessions
    url: str
    page: PageServer
    hosts: Callable[[], int]
    stop: Callable[[], None]

    async def answer(self, visitor: Visitor, hello: Handshake) -> None:
        """Answer a command."""
        answer = partial(visitor.answer, data_dir=self.data_dir, pid=os.getpid())
        match hello.ask:
            case "stop":
                await answer()
                self.stop()
            case "pause":
                async with self.store.taken_back():
                    await answer()
                    await visitor.read()  # until the command has left
            case "status":
                await answer(status=(await self._status(hello)).model_dump())
            case "open":
                await answer(**await self._link(hello))
            case _:
                await answer()

    async def _link(self, hello: Handshake) -> dict[str, str]:
        """Answer with a link that opens the page once."""
        from memos_mcp.api.serve import callable_url  # noqa: PLC0415 - most engines serve no HTTP

        try:
            settings = read_settings(hello.settings)
            if backend_kind(settings) != "local":
                raise InvalidRequest(
                    "The page shows the store on this machine, and MEMOS_API_KEY or MEMOS_BASE_URL name another "
                    "service. Set MEMOS_BACKEND=local to see what is kept here."
                )
            url = callable_url(self.url) or await self.page.url()
        except MemosError as exc:
            return {"refused": str(exc)}
        return {"link": f"{url}/#open={self.visits.link(settings.user_id)}"}

    async def _status(self, hello: Handshake) -> EngineStatus:
        try:
            told = differences(hello.settings, self.settings)
        except MemosError:
            told = []
        store = await self.store.call("status") if self.store.is_open else None
        return EngineStatus(
            version=__version__,
            pid=os.getpid(),
            memory_bytes=Process().memory_info().rss,
            hosts=self.hosts(),
            url=self.url,
            differences=tuple(told),
            store=store if isinstance(store, StoreStatus) else None,
        )
