"""Models that turn a text into vectors."""
