"""What becomes of memories: repeated ones grow stronger, superseded ones step back, corrected ones are taken back."""

from memos_mcp.backends.local.consolidation.deduplication import Consolidation
from memos_mcp.backends.local.consolidation.feedback import Feedback, FeedbackOutcome
from memos_mcp.backends.local.consolidation.statements import KEYS_VERSION, keys
from memos_mcp.backends.local.consolidation.undo import Undo

__all__ = ["KEYS_VERSION", "Consolidation", "Feedback", "FeedbackOutcome", "Undo", "keys"]
