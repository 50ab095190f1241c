"""Long-term memory for any MCP host, and as a library: `from memos_mcp import Memory`."""

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from memos_mcp.memory import AsyncMemory, Memory

__all__ = ["AsyncMemory", "Memory", "__version__"]
__version__: Final = "0.1.0"


def __getattr__(name: str) -> object:
    """Load the library at its first use: what a host starts needs none of it."""
    if name not in {"AsyncMemory", "Memory"}:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from memos_mcp import memory  # noqa: PLC0415

    return getattr(memory, name)
