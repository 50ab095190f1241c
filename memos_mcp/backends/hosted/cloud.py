"""What the cloud has no endpoint for, made from the pages of its get/memory."""

from collections.abc import AsyncGenerator, Awaitable, Callable

from pydantic import JsonValue

from memos_mcp.core.errors import InvalidRequest, NotFound
from memos_mcp.core.memory_sources import of_source
from memos_mcp.core.models import (
    Conversation,
    ConversationPage,
    GetConversation,
    GetMemory,
    Memory,
    MemoryPage,
    Preference,
)

PAGE_SIZE = 50
"""The largest page that get/memory gives."""

MOST_PAGES = 200
"""Pages read at most: beyond 10,000 memories a look through all of them takes too long."""

ReadPage = Callable[[GetMemory], Awaitable[MemoryPage]]


async def by_ids(read: ReadPage, memory_ids: tuple[str, ...]) -> MemoryPage:
    """Return these memories of the user whom `read` reads.

    Raises:
        NotFound: one is not among them; another user's is not.
    """
    wanted = set(memory_ids)
    memories: list[Memory] = []
    preferences: list[Preference] = []
    async for page in _pages(read):
        memories += [memory for memory in page.memory_detail_list if memory.id in wanted]
        preferences += [preference for preference in page.preference_detail_list if preference.id in wanted]
        if len(memories) + len(preferences) >= len(wanted):
            break
    missing = wanted - {found.id for found in (*memories, *preferences)}
    if missing:
        raise NotFound(f"There is no memory {min(missing)}: look for its id with get_memory.", code=40307)
    return MemoryPage(
        memory_detail_list=tuple(memories),
        preference_detail_list=tuple(preferences),
        total=len(wanted),
        size=len(wanted),
    )


async def matching(read: ReadPage, filter: JsonValue) -> tuple[str, ...]:  # noqa: A002 - the name of MemOS's field
    """Return the ids of the user's memories that a filter matches.

    The cloud can delete by a filter too, but of all users at once.

    Raises:
        InvalidRequest: it has no condition for the user's own memories, and would match them all.
    """
    if not of_source(filter, "user"):
        raise InvalidRequest("filter has no condition for the user's memories; nothing was deleted.")
    pages = [page async for page in _pages(read, filter=filter)]
    return tuple(known.id for page in pages for known in (*page.memory_detail_list, *page.preference_detail_list))


async def conversations(read: ReadPage, request: GetConversation) -> ConversationPage:
    """List the conversations that memories speak of; how many messages each has, the cloud does not say (0)."""
    found: dict[str, Conversation] = {}
    async for page in _pages(read):
        for known in (*page.memory_detail_list, *page.preference_detail_list):
            if known.conversation_id.startswith(request.prefix) and known.conversation_id:
                found[known.conversation_id] = _widened(found.get(known.conversation_id), known)
    ordered = sorted(found.values(), key=lambda conversation: conversation.update_time, reverse=True)
    start = (request.page - 1) * request.size
    return ConversationPage(
        conversation_detail_list=tuple(ordered[start : start + request.size]),
        total=len(ordered),
        size=request.size,
        current=request.page,
        pages=max(1, -(-len(ordered) // request.size)),
    )


def _widened(conversation: Conversation | None, known: Memory | Preference) -> Conversation:
    first, last = known.create_time, max(known.create_time, known.update_time)
    if conversation is not None:
        first, last = min(first, conversation.create_time), max(last, conversation.update_time)
    return Conversation(conversation_id=known.conversation_id, total=0, create_time=first, update_time=last)


async def _pages(read: ReadPage, *, filter: JsonValue = None) -> AsyncGenerator[MemoryPage]:  # noqa: A002
    for number in range(1, MOST_PAGES + 1):
        page = await read(GetMemory(page=number, size=PAGE_SIZE, filter=filter))
        yield page
        shown = len(page.memory_detail_list) + len(page.preference_detail_list)
        if not shown or number >= page.pages:
            return
