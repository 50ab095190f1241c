"""The engine over HTTP: MCP by two transports and the MemOS contract, beside the socket of this machine's hosts."""

import sys
from collections.abc import Collection
from typing import cast

import anyio

from memos_mcp.backends.lender import Lender
from memos_mcp.engine.engine import Engine
from memos_mcp.http.app import build_app
from memos_mcp.http.callers import Owners
from memos_mcp.http.further import Means
from memos_mcp.http.knowledge_bases import Library
from memos_mcp.http.rate import Rate
from memos_mcp.http.serve import check_binding, hosts_of, listen, serve, url_of
from memos_mcp.http.tokens import read_tokens
from memos_mcp.opening import chat_model
from memos_mcp.settings import Settings


class HttpServer:
    """An address that was taken, and whom it lets in."""

    def __init__(
        self, settings: Settings, *, host: str, port: int, transports: frozenset[str], names: Collection[str]
    ) -> None:
        """Take the address.

        Raises:
            ConfigurationError: it cannot be had, would be open to others, or the tokens make no sense.
        """
        self._settings = settings
        self._tokens = read_tokens(settings.tokens.get_secret_value())
        check_binding(host, tokens=self._tokens)
        self._listener = listen(host, port)
        self._hosts = hosts_of(host, named=names)
        self._transports = transports
        self.url = url_of(self._listener)

    async def run(self, engine: Engine, store: Lender) -> None:
        """Serve until the engine ends, or a signal says so."""
        app = build_app(
            store.lent(),
            user_id=self._settings.user_id,
            server=engine.server,
            transports=self._transports,
            tokens=self._tokens,
            hosts=self._hosts,
            owners=cast("Owners", store.lent()),
            means=cast("Means", store.lent("means")),
            library=cast("Library", store.lent("library")),
            chat_model=chat_model(self._settings),
            store=engine.store,
            surroundings=engine.surroundings,
            rate=Rate() if self._tokens else None,
            visits=engine.visits,
        )
        started = anyio.Event()
        async with anyio.create_task_group() as group:
            group.start_soon(self._greet, started)
            await serve(app, self._listener, started=started, ending=engine.ending)
        engine.ending.set()

    async def _greet(self, started: anyio.Event) -> None:
        await started.wait()
        url = self.url
        sys.stderr.write(
            f"Serving at {url}: MCP at {url}/mcp and {url}/sse, the MemOS contract at {url}/api/openmem/v1\n"
        )
        sys.stderr.flush()
