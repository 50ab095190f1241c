"""Run by the interpreter of an environment with `mcp<2`: what its client sees, as one line of JSON."""
# Types are those of another major version, in another environment.
# pyright: reportAttributeAccessIssue=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportArgumentType=false

import asyncio
import json
import sys
from datetime import timedelta

from mcp import ClientSession, StdioServerParameters, types
from mcp.client.stdio import stdio_client


async def main(command: list[str]) -> None:
    asked: list[str] = []

    async def yes(context: object, params: types.ElicitRequestParams) -> types.ElicitResult:
        asked.append(params.message)
        return types.ElicitResult(action="accept", content={"delete": True})

    server = StdioServerParameters(command=command[0], args=command[1:])
    async with (
        stdio_client(server) as (read, write),
        ClientSession(read, write, elicitation_callback=yes, read_timeout_seconds=timedelta(seconds=20)) as session,
    ):
        started = await session.initialize()
        tools = await session.list_tools()
        added = await session.call_tool("add_message", {"messages": [{"role": "user", "content": "I live in Rome"}]})
        found = await session.call_tool("search_memory", {"query": "where do I live"})
        read_back = await session.call_tool("get_message", {})
        deleted = await session.call_tool("delete_memory", {"memory_ids": ["p2"]})
        refused = await session.call_tool("search_memory", {"quary": "x"})
        profile = await session.read_resource("memos://profile")
        prompt = await session.get_prompt("review")
    seen = {
        "protocol": started.protocolVersion,
        "tools": [tool.name for tool in tools.tools],
        "added": added.structuredContent,
        "found": found.structuredContent,
        "read": read_back.structuredContent,
        "deleted": deleted.structuredContent,
        "asked": asked,
        "refused": [refused.isError, refused.content[0].text],
        "profile": profile.contents[0].text,
        "prompt": prompt.messages[0].content.text,
    }
    print(json.dumps(seen))  # noqa: T201


asyncio.run(main(sys.argv[1:]))
