"""The least that the MCP SDK can be: one tool that answers at once. What starting costs is held against it."""

import sys

if __name__ == "__main__":  # run by its path, its folder would hide the standard library's http
    sys.path.pop(0)

from mcp.server import MCPServer

server = MCPServer("empty")


@server.tool()
async def search_memory(query: str) -> str:
    """Answer that nothing is known."""
    return f"Nothing is known of {query}."


if __name__ == "__main__":
    server.run("stdio")
