"""What a call of a backend has changed, as the resources that a client may watch."""

from dataclasses import dataclass

from memos_mcp.backends.lazy import Call
from memos_mcp.core.api_models import MemoryDetail
from memos_mcp.core.models import AddReceipt, DeleteMemory, DeleteReceipt, FeedbackReceipt, UpdateMemory, UpdateReceipt
from memos_mcp.mcp import uris


@dataclass(frozen=True, slots=True)
class Changes:
    """The resources whose contents are others now; `conversation_id` is the one that messages were added to.

    `task_id` is that of work that goes on, after which the profile changes again.
    """

    uris: tuple[str, ...] = ()
    conversation_id: str = ""
    task_id: str = ""


def changes_of(call: Call) -> Changes:
    """Return what a call has changed; nothing where it read or failed."""
    asked = call.positional[0] if call.positional else None
    match call.result:
        case AddReceipt() as added:
            told = (uris.conversation(added.conversation_id), uris.CONVERSATIONS, uris.PROFILE)
            return Changes(told, added.conversation_id, added.task_id if added.status == "running" else "")
        case DeleteReceipt() as gone if isinstance(asked, DeleteMemory) and not asked.dry_run:
            conversations = map(uris.conversation, asked.conversation_ids)
            listed = (uris.CONVERSATIONS,) if gone.deleted_messages else ()
            return Changes((*map(uris.memory, gone.deleted), *conversations, *listed, uris.PROFILE))
        case FeedbackReceipt() as corrected:
            told = (*map(uris.memory, (*corrected.archived, *corrected.added)), uris.PROFILE)
            return Changes(told, task_id=corrected.task_id if corrected.status == "running" else "")
        case UpdateReceipt() if isinstance(asked, UpdateMemory):
            return Changes((uris.memory(asked.memory_id), uris.PROFILE))
        case MemoryDetail() as changed if call.method.startswith("curating."):
            return Changes((uris.memory(changed.memory.memory_id), uris.PROFILE))
        case _:
            return Changes()
