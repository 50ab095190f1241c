"""What learns memories from messages."""
