"""What the engine does for the hooks of hosts: recalling what bears on a session or a prompt, and keeping."""
