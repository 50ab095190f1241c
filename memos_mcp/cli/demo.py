"""`memos-mcp demo`: the main job, end to end, in a scratch store, so that a newcomer sees it work."""

import os
import sys
import tempfile
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import anyio
from mcp import Client, StdioServerParameters
from rich.console import Console

CONVERSATION = (
    ("user", "I want to travel during the summer vacation, can you recommend something?"),
    ("assistant", "Sure! Are you traveling alone, with family or with friends?"),
    ("user", "I'm bringing my kid. My family always travels together."),
    ("assistant", "Got it, so you're traveling with your children as a family, right?"),
    ("user", "Yes, with both children and elderly, we usually travel as a whole family."),
    ("assistant", "Understood, I'll recommend destinations suitable for family trips."),
)
QUESTION = "Any suggestions for where to go during National Day?"
_PATIENCE = 60.0
"""Seconds for the memories of the conversation."""


async def show(console: Console) -> bool:
    """Store a conversation, restart, ask, and print what comes back; False when nothing did."""
    with tempfile.TemporaryDirectory(prefix="memos-mcp-demo-") as folder:
        console.print(
            f"[bold]1. A host starts memos-mcp[/bold] on an empty store ({folder}) and an agent stores this:",
            soft_wrap=True,
        )
        for role, content in CONVERSATION:
            console.print(f"   [cyan]{role:>9}[/cyan]  {content}", soft_wrap=True)
        async with _session(folder) as client:
            messages = [{"role": role, "content": content} for role, content in CONVERSATION]
            await client.call_tool("add_message", {"messages": messages, "conversation_id": "0610"})
        console.print("[bold]2. The server ends. Another one starts[/bold] on the same store, and an agent asks:")
        console.print(f"   [cyan]query[/cyan]  {QUESTION}")
        async with _session(folder) as client:
            await _learnt(client)
            found = await client.call_tool("search_memory", {"query": QUESTION})
            kept = await client.call_tool("get_message", {"conversation_id": "0610"})
    console.print("[bold]3. What comes back:[/bold]")
    for content in found.content:
        console.print(getattr(content, "text", ""), markup=False, highlight=False, soft_wrap=True)
    whole = _contents(kept.structured_content) == [content for _, content in CONVERSATION]
    console.print(f"   The six messages came back word for word: {'yes' if whole else 'NO'}.")
    return whole and _memories(found.structured_content) > 0


async def _learnt(client: Client) -> None:
    """Wait until there are memories: they are made in the background."""
    with anyio.move_on_after(_PATIENCE):
        while not await _memory_count(client):  # noqa: ASYNC110 - another process makes them
            await anyio.sleep(0.1)


async def _memory_count(client: Client) -> int:
    kept = await client.call_tool("get_memory", {})
    return kept.structured_content["total"] if kept.structured_content else 0


def _contents(structured: dict[str, Any] | None) -> list[str]:
    messages: list[dict[str, str]] = structured["message_detail_list"] if structured else []
    return [message["content"] for message in messages]


def _memories(structured: dict[str, Any] | None) -> int:
    return len(structured["memory_detail_list"]) if structured else 0


@asynccontextmanager
async def _session(folder: str) -> AsyncGenerator[Client]:
    environment = {
        **os.environ,
        "MEMOS_DATA_DIR": folder,
        "MEMOS_BACKEND": "local",
        "MEMOS_ENGINE": "embedded",
        "MEMOS_USER_ID": "demo",
    }
    parameters = StdioServerParameters(command=sys.executable, args=["-m", "memos_mcp"], env=environment)
    async with Client(parameters) as client:
        yield client
