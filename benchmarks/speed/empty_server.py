"""The least that the MCP SDK can be: one tool that answers at once. What starting costs is held against it."""

from mcp.server import MCPServer

server = MCPServer("empty")


@server.tool()
async def search_memory(query: str) -> str:
    """Answer that nothing is known."""
    return f"Nothing is known of {query}."


if __name__ == "__main__":
    server.run("stdio")
