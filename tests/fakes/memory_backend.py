"""A memory that keeps lists: for tests of what stands before a backend, never of a backend."""

from collections.abc import Iterable
from itertools import count
from typing import TypeVar

from memos_mcp.core.errors import InvalidRequest, MemosError, NotFound
from memos_mcp.core.limits import check_add, check_search
from memos_mcp.core.models import (
    AddFeedback,
    AddMessage,
    AddReceipt,
    Conversation,
    ConversationPage,
    DeleteMemory,
    DeleteReceipt,
    FeedbackReceipt,
    GetConversation,
    GetMemory,
    GetMessage,
    Memory,
    MemoryPage,
    MessagePage,
    SearchMemory,
    SearchResult,
    StoredMessage,
    Task,
    UpdateMemory,
    UpdateReceipt,
)
from memos_mcp.rendering.instructions import fit, with_instructions

_Found = TypeVar("_Found", Memory, StoredMessage)

NOW = 1_749_547_800_000
"""2025-06-10 09:30:00 UTC."""


class ListBackend:
    """Keeps each user's messages, and makes one memory of each message of a user.

    Relevance is the share of the query's words that a text has. Set `failure`, and every call raises it.
    """

    def __init__(self) -> None:
        self.failure: MemosError | None = None
        self.adds: list[AddMessage] = []
        self._messages: dict[str, list[StoredMessage]] = {}
        self._memories: dict[str, list[Memory]] = {}
        self._ids = count(1)

    async def add_message(self, request: AddMessage, *, user_id: str) -> AddReceipt:
        self._fail()
        check_add(request)
        self.adds.append(request)
        for message in request.messages:
            time = NOW if message.chat_time is None else message.chat_time
            stored = StoredMessage(
                id=f"m{next(self._ids)}",
                role=message.role,
                content=message.content,
                conversation_id=request.conversation_id,
                create_time=time,
                update_time=time,
            )
            self._messages.setdefault(user_id, []).append(stored)
            if message.role == "user":
                self._learn(stored, user_id)
        return AddReceipt(task_id="t1", status="completed", conversation_id=request.conversation_id)

    async def search_memory(self, request: SearchMemory, *, user_id: str) -> SearchResult:
        self._fail()
        check_search(request)
        if request.filter is not None and not isinstance(request.filter, dict):
            raise InvalidRequest("filter must be an object.")
        memories = [
            memory.model_copy(update={"relativity": _relevance(memory.memory_value, request.query)})
            for memory in self._memories.get(user_id, [])
        ]
        messages = [
            message.model_copy(update={"relativity": _relevance(message.content, request.query)})
            for message in self._messages.get(user_id, [])
        ]
        near = [memory for memory in memories if (memory.relativity or 0) >= request.relativity]
        result = SearchResult(
            memory_detail_list=tuple(_best(near))[: request.memory_limit_number],
            message_detail_list=tuple(_best(messages))[: request.message_limit_number],
        )
        return with_instructions(fit(result, request), request)

    async def get_message(self, request: GetMessage, *, user_id: str) -> MessagePage:
        self._fail()
        said = [
            message for message in self._messages.get(user_id, []) if message.conversation_id == request.conversation_id
        ]
        if not said:
            raise NotFound(f'Conversation "{request.conversation_id}" is unknown.')
        number = request.page
        if request.message_id:
            ids = [message.id for message in reversed(said)]
            if request.message_id not in ids:
                raise NotFound(f'"{request.message_id}" is unknown.')
            later = ids.index(request.message_id)
            number = later // request.message_limit_number + 1
        end = max(0, len(said) - (number - 1) * request.message_limit_number)
        return MessagePage(
            conversation_id=request.conversation_id,
            message_detail_list=tuple(said[max(0, end - request.message_limit_number) : end]),
            total=len(said),
            page=number,
            pages=_pages(len(said), request.message_limit_number),
        )

    async def get_memory(self, request: GetMemory, *, user_id: str) -> MemoryPage:
        self._fail()
        known = self._memories.get(user_id, [])[::-1]
        if request.memory_ids:
            known = [self._memory(memory_id, user_id) for memory_id in request.memory_ids]
        start = (request.page - 1) * request.size
        return MemoryPage(
            memory_detail_list=tuple(known[start : start + request.size]),
            total=len(known),
            size=request.size,
            current=request.page,
            pages=_pages(len(known), request.size),
        )

    async def get_conversation(self, request: GetConversation, *, user_id: str) -> ConversationPage:
        self._fail()
        said: dict[str, list[StoredMessage]] = {}
        for message in self._messages.get(user_id, []):
            earlier = said.pop(message.conversation_id, [])
            said[message.conversation_id] = [*earlier, message]
        found = [
            Conversation(
                conversation_id=name,
                total=len(messages),
                create_time=messages[0].create_time,
                update_time=messages[-1].create_time,
            )
            for name, messages in reversed(said.items())
            if name.startswith(request.prefix)
        ]
        start = (request.page - 1) * request.size
        return ConversationPage(
            conversation_detail_list=tuple(found[start : start + request.size]),
            total=len(found),
            size=request.size,
            current=request.page,
            pages=_pages(len(found), request.size),
        )

    async def delete_memory(self, request: DeleteMemory, *, user_id: str) -> DeleteReceipt:
        self._fail()
        for memory in [self._memory(memory_id, user_id) for memory_id in request.memory_ids]:
            self._memories[user_id].remove(memory)
        return DeleteReceipt(deleted=request.memory_ids)

    async def update_memory(self, request: UpdateMemory, *, user_id: str) -> UpdateReceipt:
        self._fail()
        known = self._memory(request.memory_id, user_id)
        value, key = request.content or known.memory_value, request.title or known.memory_key
        place = self._memories[user_id].index(known)
        self._memories[user_id][place] = known.model_copy(update={"memory_value": value, "memory_key": key})
        return UpdateReceipt()

    async def add_feedback(self, request: AddFeedback, *, user_id: str) -> FeedbackReceipt:
        self._fail()
        stored = StoredMessage(id="", role="user", content=request.feedback_content, create_time=NOW)
        return FeedbackReceipt(task_id="t2", status="completed", added=(self._learn(stored, user_id).id,))

    async def get_status(self, task_id: str, *, user_id: str) -> Task:
        self._fail()
        return Task(task_id=task_id, status="completed")

    def _fail(self) -> None:
        if self.failure is not None:
            raise self.failure

    def _learn(self, message: StoredMessage, user_id: str) -> Memory:
        memory = Memory(
            id=f"p{next(self._ids)}",
            memory_key=" ".join(message.content.split()[:4]),
            memory_value=f"[user perspective] {message.content}",
            conversation_id=message.conversation_id,
            create_time=message.create_time,
            update_time=message.create_time,
            sources=(message.id,) if message.id else (),
        )
        self._memories.setdefault(user_id, []).append(memory)
        return memory

    def _memory(self, memory_id: str, user_id: str) -> Memory:
        for memory in self._memories.get(user_id, []):
            if memory.id == memory_id:
                return memory
        raise NotFound(f'No memory "{memory_id}" is known; get_memory lists the ids.')


def _relevance(text: str, query: str) -> float:
    words = {word.strip("?.,!") for word in query.casefold().split()}
    return len(words & {word.strip("?.,!") for word in text.casefold().split()}) / len(words)


def _best(found: Iterable[_Found]) -> list[_Found]:
    return sorted(found, key=lambda one: -(one.relativity or 0))


def _pages(total: int, size: int) -> int:
    return max(1, -(-total // size))
