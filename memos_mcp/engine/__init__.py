"""One engine a data directory: it holds the store and the MCP sessions of all hosts."""
