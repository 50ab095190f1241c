"""The seam between the server and what keeps the memory."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

from memos_mcp.core.api_models import (
    ConversationList,
    ConversationsQuery,
    Counts,
    Home,
    MemoriesQuery,
    MemoryDetail,
    MemoryList,
    MemoryPatch,
    MessageList,
    MessagesQuery,
    SearchHits,
    SearchQuery,
    Shown,
)
from memos_mcp.core.models import (
    AddFeedback,
    AddMessage,
    AddReceipt,
    ConversationPage,
    DeleteMemory,
    DeleteReceipt,
    FeedbackReceipt,
    GetConversation,
    GetMemory,
    GetMessage,
    MemoryPage,
    MessagePage,
    SearchMemory,
    SearchResult,
    StoreStatus,
    Task,
    UpdateMemory,
    UpdateReceipt,
)

if TYPE_CHECKING:
    from memos_mcp.backends.local.ledger.database_interface import Database
    from memos_mcp.backends.local.ledger.ledger import Ledger

T = TypeVar("T")


class Browsing(Protocol):
    """What a store on this machine lets people look at, page by page; a hosted service has no such thing.

    Every method sees the given user's data alone, and raises a `MemosError` or nothing else.
    """

    async def counts(self, *, user_id: str) -> Counts:
        """Count what is kept of a user."""
        ...

    async def store_status(self) -> StoreStatus:
        """Say how much is kept of all users, and what waits."""
        ...

    async def home(self, *, user_id: str) -> Home:
        """Return what is known at a glance."""
        ...

    async def memories(self, query: MemoriesQuery, *, user_id: str) -> MemoryList:
        """Return a page of memories."""
        ...

    async def memory(self, memory_id: str, *, user_id: str) -> MemoryDetail:
        """Return one memory with its messages, its history and what it replaced."""
        ...

    async def conversations(self, query: ConversationsQuery, *, user_id: str) -> ConversationList:
        """Return a page of conversations, the last used first."""
        ...

    async def messages(self, conversation_id: str, query: MessagesQuery, *, user_id: str) -> MessageList:
        """Return a part of a conversation, oldest first."""
        ...

    async def search(self, query: SearchQuery, *, user_id: str) -> SearchHits:
        """Search, and say of each hit why it was found; best first, memories and messages together."""
        ...

    async def shown(self, memory_ids: Sequence[str], message_ids: Sequence[str], *, user_id: str) -> Shown:
        """Return memories and messages by their ids, as far as there are any."""
        ...

    async def mentions(self, text: str, *, user_id: str) -> int:
        """Count what speaks of a word or a person."""
        ...


class Curating(Protocol):
    """How a store on this machine lets people set a memory right by hand; a hosted service has no such thing.

    Each method gives the memory as it is then. `NotFound` for one that there is not, `InvalidRequest` where there is
    nothing to change; nothing was changed then.
    """

    async def patch(self, memory_id: str, patch: MemoryPatch, *, user_id: str) -> MemoryDetail:
        """Give a memory other words, another title or other tags."""
        ...

    async def archive(self, memory_id: str, *, user_id: str) -> MemoryDetail:
        """Take a memory out of force."""
        ...

    async def restore(self, memory_id: str, *, user_id: str) -> MemoryDetail:
        """Put a memory back into force."""
        ...

    async def undo(self, memory_id: str, *, user_id: str) -> MemoryDetail:
        """Take back the last change of a memory."""
        ...


class Transferring(Protocol):
    """How a store on this machine lends its ledger to what moves all of it; a hosted service has no such thing."""

    async def read(self, call: "Callable[[Database], T]", *, user_id: str = "") -> T:
        """Call with the ledger as others write to it, to read what is a user's (empty: anybody's)."""
        ...

    async def copy_to(self, file: Path) -> None:
        """Write a copy of the ledger's file.

        Raises:
            InvalidRequest: the ledger is no file.
        """
        ...

    async def write(self, call: "Callable[[Ledger, bool], T]") -> T:
        """Call with the ledger, and whether secrets are to be left out."""
        ...


class MemoryBackend(Protocol):
    """Keeps what was said and finds it again; one method an endpoint of MemOS, of the same name.

    Every method sees the given user's data alone and raises a `MemosError` or nothing else. When `add_message`
    returns, its messages are safe: they survive a crash, `get_message` gives them word for word in the order
    they were added, and the next `search_memory` finds them. What is derived (vectors, memories) follows in the
    order of the adds. Lists are in the order that their model says. Unknown ids raise `NotFound`, where a filter that
    nothing meets is an empty list; a request that makes no sense raises `InvalidRequest` and stores nothing. Cancelling
    a call leaves it done or undone, never half done. A backend that cannot do what a method is for, as a service
    without that endpoint, raises `InvalidRequest` and says what to do in its place.
    """

    async def add_message(self, request: AddMessage, *, user_id: str) -> AddReceipt:
        """Store messages at the end of a conversation, which begins with its first message."""
        ...

    async def search_memory(self, request: SearchMemory, *, user_id: str) -> SearchResult:
        """Find the memories, preferences and messages that bear on a query."""
        ...

    async def get_message(self, request: GetMessage, *, user_id: str) -> MessagePage:
        """Return a page of a conversation; `NotFound` for one without messages, or without the one that is named."""
        ...

    async def get_memory(self, request: GetMemory, *, user_id: str) -> MemoryPage:
        """Return a page of what is known of the user, newest first."""
        ...

    async def get_conversation(self, request: GetConversation, *, user_id: str) -> ConversationPage:
        """Return a page of the user's conversations, the most recently used first."""
        ...

    async def delete_memory(self, request: DeleteMemory, *, user_id: str) -> DeleteReceipt:
        """Remove memories for good, all of those named or, where one is unknown (`NotFound`), none."""
        ...

    async def update_memory(self, request: UpdateMemory, *, user_id: str) -> UpdateReceipt:
        """Rewrite a memory or its title; `InvalidRequest` where neither is given."""
        ...

    async def add_feedback(self, request: AddFeedback, *, user_id: str) -> FeedbackReceipt:
        """Correct what is known, in plain words."""
        ...

    async def get_status(self, task_id: str, *, user_id: str) -> Task:
        """Say how far the work that an add left behind has come."""
        ...
