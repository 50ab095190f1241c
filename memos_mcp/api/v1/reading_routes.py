"""The routes that read: status, home, memories, conversations, search."""

from typing import TYPE_CHECKING

from memos_mcp import __version__
from memos_mcp.api.v1.context import Context
from memos_mcp.api.v1.operation import Call, Operation
from memos_mcp.core.api_models import (
    ConversationList,
    ConversationsQuery,
    Health,
    Home,
    MemoriesQuery,
    MemoryDetail,
    MemoryList,
    MessageList,
    MessagesQuery,
    SearchHits,
    SearchQuery,
    Status,
    Waiting,
)
from memos_mcp.core.errors import MemosError
from memos_mcp.core.models import StoreStatus

if TYPE_CHECKING:
    from memos_mcp.backends.local.browsing import Browsing

WELL = "Everything is well."


def reading_operations(browsing: "Browsing", surroundings: Context) -> list[Operation]:
    """Return the routes over what a backend lets people look at."""

    async def status(call: Call) -> Status:
        """Look at the store; where it cannot be read, that is what is said."""
        try:
            store = await browsing.store_status()
            counts = await browsing.counts(user_id=call.user_id)
        except MemosError as exc:
            return Status(version=__version__, user_id=call.user_id, health=Health(ok=False, text=str(exc)))
        return Status(
            version=__version__,
            user_id=call.user_id,
            health=_health(store),
            counts=counts,
            waiting=Waiting(
                vectors=store.waiting_for_vectors,
                memories=store.waiting_for_memories,
                failed=store.failed_for_memories,
            ),
            clients=surroundings.clients(call.user_id),
        )

    async def memories(call: Call) -> MemoryList:
        return await browsing.memories(call.query(MemoriesQuery), user_id=call.user_id)

    async def conversations(call: Call) -> ConversationList:
        return await browsing.conversations(call.query(ConversationsQuery), user_id=call.user_id)

    async def messages(call: Call) -> MessageList:
        query = call.query(MessagesQuery)
        return await browsing.messages(call.path["conversation_id"], query, user_id=call.user_id)

    async def search(call: Call) -> SearchHits:
        """Search as an agent does, with reasons."""
        query = call.query(SearchQuery)
        found = await browsing.search(query, user_id=call.user_id)
        text = await surroundings.text_for_agents(query, call.user_id)
        return found.model_copy(update={"text": text})

    return [
        Operation("GET", "/status", status, "How the engine and the user's memory are", Status),
        Operation(
            "GET",
            "/home",
            lambda call: browsing.home(user_id=call.user_id),
            "What is known of the user at a glance",
            Home,
        ),
        Operation("GET", "/memories", memories, "A page of memories", MemoryList, query=MemoriesQuery),
        Operation(
            "GET",
            "/memories/{memory_id}",
            lambda call: browsing.memory(call.path["memory_id"], user_id=call.user_id),
            "One memory and its history",
            MemoryDetail,
        ),
        Operation(
            "GET",
            "/conversations",
            conversations,
            "A page of conversations, the last used first",
            ConversationList,
            query=ConversationsQuery,
        ),
        Operation(
            "GET",
            "/conversations/{conversation_id:path}/messages",
            messages,
            "A part of a conversation, oldest first",
            MessageList,
            query=MessagesQuery,
        ),
        Operation("GET", "/search", search, "What a search finds, and why", SearchHits, query=SearchQuery),
    ]


def _health(store: StoreStatus) -> Health:
    if store.failed_for_memories:
        text = f"The chat model failed for {store.failed_for_memories} add(s), which are tried again."
        return Health(ok=False, text=text)
    waiting = store.waiting_for_memories + store.waiting_for_vectors
    return Health(ok=True, text=WELL if not waiting else f"{waiting} text(s) are still being taken in.")
