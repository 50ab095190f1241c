"""The endpoints of the contract over any `MemoryBackend`."""

from typing import Any

from memos_mcp.api.contract import bodies
from memos_mcp.api.contract import responses as answers
from memos_mcp.api.contract.base_body import MOST_WORDS, Body
from memos_mcp.api.contract.endpoint import Call, Endpoint, Endpoints
from memos_mcp.api.contract.responses import Answer
from memos_mcp.api.guard.identity import Identity
from memos_mcp.backends.base import MemoryBackend
from memos_mcp.core.errors import Forbidden, InvalidRequest, NotFound
from memos_mcp.core.models import (
    MAX_ID_LENGTH,
    AddReceipt,
    ConversationPage,
    DeleteReceipt,
    FeedbackReceipt,
    GetMemory,
    Memory,
    MemoryPage,
    Preference,
    SearchResult,
    Task,
    UpdateReceipt,
)
from memos_mcp.core.validation_messages import shown

NOT_YOURS_TO_DELETE = 40306  # MemOS's code
VIEWS = frozenset({"detail_factual", "fact", "preference", "profile"})
"""Kinds of memories that a read may name; all but the profile are given anyway."""


class Rest:
    """Messages, memories, conversations and tasks."""

    def __init__(self, backend: MemoryBackend) -> None:
        """Take the memory."""
        self._backend = backend

    def endpoints(self) -> Endpoints:
        """Return the endpoints."""
        return [
            Endpoint("add/message", self.add_message, bodies.AddMessageBody, (AddReceipt,)),
            Endpoint("search/memory", self.search_memory, bodies.SearchMemoryBody, (SearchResult,)),
            Endpoint("get/message", self.get_message, bodies.GetMessageBody, (answers.DatedMessagePage,)),
            Endpoint("get/memory", self.get_memory, bodies.GetMemoryBody, (MemoryPage,)),
            Endpoint("get/memory/{memory_id}", self.get_one, Body, (Memory, Preference), "GET"),
            Endpoint("get/conversation", self.get_conversation, bodies.GetConversationBody, (ConversationPage,)),
            Endpoint("delete/memory", self.delete_memory, bodies.DeleteMemoryBody, (DeleteReceipt,)),
            Endpoint("update/memory", self.update_memory, bodies.UpdateMemoryBody, (UpdateReceipt,)),
            Endpoint("add/feedback", self.add_feedback, bodies.AddFeedbackBody, (FeedbackReceipt,)),
            Endpoint("get/status", self.get_status, bodies.GetStatusBody, (Task,)),
        ]

    async def add_message(self, call: Call[bodies.AddMessageBody]) -> Answer:
        """Store messages; `Idempotency-Key` names an add, so that a repeat is known for one."""
        body = await call.body()
        key = call.request.headers.get("idempotency-key", "")
        if len(key) > MAX_ID_LENGTH:
            raise InvalidRequest(f"The Idempotency-Key is longer than {MAX_ID_LENGTH} characters: shorten it.")
        users = [call.caller.user(one) for one in body.users()]
        receipts: list[AddReceipt] = []
        for user_id in users:
            wanted = body.request(key=key, conversation_id=receipts[0].conversation_id if receipts else "")
            receipts.append(await self._backend.add_message(wanted, user_id=user_id))
        return answers.receipt(*receipts)

    async def search_memory(self, call: Call[bodies.SearchMemoryBody]) -> Answer:
        """Search."""
        body = await call.body()
        user_id = call.caller.user(body.user_id)
        found = await self._backend.search_memory(body.request(), user_id=user_id)
        call.note_unknown(found.unknown_fields)
        return answers.search_result(found) | await self._views(call, body.include_memory_view, user_id)

    async def _views(self, call: Call[Any], views: tuple[str, ...], user_id: str) -> Answer:
        """Return the lists of further kinds of memories that were asked for, and say of which there are none here."""
        if unknown := [view for view in views if view not in VIEWS][:MOST_WORDS]:
            call.words.append(f"there are no memories of the kind {', '.join(map(shown, unknown))} here")
        if "profile" not in views:
            return {}
        page = await self._backend.get_memory(GetMemory(size=50, include_preference=False), user_id=user_id)
        return {"profile_detail_list": answers.profile(page)}

    async def get_message(self, call: Call[bodies.GetMessageBody]) -> Answer:
        """Read a conversation; one that there is not has no messages."""
        body = await call.body()
        user_id = call.caller.user(body.user_id)
        try:
            page = await self._backend.get_message(body.request(), user_id=user_id)
        except NotFound:
            return answers.no_messages(body.conversation_id)
        return answers.message_page(page)

    async def get_memory(self, call: Call[bodies.GetMemoryBody]) -> Answer:
        """Read what is known."""
        body = await call.body()
        user_id = await call.caller.user_of_memories(body.user_id, body.memory_ids)
        page = await self._backend.get_memory(body.request(), user_id=user_id)
        call.note_unknown(page.unknown_fields)
        return answers.memory_page(page) | await self._views(call, body.include_memory_view, user_id)

    async def get_conversation(self, call: Call[bodies.GetConversationBody]) -> Answer:
        """List conversations."""
        body = await call.body()
        user_id = call.caller.user(body.user_id)
        return answers.plain(await self._backend.get_conversation(body.request(), user_id=user_id))

    async def delete_memory(self, call: Call[bodies.DeleteMemoryBody]) -> Answer:
        """Delete memories, or of each user named everything or what meets a condition."""
        body = await call.body()
        wanted, named = body.request(), body.users()
        try:
            if wanted.memory_ids:
                users = [await _owner(call.caller, named, wanted.memory_ids)]
            else:
                users = [call.caller.user(one) for one in named or (None,)]
        except Forbidden as exc:
            raise Forbidden(str(exc), code=NOT_YOURS_TO_DELETE) from exc
        receipts = [await self._backend.delete_memory(wanted, user_id=user_id) for user_id in users]
        call.note_unknown(receipts[0].unknown_fields)
        return answers.deletion(receipts)

    async def get_one(self, call: Call[Body]) -> Answer:
        """Read one memory."""
        memory_id = call.request.path_params["memory_id"]
        user_id = await call.caller.user_of_memories(None, (memory_id,))
        page = await self._backend.get_memory(GetMemory(memory_ids=(memory_id,)), user_id=user_id)
        (found,) = (*page.memory_detail_list, *page.preference_detail_list)
        return answers.known(found)

    async def update_memory(self, call: Call[bodies.UpdateMemoryBody]) -> Answer:
        """Rewrite a memory."""
        body = await call.body()
        user_id = await call.caller.user_of_memories(body.user_id, (body.memory_id,))
        return answers.plain(await self._backend.update_memory(body.request(), user_id=user_id))

    async def add_feedback(self, call: Call[bodies.AddFeedbackBody]) -> Answer:
        """Take a correction."""
        body = await call.body()
        user_id = call.caller.user(body.user_id)
        return answers.plain(await self._backend.add_feedback(body.request(), user_id=user_id))

    async def get_status(self, call: Call[bodies.GetStatusBody]) -> Answer:
        """Follow a task."""
        body = await call.body()
        user_id = await call.caller.user_of_task(body.user_id, body.task_id)
        return answers.task(await self._backend.get_status(body.task_id, user_id=user_id))


async def _owner(caller: Identity, named: tuple[str, ...], memory_ids: tuple[str, ...]) -> str:
    """Say whose these memories are to be."""
    if len(named) <= 1:
        return await caller.user_of_memories(named[0] if named else None, memory_ids)
    user_id = await caller.user_of_memories(None, memory_ids)
    if user_id not in named:
        raise NotFound("These memories are of none of the user_ids. Nothing was deleted.", code=40307)
    return user_id
