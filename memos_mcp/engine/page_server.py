"""The page of a shared engine: a free port of the loopback, taken when somebody first asks for it."""

import socket

import anyio

from memos_mcp.api.guard.page_sessions import PageSessions
from memos_mcp.api.v1.context import Context, Store


class PageServer:
    """Serves the page to those who have a link."""

    def __init__(self, visits: PageSessions, *, user_id: str, store: Store, surroundings: Context) -> None:
        """Take the visits, and what the page shows."""
        self._visits = visits
        self._user_id = user_id
        self._store = store
        self._surroundings = surroundings
        self._wanted = anyio.Event()
        self._started = anyio.Event()
        self._listener: socket.socket | None = None

    async def url(self) -> str:
        """Return where the page is, once it takes calls.

        Raises:
            ConfigurationError: there is no free port.
        """
        from memos_mcp.api.serve import listen, url_of  # noqa: PLC0415 - as below

        if self._listener is None:
            self._listener = listen("127.0.0.1", 0)
            self._wanted.set()
        await self._started.wait()
        return url_of(self._listener)

    async def run(self, ending: anyio.Event) -> None:
        """Serve until the engine ends, or a signal says so."""
        await self._wanted.wait()
        assert self._listener is not None  # noqa: S101 - it was taken before anybody was told
        # Only here: most engines are asked for no page, and one of the hosted service has nothing of what it needs.
        from memos_mcp.api.app import build_page  # noqa: PLC0415
        from memos_mcp.api.serve import serve  # noqa: PLC0415
        from memos_mcp.api.v1.routes import routes  # noqa: PLC0415

        called = routes(self._store, self._surroundings, default_user=self._user_id)
        app = build_page(self._visits, user_id=self._user_id, routes=called)
        await serve(app, self._listener, started=self._started, ending=ending)
        ending.set()
