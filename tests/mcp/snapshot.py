"""Writes down what a model is told of the tools, and says how many tokens that is: `python -m tests.mcp.snapshot`."""

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import anyio
from mcp.types import Tool

from memos_mcp.core.limits import CHARACTERS_A_TOKEN
from tests.fakes.memory_backend import ListBackend
from tests.mcp.clients import connected

SNAPSHOT = Path(__file__).with_name("tools.json")


def described(tool: Tool) -> dict[str, Any]:
    return tool.model_dump(mode="json", by_alias=True, exclude_none=True)


def tokens(tools: Iterable[Tool], *further: str) -> float:
    """Count the tokens of names, descriptions and input schemas, and of the fields that are named."""
    fields = ("name", "description", "inputSchema", *further)
    told = (json.dumps({field: described(tool)[field] for field in fields}) for tool in tools)
    return sum(map(len, told)) / CHARACTERS_A_TOKEN


async def _write() -> None:
    async with connected(ListBackend()) as client:
        tools = (await client.list_tools()).tools
    told = [described(tool) for tool in tools]
    SNAPSHOT.write_text(json.dumps(told, indent=2, ensure_ascii=False) + "\n")
    whole = tokens(tools, "outputSchema")
    sys.stdout.write(f"{tokens(tools):.0f} tokens (below 1,000), {whole:.0f} with output schemas (below 2,500)\n")


if __name__ == "__main__":
    anyio.run(_write)
