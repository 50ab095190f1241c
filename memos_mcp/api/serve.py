"""Running the engine's app: where it listens, and how it ends."""

import asyncio
import contextlib
import ipaddress
import logging
import signal
import socket
import sys
from collections.abc import Collection, Generator
from types import FrameType
from typing import Final
from urllib.parse import urlsplit

import anyio
import uvicorn
from starlette.types import ASGIApp

from memos_mcp.api.guard.guard import LOOPBACK_NAMES, Hosts, is_address
from memos_mcp.api.guard.slow_requests import PATIENCE, impatient
from memos_mcp.api.guard.tokens import Tokens
from memos_mcp.core.errors import ConfigurationError

logger = logging.getLogger(__name__)

GRACE: Final = 2
"""Seconds for open calls and streams when the server ends; then their connections are closed."""

GRACE_OF_CUT_CALLS: Final = 5
"""Seconds for what was running over those connections; then it is cancelled."""

KEEP_ALIVE: Final = 65
"""Seconds for which an idle connection is kept: longer than clients do, so that none is cut while it sends."""

ENDING_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach an address or name."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def check_binding(host: str, *, tokens: Tokens, signs_in: bool = False) -> None:
    """Refuse to be open to others without tokens, unless there is a sign-in.

    Raises:
        ConfigurationError: everyone who can reach the address could read and write every memory.
    """
    if not (tokens or signs_in or is_loopback(host)):
        raise ConfigurationError(
            f"Listening on {host} without tokens would open every memory to whoever can reach it. Make "
            "one for each user with `memos-mcp token add USER`, or listen on 127.0.0.1."
        )


def hosts_of(host: str, *, named: Collection[str] = ()) -> Hosts:
    """Say by which names a server that listens on `host` may be called; `named` are further ones, as behind a proxy.

    Raises:
        ConfigurationError: one is an address with its scheme or port, as no caller could be compared with.
    """
    for name in named:
        if "/" in name or (":" in name and not is_address(name)):
            raise ConfigurationError(
                f"{name[:200]} is no name: give it as memory.example.org, without https:// and port."
            )
    names = LOOPBACK_NAMES | {host.lower()} | {name.lower() for name in named}
    if is_loopback(host):
        return Hosts(names)
    return Hosts(names | {socket.gethostname().lower(), socket.getfqdn().lower()}, any_address=True)


def issuer_of(url: str) -> str:
    """Return the address by which a server with a sign-in is called, without a slash at its end.

    Raises:
        ConfigurationError: it is no such address; only https keeps a token from being read on its way.
    """
    try:
        parts = urlsplit(url)
        is_address = bool(parts.hostname) and not (parts.query or parts.fragment or parts.username)
    except ValueError:
        is_address, parts = False, urlsplit("")
    if not is_address or not (
        parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname or ""))
    ):
        raise ConfigurationError(
            f"{url[:200]} cannot be signed in at: give the address that callers use with --url, such as "
            "https://memory.example.org. Only on this machine may it begin with http."
        )
    if parts.path.strip("/"):
        raise ConfigurationError(f"{url[:200]} has a path: give --url as https://memory.example.org, with none.")
    return f"{parts.scheme}://{parts.netloc.lower()}"


def listen(host: str, port: int) -> socket.socket:
    """Take an address and port (0: a free one).

    Raises:
        ConfigurationError: it cannot be had.
    """
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        # Named as TCP, for asyncio sends at once only over what says that it is: 40 ms less a call.
        taken = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        try:
            if sys.platform != "win32":
                taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            taken.bind(address)
        except OSError:
            taken.close()
            raise
    except (OSError, OverflowError) as exc:
        raise ConfigurationError(
            f"{host}:{port} cannot be listened on ({_reason(exc)}): end what uses it, or choose another --port."
        ) from exc
    return taken


def _reason(exc: Exception) -> str:
    return (isinstance(exc, OSError) and exc.strerror) or str(exc)


def url_of(listener: socket.socket) -> str:
    """Return the address of a listener, without a path."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def callable_url(url: str) -> str:
    """Return the address at which this machine reaches a server that listens on all of its addresses."""
    return url.replace("://0.0.0.0:", "://127.0.0.1:").replace("://[::]:", "://[::1]:")


async def serve(
    app: ASGIApp,
    listener: socket.socket,
    *,
    started: anyio.Event | None = None,
    ending: anyio.Event | None = None,
    patience: float = PATIENCE,
) -> None:
    """Serve until SIGINT or SIGTERM, or until `ending` is set, then let open calls finish for a short while.

    Unlike uvicorn alone it returns after a signal, so that the caller closes the store. `started` is set as soon as
    calls are taken. A request whose head is not there `patience` seconds after its first byte is cut off.
    """
    config = uvicorn.Config(
        app,
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        ws="none",
        http=impatient(patience=patience),
        timeout_keep_alive=KEEP_ALIVE,
        timeout_graceful_shutdown=GRACE + GRACE_OF_CUT_CALLS,
    )
    server = _Server(config, started=started or anyio.Event(), ending=ending or anyio.Event())
    await server.serve(sockets=[listener])


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, *, started: anyio.Event, ending: anyio.Event) -> None:
        super().__init__(config)
        self._taking_calls = started
        self._ending = ending

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._taking_calls.set()

    async def on_tick(self, counter: int) -> bool:
        return self._ending.is_set() or await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Let open calls finish; a stream whose connection is closed ends by itself, one that is cancelled fails."""
        closing = asyncio.get_running_loop().call_later(GRACE, self._close_connections)
        try:
            await super().shutdown(sockets)
        finally:
            closing.cancel()

    def _close_connections(self) -> None:
        for connection in tuple(self.server_state.connections):
            connection.transport.close()

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        """Take a signal for the end of serving, and do not raise it again after that."""
        try:
            before = {number: signal.signal(number, self._end) for number in ENDING_SIGNALS}
        except ValueError:  # not the main thread: signals are somebody else's
            yield
            return
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _end(self, number: int, frame: FrameType | None) -> None:
        logger.info("Ending for %s", signal.Signals(number).name)
        self.handle_exit(number, frame)
