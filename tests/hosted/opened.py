"""The hosted backend in front of the fake servers, with no time lost between attempts."""

from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import anyio

from memos_mcp.backends.hosted import HostedBackend, Retry, open_hosted
from memos_mcp.backends.hosted.outbox import Outbox
from memos_mcp.core.models import AddMessage, Message
from tests.fakes.cloud import BASE_URL, KEY, FakeCloud
from tests.fakes.product_server import BASE_URL as PRODUCT_URL
from tests.fakes.product_server import FakeProductServer

AT_ONCE = Retry(attempts=3, first=0, longest=0, jitter=0)
NOW = 1_762_675_200_000
"""2025-11-09 08:00:00"""


@asynccontextmanager
async def hosted(
    cloud: FakeCloud, *, data_dir: Path | None = None, api_key: str = KEY, base_url: str = BASE_URL
) -> AsyncGenerator[HostedBackend]:
    opening: AbstractAsyncContextManager[HostedBackend] = open_hosted(
        base_url, api_key, data_dir=data_dir, transport=cloud.transport(), retry=AT_ONCE, clock=lambda: NOW
    )
    async with opening as backend:
        yield backend


@asynccontextmanager
async def product(server: FakeProductServer, *, data_dir: Path) -> AsyncGenerator[HostedBackend]:
    opening = open_hosted(
        PRODUCT_URL,
        "",
        data_dir=data_dir,
        transport=server.transport(),
        retry=AT_ONCE,
        clock=lambda: NOW,
        dialect="product",
    )
    async with opening as backend:
        yield backend


async def until_empty(folder: Path) -> None:
    """Wait until nothing is left to deliver: another task, or process, is at it."""
    with anyio.fail_after(60):
        while Outbox(folder, account="").waiting().waiting:
            await anyio.sleep(0.01)


def add(*contents: str, conversation_id: str = "c") -> AddMessage:
    messages = tuple(Message(role="user", content=content) for content in contents)
    return AddMessage(messages=messages, conversation_id=conversation_id)
