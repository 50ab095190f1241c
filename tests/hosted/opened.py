"""The hosted backend in front of the fake cloud, with no time lost between attempts."""

from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

from memos_mcp.backends.hosted import HostedBackend, Retry, open_hosted
from memos_mcp.models import AddMessage, Message
from tests.fakes.cloud import BASE_URL, KEY, FakeCloud

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


def add(*contents: str, conversation_id: str = "c") -> AddMessage:
    messages = tuple(Message(role="user", content=content) for content in contents)
    return AddMessage(messages=messages, conversation_id=conversation_id)
