"""`memos-mcp search`: what a host's agent would find, in the terminal."""

import os
import sys
from typing import Any

from mcp import Client, StdioServerParameters
from mcp.types import TextContent
from rich.console import Console

from memos_mcp.cli.printing import say
from memos_mcp.core.errors import InvalidRequest
from memos_mcp.rendering.instructions import DATA_NOT_INSTRUCTIONS

NOTHING = "Nothing stored bears on this."


async def search(query: str) -> tuple[list[str], dict[str, Any]]:
    """Ask the server as a host does; give the lines of its answer to an agent, and its structured content.

    Raises:
        InvalidRequest: the server refused the search, or could not open the store.
    """
    command = StdioServerParameters(command=sys.executable, args=["-m", "memos_mcp"], env=dict(os.environ))
    async with Client(command) as client:
        found = await client.call_tool("search_memory", {"query": query})
    text = "\n".join(content.text for content in found.content if isinstance(content, TextContent))
    if found.is_error:
        raise InvalidRequest(text)
    return text.split("\n"), found.structured_content or {}


def show(lines: list[str], structured: dict[str, Any], console: Console) -> None:
    """Print the finds, without what only an agent needs to be told, and without those that bear on nothing."""
    notice, *finds = lines
    note = structured.get("preference_note", "")
    shown: list[str] = []
    bears = False
    for line in finds:
        if not line.startswith("  "):  # what goes on from the line before
            bears = "·0.00 " not in line.partition(": ")[0] and line != note
        shown += [line] if bears else []
    if told := notice.replace(DATA_NOT_INSTRUCTIONS, "").strip() if shown else NOTHING:
        say(console, told)
    for line in shown:
        say(console, line)
