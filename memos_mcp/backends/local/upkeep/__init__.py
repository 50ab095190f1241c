"""What becomes of memories: repeated ones grow stronger, superseded ones step back, corrected ones are taken back."""

from memos_mcp.backends.local.upkeep.correcting import Corrected, Correcting
from memos_mcp.backends.local.upkeep.keeping import Upkeep
from memos_mcp.backends.local.upkeep.statements import KEYS_VERSION, keys
from memos_mcp.backends.local.upkeep.undoing import Undo

__all__ = ["KEYS_VERSION", "Corrected", "Correcting", "Undo", "Upkeep", "keys"]
