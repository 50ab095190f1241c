"""Stand-ins for what a test cannot have, or cannot wait for."""
