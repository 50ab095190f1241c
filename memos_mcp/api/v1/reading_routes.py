"""The routes that read: status, home, memories, conversations, search."""

from collections.abc import Awaitable
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

    def status(call: Call) -> Awaitable[Status]:
        """How the engine and the user's memory are."""
        return _status(browsing, surroundings, call.user_id)

    def home(call: Call) -> Awaitable[Home]:
        """What is known of the user at a glance."""
        return browsing.home(user_id=call.user_id)

    async def memories(call: Call) -> MemoryList:
        """A page of memories."""
        return await browsing.memories(call.query(MemoriesQuery), user_id=call.user_id)

    def memory(call: Call) -> Awaitable[MemoryDetail]:
        """One memory and its history."""
        return browsing.memory(call.path["memory_id"], user_id=call.user_id)

    async def conversations(call: Call) -> ConversationList:
        """A page of conversations, the last used first."""
        return await browsing.conversations(call.query(ConversationsQuery), user_id=call.user_id)

    async def messages(call: Call) -> MessageList:
        """A part of a conversation, oldest first."""
        query = call.query(MessagesQuery)
        return await browsing.messages(call.path["conversation_id"], query, user_id=call.user_id)

    async def search(call: Call) -> SearchHits:
        """What a search finds, and why."""
        query = call.query(SearchQuery)
        found = await browsing.search(query, user_id=call.user_id)
        return found.model_copy(update={"text": await surroundings.text(query, call.user_id)})

    conversation = "/conversations/{conversation_id:path}/messages"
    return [
        Operation("GET", "/status", status, Status),
        Operation("GET", "/home", home, Home),
        Operation("GET", "/memories", memories, MemoryList, query=MemoriesQuery),
        Operation("GET", "/memories/{memory_id}", memory, MemoryDetail),
        Operation("GET", "/conversations", conversations, ConversationList, query=ConversationsQuery),
        Operation("GET", conversation, messages, MessageList, query=MessagesQuery),
        Operation("GET", "/search", search, SearchHits, query=SearchQuery),
    ]


async def _status(browsing: "Browsing", surroundings: Context, user_id: str) -> Status:
    try:
        store = await browsing.store_status()
        counts = await browsing.counts(user_id=user_id)
    except MemosError as exc:  # where the store cannot be read, that is how it is
        return Status(version=__version__, user_id=user_id, health=Health(ok=False, text=str(exc)))
    return Status(
        version=__version__,
        user_id=user_id,
        health=_health(store),
        counts=counts,
        waiting=Waiting(
            vectors=store.waiting_for_vectors,
            memories=store.waiting_for_memories,
            failed=store.failed_for_memories,
        ),
        clients=surroundings.clients(user_id),
    )


def _health(store: StoreStatus) -> Health:
    if store.failed_for_memories:
        text = f"The chat model failed for {store.failed_for_memories} add(s), which are tried again."
        return Health(ok=False, text=text)
    waiting = store.waiting_for_memories + store.waiting_for_vectors
    return Health(ok=True, text=WELL if not waiting else f"{waiting} text(s) are still being taken in.")
