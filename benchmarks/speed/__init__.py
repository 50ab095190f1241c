"""What starting, serving, storing and importing cost in time, memory and disk."""
