"""What becomes of memories: repeated ones grow stronger, superseded ones step back, corrected ones are taken back."""

from memos_mcp.backends.local.upkeep.keeping import Upkeep

__all__ = ["Upkeep"]
