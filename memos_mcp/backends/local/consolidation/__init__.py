"""What becomes of a drafted memory: it is new, repeats one that is known, or updates one.

To read: `statements` takes a memory apart into what it says, as words (`normalisation`), as claims of known forms
(`claims`, by the `grammar` of each language) and as values given anew (`changes`). To judge: `supersession` compares
two memories, `corrections` what a user says outright to be wrong. To act: `deduplication` stores, strengthens and
archives; `learning` has it do so for each add, `agent_memories` for what the agent wrote, `feedback` for a correction;
`undo` takes the last change back.
"""

from memos_mcp.backends.local.consolidation.deduplication import Consolidation
from memos_mcp.backends.local.consolidation.feedback import Feedback, FeedbackOutcome
from memos_mcp.backends.local.consolidation.statements import keys, keys_version
from memos_mcp.backends.local.consolidation.undo import Undo

__all__ = ["Consolidation", "Feedback", "FeedbackOutcome", "Undo", "keys", "keys_version"]
