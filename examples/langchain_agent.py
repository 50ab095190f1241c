"""An agent of LangChain that remembers: it has the tools of memos-mcp and decides itself when to call them.

    pip install langchain langchain-openai langchain-mcp-adapters   # apart from memos-mcp: they need an older `mcp`
    python examples/langchain_agent.py "I moved to Lisbon in May." "Where do I live?"

The command `memos-mcp` must be on the path; the model is named by AGENT_MODEL, its key by OPENAI_API_KEY.
"""

import asyncio
import os
import sys

from langchain.agents import create_agent
from langchain_mcp_adapters.client import MultiServerMCPClient

INSTRUCTIONS = "Search your memory before you answer. Add what the user tells you of themselves."


async def main(*said: str) -> None:
    server = {"command": "memos-mcp", "args": [], "transport": "stdio", "env": dict(os.environ)}
    tools = await MultiServerMCPClient({"memory": server}).get_tools()
    agent = create_agent(os.environ.get("AGENT_MODEL", "openai:gpt-5-mini"), tools, system_prompt=INSTRUCTIONS)
    for content in said:
        answer = await agent.ainvoke({"messages": [{"role": "user", "content": content}]})
        print(answer["messages"][-1].text)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
