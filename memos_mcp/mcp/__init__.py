"""The MCP server: tools, resources, prompts and sessions. Only this package and `engine` import mcp."""
