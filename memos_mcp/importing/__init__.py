"""What other programs keep of conversations and memories, read as records of ours: a module a format."""
