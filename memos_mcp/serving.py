"""Running an engine: the store and its HTTP app in one process, for all who use the data directory."""

import logging
import logging.handlers
import os
import socket
import sys
import time
from collections.abc import AsyncGenerator, Collection
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import anyio
from anyio.abc import TaskGroup
from mcp.server.auth.middleware.auth_context import get_access_token
from mcp.server.auth.middleware.bearer_auth import AuthenticatedUser
from psutil import Process
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from memos_mcp.backends.local.backend import LocalBackend
from memos_mcp.engine.address import Address, is_of, remove_address, write_address
from memos_mcp.engine.service import STATUS, STOP, finish
from memos_mcp.engine.starting import FAILURE_FILE, LOG_FILE
from memos_mcp.errors import MemosError
from memos_mcp.http.app import build_app
from memos_mcp.http.guard import Hosts
from memos_mcp.http.rate import Rate
from memos_mcp.http.serve import check_binding, hosts_of, listen, serve, url_of
from memos_mcp.http.tokens import ANY_USER, Tokens, read_tokens
from memos_mcp.models import EngineStatus
from memos_mcp.opening import chat_model, open_store
from memos_mcp.server.app import build_server
from memos_mcp.settings import Settings

logger = logging.getLogger(__name__)

LOOK_EVERY = 1.0
"""Seconds between two looks whether the engine is still wanted."""

PATIENCE_FOR_THE_LOCK = 15.0
"""Seconds that an engine waits for one that is just ending."""


class Activity:
    """ASGI middleware that knows when the last call was."""

    def __init__(self, app: ASGIApp) -> None:
        """Take the app that is called."""
        self._app = app
        self._under_way = 0
        self._last = time.monotonic()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a call on; what is no call, but the life of the server, does not count."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        self._under_way += 1
        try:
            await self._app(scope, receive, send)
        finally:
            self._under_way -= 1
            self._last = time.monotonic()

    def idle_for(self) -> float:
        """Give the seconds since the last call ended, 0 while one is under way."""
        return 0.0 if self._under_way else time.monotonic() - self._last


def run_engine(settings: Settings) -> int:
    """Run the shared engine of a data directory until nobody needs it; give the exit status."""
    os.umask(0o077)
    data_dir = settings.data_dir
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        log = logging.handlers.RotatingFileHandler(data_dir / LOG_FILE, maxBytes=1_000_000, backupCount=2)
        logging.basicConfig(
            level=settings.log_level, handlers=[log], format="%(asctime)s %(levelname)s %(name)s: %(message)s"
        )
        anyio.run(_run, settings)
    except MemosError as exc:
        logger.error("the engine cannot start: %s", exc)  # noqa: TRY400  # the sentence says it all
        _tell_who_waits(data_dir, str(exc))
        return 1
    except OSError as exc:
        _tell_who_waits(data_dir, f"The engine cannot start in {data_dir}: {exc.strerror}.")
        return 1
    return 0


async def _run(settings: Settings) -> None:
    async with open_store(settings, patience=PATIENCE_FOR_THE_LOCK) as store:
        listener = listen("127.0.0.1", 0)
        address = Address.of_this_process(host="127.0.0.1", port=listener.getsockname()[1])
        tokens = Tokens([(address.token.get_secret_value(), ANY_USER)])
        ending, started = anyio.Event(), anyio.Event()
        app = build_app(
            store,
            user_id=settings.user_id,
            tokens=tokens,
            owners=store,
            extra=engine_routes(store, address, ending),
            means=store.means,
            library=store.library,
            chat_model=chat_model(settings),
        )
        activity = Activity(app)
        async with announced(settings.data_dir, address, started=started, ending=ending) as watch:
            watch.start_soon(partial(_end_when_idle, activity, ending, after=settings.engine_idle))
            await serve(activity, listener, started=started, ending=ending)


def run_server(
    settings: Settings, *, host: str, port: int, transports: frozenset[str], names: Collection[str] = ()
) -> None:
    """Serve the store to all who know the address, until a signal; an engine that runs already hands over.

    `names` are further ones by which it may be called.

    Raises:
        ConfigurationError: the address cannot be had, would be open to others, or the tokens make no sense.
    """
    os.umask(0o077)
    logging.basicConfig(level=settings.log_level, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    tokens = read_tokens(settings.tokens.get_secret_value())
    check_binding(host, tokens=tokens)
    listener = listen(host, port)
    anyio.run(partial(_serve_all, settings, listener, hosts_of(host, named=names), tokens, transports))


async def _serve_all(
    settings: Settings, listener: socket.socket, hosts: Hosts, tokens: Tokens, transports: frozenset[str]
) -> None:
    await finish(settings.data_dir)
    async with open_store(settings, patience=PATIENCE_FOR_THE_LOCK) as store:

        async def lend() -> LocalBackend:
            return store

        def caller() -> str:
            token = get_access_token()
            return (token and token.subject) or settings.user_id

        bound, port = listener.getsockname()[:2]
        address = Address.of_this_process(host=_reached_at(bound), port=port)
        ending, started = anyio.Event(), anyio.Event()
        app = build_app(
            store,
            user_id=settings.user_id,
            server=build_server(lend, user_id=caller),
            transports=transports,
            tokens=tokens.also(address.token.get_secret_value(), ANY_USER) if tokens else tokens,
            hosts=hosts,
            owners=store,
            rate=Rate() if tokens else None,
            extra=engine_routes(store, address, ending),
            means=store.means,
            library=store.library,
            chat_model=chat_model(settings),
        )
        async with announced(settings.data_dir, address, started=started, ending=ending) as watch:
            watch.start_soon(_greet, listener, started)
            await serve(app, listener, started=started, ending=ending)


def _reached_at(bound: str) -> str:
    """Give the address at which this machine reaches a listener that is bound to all of its addresses."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(bound, bound)  # noqa: S104  # read, not listened on


async def _greet(listener: socket.socket, started: anyio.Event) -> None:
    await started.wait()
    url = url_of(listener)
    sys.stderr.write(f"Serving at {url}: MCP at {url}/mcp and {url}/sse, the MemOS contract at {url}/api/openmem/v1\n")


@asynccontextmanager
async def announced(
    data_dir: Path, address: Address, *, started: anyio.Event, ending: anyio.Event
) -> AsyncGenerator[TaskGroup]:
    """Let fronts find the engine from when it takes calls; end it when the directory no longer speaks of it."""

    async def announce() -> None:
        await started.wait()
        write_address(data_dir, address)
        while is_of(data_dir, address):  # noqa: ASYNC110  # a file gives no event
            await anyio.sleep(LOOK_EVERY)
        logger.warning("the data directory no longer names this engine; it ends")
        ending.set()

    async with anyio.create_task_group() as group:
        group.start_soon(announce)
        try:
            yield group
        finally:
            remove_address(data_dir, address)
            group.cancel_scope.cancel()


async def _end_when_idle(activity: Activity, ending: anyio.Event, *, after: float) -> None:
    while activity.idle_for() < after:  # noqa: ASYNC110  # nothing happens when nothing happens
        await anyio.sleep(min(LOOK_EVERY, after))
    ending.set()


def engine_routes(store: LocalBackend, address: Address, ending: anyio.Event) -> list[Route]:
    """Give the routes by which whoever may act for any user looks at the engine and ends it."""

    async def stop(request: Request) -> Response:
        if not _is_owner(request):
            return _refused()
        ending.set()
        return JSONResponse({"code": 0, "message": "ok", "data": {"success": True}})

    async def status(request: Request) -> Response:
        if not _is_owner(request):
            return _refused()
        found = await store.status()
        known = EngineStatus(
            **found.model_dump(), version=address.version, pid=address.pid, memory_bytes=Process().memory_info().rss
        )
        return JSONResponse({"code": 0, "message": "ok", "data": known.model_dump()})

    prefix = "/api/openmem/v1/"
    return [Route(prefix + STOP, stop, methods=["POST"]), Route(prefix + STATUS, status, methods=["POST"])]


def _is_owner(request: Request) -> bool:
    user: object = request.scope.get("user")
    return not isinstance(user, AuthenticatedUser) or user.access_token.subject is None


def _refused() -> Response:
    return JSONResponse({"code": 40306, "message": "This token may not do that.", "data": None}, status_code=403)


def _tell_who_waits(data_dir: Path, sentence: str) -> None:
    try:
        (data_dir / FAILURE_FILE).write_text(sentence, encoding="utf-8")
    except OSError:
        logger.warning("the failure could not be written down")
