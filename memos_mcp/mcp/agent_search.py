"""What a search tells an agent, also for whoever wants to see what it would read."""

from memos_mcp.backends.base import MemoryBackend
from memos_mcp.core.api_models import SearchQuery
from memos_mcp.core.models import SearchMemory
from memos_mcp.rendering import tool_text
from memos_mcp.rendering.size_limits import shortened

MEMORIES, MESSAGES = 6, 9
"""What an agent gets unless it asks for more or less."""

PREFERENCES = 5
"""The most preferences in an answer: more of them are seldom to the point."""


async def text_for_agents(backend: MemoryBackend, query: SearchQuery, user_id: str) -> str:
    """Return the text that an agent would read of a search."""
    request = SearchMemory(
        query=query.query,
        filter=query.condition(),
        memory_limit_number=MEMORIES,
        preference_limit_number=PREFERENCES,
        message_limit_number=MESSAGES,
        relativity=0,
    )
    found = shortened(await backend.search_memory(request, user_id=user_id), query.query)
    return tool_text.search_text(found, request, notice=tool_text.search_notice(found))
