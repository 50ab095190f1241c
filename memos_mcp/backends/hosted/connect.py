"""Opening the hosted backend."""

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

import httpx

from memos_mcp import __version__
from memos_mcp.backends.hosted.backend import HostedBackend
from memos_mcp.backends.hosted.delivery import Delivery
from memos_mcp.backends.hosted.http_client import HttpClient, Retry
from memos_mcp.backends.hosted.outbox import Outbox, account_of
from memos_mcp.backends.hosted.product import SUCCESS
from memos_mcp.backends.hosted.product_server import ProductServer
from memos_mcp.backends.hosted.sent_messages import SentMessages
from memos_mcp.core.errors import ConfigurationError

Dialect = Literal["cloud", "product"]
"""The contract of MemOS Cloud, which an engine speaks too, or that of MemOS's own server."""

TIMEOUT = httpx.Timeout(30, connect=5)
"""Seconds to connect, and to wait for each next byte: the model must hear from us before its host gives up on us."""

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


@asynccontextmanager
async def open_hosted(
    base_url: str,
    api_key: str,
    *,
    data_dir: Path | None,
    transport: httpx.AsyncBaseTransport | None = None,
    timeouts: httpx.Timeout = TIMEOUT,
    retry: Retry | None = None,
    is_engine: bool | None = None,
    dialect: Dialect = "cloud",
    clock: Callable[[], int] = lambda: int(time.time() * 1000),
) -> AsyncGenerator[HostedBackend]:
    """Open the memory at an address.

    With a `data_dir`, adds that cannot be delivered are kept there and delivered while this is open; without, they
    fail. `transport` may be a Unix socket's. `is_engine` says what the server is, where that is known. In the dialect
    `product`, of MemOS's own server, messages are kept in the `data_dir` too.

    Raises:
        ConfigurationError: the address or the key cannot be used.
    """
    client = connect(base_url, api_key, transport=transport, timeouts=timeouts)
    async with client:
        retry = retry or Retry()
        service = HttpClient(client, retry=retry, is_engine=is_engine, success=SUCCESS if dialect == "product" else 0)
        if data_dir is None:
            yield HostedBackend(service)
            return
        account = account_of(base_url, api_key)
        if dialect == "product":
            service = ProductServer(client, SentMessages(data_dir, account=account), retry=retry, clock=clock)
        delivery = Delivery(service, Outbox(data_dir, account=account), clock=clock)
        delivering = asyncio.create_task(delivery.run())
        try:
            yield HostedBackend(service, delivery=delivery)
        finally:
            delivering.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await delivering


def connect(
    base_url: str,
    api_key: str,
    *,
    transport: httpx.AsyncBaseTransport | None = None,
    timeouts: httpx.Timeout = TIMEOUT,
) -> httpx.AsyncClient:
    """Make the client of an address, which need not answer yet.

    Raises:
        ConfigurationError: the address or the key cannot be used.
    """
    address = urlsplit(base_url)
    if address.scheme not in {"http", "https"} or not address.hostname:
        raise ConfigurationError(
            "MEMOS_BASE_URL is no address of a service: write it as https://HOST/api/openmem/v1, then start again."
        )
    if address.query or address.fragment or address.username or address.password:
        raise ConfigurationError(
            "MEMOS_BASE_URL may hold no user, query or fragment: keys belong into MEMOS_API_KEY. Then start again."
        )
    if not api_key.isascii() or not api_key.isprintable() or api_key != api_key.strip():
        raise ConfigurationError("MEMOS_API_KEY holds a character that no key has: copy it anew, then start again.")
    headers = {"user-agent": f"memos-mcp/{__version__}"} | ({"authorization": f"Token {api_key}"} if api_key else {})
    return httpx.AsyncClient(
        base_url=base_url.rstrip("/"),
        headers=headers,
        transport=transport,
        timeout=timeouts,
        follow_redirects=False,
        trust_env=address.hostname not in LOOPBACK,  # a proxy has no way to this machine
    )
