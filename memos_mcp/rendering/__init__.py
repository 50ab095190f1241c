"""What is shown of memories to a model: ordered evidence, excerpts, instructions, text and structure."""
