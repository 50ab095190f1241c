"""The routes that read: status, home, memories, conversations, search."""

from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class Reading:
    """The routes over what a backend lets people look at."""

    browsing: "Browsing"
    surroundings: Context

    def operations(self) -> list[Operation]:
        """Return the routes."""
        conversation = "/conversations/{conversation_id:path}/messages"
        return [
            Operation("GET", "/status", self.status, Status),
            Operation("GET", "/home", self.home, Home),
            Operation("GET", "/memories", self.memories, MemoryList, query=MemoriesQuery),
            Operation("GET", "/memories/{memory_id}", self.memory, MemoryDetail),
            Operation("GET", "/conversations", self.conversations, ConversationList, query=ConversationsQuery),
            Operation("GET", conversation, self.messages, MessageList, query=MessagesQuery),
            Operation("GET", "/search", self.search, SearchHits, query=SearchQuery),
        ]

    async def status(self, call: Call) -> Status:
        """How the engine and the user's memory are."""
        try:
            store = await self.browsing.store_status()
            counts = await self.browsing.counts(user_id=call.user_id)
        except MemosError as exc:  # where the store cannot be read, that is how it is
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
            clients=self.surroundings.clients(call.user_id),
        )

    async def home(self, call: Call) -> Home:
        """What is known of the user at a glance."""
        return await self.browsing.home(user_id=call.user_id)

    async def memories(self, call: Call) -> MemoryList:
        """A page of memories."""
        return await self.browsing.memories(call.query(MemoriesQuery), user_id=call.user_id)

    async def memory(self, call: Call) -> MemoryDetail:
        """One memory and its history."""
        return await self.browsing.memory(call.path["memory_id"], user_id=call.user_id)

    async def conversations(self, call: Call) -> ConversationList:
        """A page of conversations, the last used first."""
        return await self.browsing.conversations(call.query(ConversationsQuery), user_id=call.user_id)

    async def messages(self, call: Call) -> MessageList:
        """A part of a conversation, oldest first."""
        query = call.query(MessagesQuery)
        return await self.browsing.messages(call.path["conversation_id"], query, user_id=call.user_id)

    async def search(self, call: Call) -> SearchHits:
        """What a search finds, and why."""
        query = call.query(SearchQuery)
        found = await self.browsing.search(query, user_id=call.user_id)
        return found.model_copy(update={"text": await self.surroundings.text(query, call.user_id)})


def _health(store: StoreStatus) -> Health:
    if store.failed_for_memories:
        text = f"The chat model failed for {store.failed_for_memories} add(s), which are tried again."
        return Health(ok=False, text=text)
    waiting = store.waiting_for_memories + store.waiting_for_vectors
    return Health(ok=True, text=WELL if not waiting else f"{waiting} text(s) are still being taken in.")
