"""An agent's memory over MCP, with the Python SDK: the same calls that a host makes.

python examples/mcp_client.py
"""

import os
import sys

import anyio
from mcp import Client, StdioServerParameters


async def main() -> None:
    server = StdioServerParameters(command=sys.executable, args=["-m", "memos_mcp"], env=dict(os.environ))
    async with Client(server) as memory:
        messages = [
            {"role": "user", "content": "I'm allergic to peanuts, and I love Thai food."},
            {"role": "assistant", "content": "Noted: Thai food without peanuts."},
        ]
        await memory.call_tool("add_message", {"messages": messages, "conversation_id": "example"})

        found = await memory.call_tool("search_memory", {"query": "What should I not cook for this user?"})
        for content in found.content:
            print(getattr(content, "text", ""))


if __name__ == "__main__":
    anyio.run(main)
