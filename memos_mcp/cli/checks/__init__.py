"""What `memos-mcp doctor` looks at, one module each."""
