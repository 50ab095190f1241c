"""A client of the server in either protocol era, over a list in place of a store."""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Any, Literal

from mcp import Client
from mcp.client.session import ElicitationFnT, MessageHandlerFnT
from mcp.types import CallToolResult, TextContent

from memos_mcp.backends.base import MemoryBackend
from memos_mcp.backends.lazy import Call, lending
from memos_mcp.mcp.app import build_server
from memos_mcp.mcp.notifications import Notifications

Era = Literal["legacy", "2026-07-28"]
ERAS: tuple[Era, Era] = ("legacy", "2026-07-28")
CONVERSATION = "0610"


@asynccontextmanager
async def connected(
    backend: MemoryBackend,
    *,
    era: Era = "2026-07-28",
    user_id: Callable[[], str] = lambda: "ann",
    conversation_id: str = CONVERSATION,
    elicitation_callback: ElicitationFnT | None = None,
    message_handler: MessageHandlerFnT | None = None,
) -> AsyncGenerator[Client]:
    notices = Notifications(user_id)

    async def observe(call: Call) -> None:
        await notices.of(call, whom=call.user_id, status=lender.task_state)

    @asynccontextmanager
    async def opened() -> AsyncGenerator[MemoryBackend]:
        yield backend

    async with lending(opened, observe=observe) as lender:
        server = build_server(lender, user_id=user_id, conversation_id=lambda: conversation_id, notices=notices)
        mode = "legacy" if era == "legacy" else "auto"
        client = Client(server, mode=mode, elicitation_callback=elicitation_callback, message_handler=message_handler)
        async with client:
            yield client


def text_of(result: CallToolResult) -> str:
    (block,) = result.content
    assert isinstance(block, TextContent)
    return block.text


def structured(result: CallToolResult) -> dict[str, Any]:
    assert not result.is_error, text_of(result)
    assert result.structured_content is not None
    return result.structured_content


async def refused(client: Client, tool: str, **arguments: object) -> str:
    """Call a tool that has to refuse, and give its one line."""
    result = await client.call_tool(tool, arguments)
    assert result.is_error
    assert result.structured_content is None
    line = text_of(result)
    assert "\n" not in line
    assert "pydantic" not in line
    assert "Error executing tool" not in line
    return line
