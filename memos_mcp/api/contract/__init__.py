"""The MemOS REST contract: request bodies, routes, responses and their description."""
