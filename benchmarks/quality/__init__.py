"""How good recall, memories, times and updates are."""
