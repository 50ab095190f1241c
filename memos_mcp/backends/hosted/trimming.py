"""Keeping an answer within what was asked for, where the service cannot be told."""

from memos_mcp.core.models import SearchMemory, SearchResult
from memos_mcp.rendering.instructions import fit


def trimmed(found: SearchResult, request: SearchMemory) -> SearchResult:
    """Cut each list to its limit, and all together to the words that are wanted."""
    preferences = request.preference_limit_number if request.include_preference else 0
    liked = found.preference_detail_list[:preferences]
    within = found.model_copy(
        update={
            "memory_detail_list": found.memory_detail_list[: request.memory_limit_number],
            "preference_detail_list": liked,
            "message_detail_list": found.message_detail_list[: request.message_limit_number],
            "preference_note": found.preference_note if liked else "",
        }
    )
    return fit(within, request)
