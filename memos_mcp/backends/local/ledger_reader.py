"""What the reading endpoints of the MemOS contract answer from the ledger: numbered pages, in MemOS's models."""

from memos_mcp.backends.local.ledger.ledger import Ledger
from memos_mcp.backends.local.ledger.memories import memory_seq
from memos_mcp.backends.local.ledger.messages import message_seq
from memos_mcp.backends.local.ledger.user_thread import in_user_thread
from memos_mcp.backends.local.search import filters
from memos_mcp.core.errors import NotFound
from memos_mcp.core.models import (
    ConversationPage,
    GetConversation,
    GetMemory,
    GetMessage,
    Memory,
    MemoryPage,
    MessagePage,
    Preference,
    Task,
)


class LedgerReader:
    """Reads messages, memories, conversations and tasks, as `MemoryBackend` says.

    What `/api/v1` reads of the same ledger is in `Browsing`.
    """

    def __init__(self, ledger: Ledger) -> None:
        """Take an open ledger."""
        self.ledger = ledger

    @in_user_thread
    def get_message(self, request: GetMessage, *, user_id: str) -> MessagePage:
        """Return a page of a conversation."""
        user = self.ledger.messages.user_key(user_id)
        conversation = user and self.ledger.messages.conversation_key(user, request.conversation_id)
        if not conversation:
            raise NotFound(
                f'There is no conversation "{request.conversation_id[:100]}". Use the conversation_id that add_message '
                "answered, or look at memos://conversations."
            )
        total = self.ledger.messages.count(conversation)
        number = self._page_of(request, conversation) if request.message_id else request.page
        messages = self.ledger.messages.page(conversation, size=request.message_limit_number, page=number)
        return MessagePage(
            conversation_id=request.conversation_id,
            message_detail_list=tuple(messages),
            total=total,
            page=number,
            pages=_pages(total, request.message_limit_number),
        )

    def _page_of(self, request: GetMessage, conversation: int) -> int:
        later = self.ledger.messages.count_later(conversation, message_seq(request.message_id))
        if later is None:
            raise NotFound(
                f'Conversation "{request.conversation_id[:100]}" has no message "{request.message_id[:60]}". '
                "search_memory gives ids."
            )
        return later // request.message_limit_number + 1

    @in_user_thread
    def get_memory(self, request: GetMemory, *, user_id: str) -> MemoryPage:
        """Return a page of memories, or those that are named."""
        chosen = filters.parse(request.filter)
        user = self.ledger.messages.user_key(user_id)
        if request.memory_ids:
            return self._named(request.memory_ids, user)
        if user is None:
            return MemoryPage(size=request.size)
        condition, parameters = filters.to_sql(chosen) if chosen else ("TRUE", [])
        condition = f"status = 'activated' AND ({condition})"
        if not request.include_preference:
            condition = f"preference IS NULL AND {condition}"
        total = self.ledger.memories.count(user, condition=condition, parameters=parameters)
        seqs = self.ledger.memories.newest(
            user, condition=condition, parameters=parameters, size=request.size, page=request.page
        )
        stored = self.ledger.memories.by_seq(user, seqs)
        page = _memory_page([stored[seq] for seq in seqs], total=total, size=request.size, page=request.page)
        unknown = filters.unknown_fields(chosen, user, (self.ledger.messages, self.ledger.memories))
        return page.model_copy(update={"notice": filters.about_unknown(unknown), "unknown_fields": unknown})

    def _named(self, memory_ids: tuple[str, ...], user: int | None) -> MemoryPage:
        seqs = self.seqs(memory_ids, user)
        stored = self.ledger.memories.by_seq(user or 0, seqs)
        return _memory_page([stored[seq] for seq in seqs], total=len(seqs), size=len(seqs), page=1)

    def seqs(self, memory_ids: tuple[str, ...], user: int | None) -> list[int]:
        """Return the keys of memories of the user, in whose thread it is called; `NotFound` names unknown ids."""
        seqs = {identifier: memory_seq(identifier) for identifier in memory_ids}
        stored = self.ledger.memories.by_seq(user or 0, [seq for seq in seqs.values() if seq is not None])
        unknown = [identifier for identifier, seq in seqs.items() if seq not in stored]
        if unknown:
            shown = ", ".join(f'"{identifier[:60]}"' for identifier in unknown[:5])
            raise NotFound(
                f"There is no memory {shown}. Take ids from search_memory or get_memory; nothing was changed.",
                code=40307,
            )
        return [seq for seq in seqs.values() if seq is not None]

    @in_user_thread
    def get_conversation(self, request: GetConversation, *, user_id: str) -> ConversationPage:
        """Return a page of the list of conversations."""
        user = self.ledger.messages.user_key(user_id)
        if user is None:
            return ConversationPage(size=request.size)
        found, total = self.ledger.messages.conversations(
            user, prefix=request.prefix, size=request.size, page=request.page
        )
        return ConversationPage(
            conversation_detail_list=tuple(found),
            total=total,
            size=request.size,
            current=request.page,
            pages=_pages(total, request.size),
        )

    @in_user_thread
    def get_status(self, task_id: str, *, user_id: str) -> Task:
        """Return a task of the user."""
        return self.task(task_id, user_id)

    def task(self, task_id: str, user_id: str) -> Task:
        """Return a task of the user; called in a thread that acts for them."""
        user = self.ledger.messages.user_key(user_id)
        task = None if user is None else self.ledger.tasks.status(task_id, user=user)
        if task is None:
            raise NotFound(f'There is no task "{task_id[:60]}". Use the task_id that an add answered.', code=50131)
        return task


def _pages(total: int, size: int) -> int:
    return max(1, -(-total // max(1, size)))


def _memory_page(known: list[Memory | Preference], *, total: int, size: int, page: int) -> MemoryPage:
    return MemoryPage(
        memory_detail_list=tuple(one for one in known if isinstance(one, Memory)),
        preference_detail_list=tuple(one for one in known if isinstance(one, Preference)),
        total=total,
        size=size,
        current=page,
        pages=_pages(total, size),
    )
