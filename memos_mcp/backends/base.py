"""The seam between the server and what keeps the memory."""

from typing import Protocol

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
    Task,
    UpdateMemory,
    UpdateReceipt,
)


class MemoryBackend(Protocol):
    """Keeps what was said and finds it again; a method for each endpoint of MemOS that needs a user's memory.

    The method of get/memory is `get_memory`, and so on.

    Every method sees the given user's data alone and raises a `MemosError` or nothing else. When `add_message`
    returns, its messages are safe: they survive a crash, `get_message` gives them word for word in the order
    they were added, and the next `search_memory` finds them. What is derived (vectors, memories) follows in the
    order of the adds. Lists are in the order that their model says. Unknown ids raise `NotFound` (of which the route
    of get/message makes an empty page); a filter that matches nothing gives an empty page, and fields that nothing has
    are named in `unknown_fields`. A request that makes no sense raises `InvalidRequest` and stores nothing. Cancelling
    a call leaves it done or undone, never half done.

    A hosted service may lack an endpoint. Then `HostedBackend` makes the answer from endpoints that it has
    (`hosted/cloud.py`), or raises `InvalidRequest` with what to do instead; it never answers as if there were nothing.
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
