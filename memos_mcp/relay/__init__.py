"""What a host starts: a process of the standard library alone that passes lines between the host and the engine."""
