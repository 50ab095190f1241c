"""Writes down what a model is told of the tools: `python -m tests.mcp.snapshot`, after a review."""

import json
from pathlib import Path
from typing import Any

import anyio
from mcp.types import Tool

from tests.fakes.memory_backend import ListBackend
from tests.mcp.clients import connected

SNAPSHOT = Path(__file__).with_name("tools.json")


def described(tool: Tool) -> dict[str, Any]:
    return tool.model_dump(mode="json", by_alias=True, exclude_none=True)


async def _write() -> None:
    async with connected(ListBackend()) as client:
        told = [described(tool) for tool in (await client.list_tools()).tools]
    SNAPSHOT.write_text(json.dumps(told, indent=2, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    anyio.run(_write)
