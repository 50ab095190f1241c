"""The MCP edge: tools, resources and prompts. The only place that imports mcp."""
