"""Long-term memory for any MCP host."""

from typing import Final

__version__: Final = "0.1.0"
