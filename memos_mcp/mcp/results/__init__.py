"""What tools and resources answer: the text for a model, and `structuredContent` for a program."""
