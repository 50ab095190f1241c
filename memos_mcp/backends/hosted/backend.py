"""The memory behind HTTP: MemOS Cloud, MemOS's own server, or an engine of ours."""

import contextlib
import uuid
from typing import Any

from memos_mcp.backends.hosted import cloud, request_bodies, response_models
from memos_mcp.backends.hosted.call_errors import CallFailed
from memos_mcp.backends.hosted.delivery import Delivery
from memos_mcp.backends.hosted.http_client import ADD_MESSAGE, HttpClient
from memos_mcp.backends.hosted.outbox import TASK_PREFIX
from memos_mcp.backends.hosted.product_server import ProductServer
from memos_mcp.backends.hosted.request_bodies import Body
from memos_mcp.core.errors import InvalidRequest, MemosError, NotFound
from memos_mcp.core.limits import check_add, check_search
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
from memos_mcp.rendering.instructions import fit, with_instructions

NOT_TAKEN = "The service takes no {}; they were not sent."
"""What is said where an argument is beyond the service's contract."""


MEMORIES_ALONE = (
    "The memory service deletes memories alone, or everything of a user: it has no way to delete messages or "
    "conversations, or to try a deletion. Nothing was deleted."
)


class HostedBackend:
    """A `MemoryBackend` over the MemOS contract.

    Where the server is the cloud, what its contract lacks is made from what it has (`cloud`), or refused: it shows
    the last 50 messages of a conversation and no others, and finds memories, not messages.
    """

    def __init__(self, service: HttpClient, *, delivery: Delivery | None = None) -> None:
        """Take the service; with a `delivery`, an add outlives the service's absence."""
        self._service = service
        self._delivery = delivery

    async def add_message(self, request: AddMessage, *, user_id: str) -> AddReceipt:
        """Send messages; where the service is away, keep them for later (`status` running, and why)."""
        check_add(request)
        conversation_id = request.conversation_id or uuid.uuid4().hex[:12]
        key = request.key or uuid.uuid4().hex
        body = request_bodies.add_message(request, user_id=user_id) | {"conversation_id": conversation_id}
        if request.memories and self._service.is_engine:
            body["memories"] = [memory.model_dump(mode="json") for memory in request.memories]
        if self._delivery is not None:
            receipt = await self._delivery.add(body, user_id=user_id, key=key)
        else:
            data = await self._call(ADD_MESSAGE, body, harmless=self._service.is_engine is True, key=key)
            receipt = response_models.add_receipt(data, conversation_id=conversation_id)
        if request.memories and "memories" not in body:
            return receipt.model_copy(update={"note": f"{receipt.note} {NOT_TAKEN.format('memories')}".strip()})
        return receipt

    async def search_memory(self, request: SearchMemory, *, user_id: str) -> SearchResult:
        """Search; instructions are composed here unless the service sends them."""
        check_search(request)
        await self._catch_up()
        for_engine = await self._is_engine(user_id)
        body = request_bodies.search_memory(request, user_id=user_id, for_engine=for_engine)
        found = response_models.search_result(await self._call("search/memory", body))
        if not for_engine:
            found = _trimmed(found, request)
        if found.instruction is not None or found.full_instruction is not None:
            return found
        return with_instructions(found, request)

    async def get_message(self, request: GetMessage, *, user_id: str) -> MessagePage:
        """Read a page of a conversation; of one in the cloud there is only the first."""
        await self._catch_up()
        for_engine = (request.page > 1 or bool(request.message_id)) and await self._is_engine(user_id)
        if request.page > 1 and not for_engine:
            raise InvalidRequest(
                "The memory service shows the last 50 messages of a conversation and no earlier ones: ask for page 1, "
                "or search for what was said."
            )
        body = request_bodies.get_message(request, user_id=user_id, for_engine=for_engine)
        page = response_models.message_page(
            await self._call("get/message", body), conversation_id=request.conversation_id
        )
        if not page.message_detail_list and request.page == 1:
            raise NotFound(f"There is no conversation {request.conversation_id!r}: check the conversation_id.")
        return page

    async def get_memory(self, request: GetMemory, *, user_id: str) -> MemoryPage:
        """Read a page of what is known, or the memories named."""
        await self._catch_up()
        if request.memory_ids and not await self._is_engine(user_id):
            return await cloud.by_ids(lambda page: self._memories(page, user_id=user_id), request.memory_ids)
        return await self._memories(request, user_id=user_id)

    async def get_conversation(self, request: GetConversation, *, user_id: str) -> ConversationPage:
        """List conversations; in the cloud, those that memories speak of."""
        await self._catch_up()
        if not await self._is_engine(user_id):
            return await cloud.conversations(lambda page: self._memories(page, user_id=user_id), request)
        body = {"user_id": user_id, "page": request.page, "size": request.size, "prefix": request.prefix}
        return response_models.conversation_page(await self._call("get/conversation", body))

    async def delete_memory(self, request: DeleteMemory, *, user_id: str) -> DeleteReceipt:
        """Remove memories, or everything of the user, what waits to be delivered included."""
        if not (request.memory_ids or request.everything or request.filter or request.of_messages):
            raise InvalidRequest("memory_ids is empty: name the memories to delete.", code=40003)
        if request.everything and self._delivery is not None:
            await self._delivery.forget(user_id=user_id)
        for_engine = await self._is_engine(user_id)
        if request.of_messages and (request.stretch or not for_engine):
            raise InvalidRequest(MEMORIES_ALONE)
        if request.memory_ids and not for_engine:
            await cloud.by_ids(lambda page: self._memories(page, user_id=user_id), request.memory_ids)
        if request.filter is not None and not for_engine:
            matching = await cloud.matching(lambda page: self._memories(page, user_id=user_id), request.filter)
            if not matching:
                return DeleteReceipt()
            request = DeleteMemory(memory_ids=matching)
        body = request_bodies.delete_memory(request, user_id=user_id, for_engine=for_engine)
        data = await self._call("delete/memory", body, harmless=False)
        return response_models.delete_receipt(_successful(data), memory_ids=request.memory_ids)

    async def update_memory(self, request: UpdateMemory, *, user_id: str) -> UpdateReceipt:
        """Rewrite a memory."""
        if not (request.content or request.title):
            raise InvalidRequest("content and title are empty: give at least one.", code=40002)
        for_engine = await self._is_engine(user_id)
        if not for_engine:
            await cloud.by_ids(lambda page: self._memories(page, user_id=user_id), (request.memory_id,))
        body = request_bodies.update_memory(request, user_id=user_id, for_engine=for_engine)
        _successful(await self._call("update/memory", body))
        return UpdateReceipt()

    async def add_feedback(self, request: AddFeedback, *, user_id: str) -> FeedbackReceipt:
        """Send a correction."""
        body = request_bodies.add_feedback(request, user_id=user_id)
        for_engine = bool(request.memory_ids) and await self._is_engine(user_id)
        if for_engine:
            body["memory_ids"] = list(request.memory_ids)
        receipt = response_models.feedback_receipt(_successful(await self._call("add/feedback", body, harmless=False)))
        if request.memory_ids and not for_engine:
            return receipt.model_copy(update={"note": NOT_TAKEN.format("memory_ids")})
        return receipt

    async def get_status(self, task_id: str, *, user_id: str) -> Task:
        """Follow a task; one that waits for delivery is running."""
        asked = task_id
        if self._delivery is not None and task_id.startswith(TASK_PREFIX):
            posted = await self._delivery.status(task_id, user_id=user_id)
            if isinstance(posted, Task):
                return posted
            if not posted:
                return Task(task_id=task_id, status="completed")
            asked = posted
        named = isinstance(self._service, ProductServer) or await self._is_engine(user_id)
        body = {"task_id": asked} | ({"user_id": user_id} if named else {})
        return response_models.task(await self._call("get/status", body), task_id)

    async def _memories(self, request: GetMemory, *, user_id: str) -> MemoryPage:
        body = request_bodies.get_memory(request, user_id=user_id, for_engine=bool(request.memory_ids))
        return response_models.memory_page(await self._call("get/memory", body))

    async def _is_engine(self, user_id: str) -> bool:
        """Say whether the server is an engine of ours, asking it the least where it has not answered yet."""
        if self._service.is_engine is None:
            await self._memories(GetMemory(size=1), user_id=user_id)
        return self._service.is_engine is True

    async def _catch_up(self) -> None:
        """Let the service have what waits, so that a read sees what was added before; it may still be away."""
        if self._delivery is not None:
            with contextlib.suppress(MemosError):
                await self._delivery.catch_up()

    async def _call(self, path: str, body: Body, *, harmless: bool = True, key: str = "") -> dict[str, Any]:
        try:
            return await self._service.post(path, body, harmless=harmless, key=key)
        except CallFailed as exc:
            raise exc.error from exc


def _successful(data: dict[str, Any]) -> dict[str, Any]:
    """Take `success: false` for the failure it is.

    Raises:
        MemosError: the service answered, and did not do it.
    """
    if data.get("success") is False:
        raise MemosError("The memory service did not do it, and did not say why: nothing was changed.", code=50002)
    return data


def _trimmed(found: SearchResult, request: SearchMemory) -> SearchResult:
    """Cut each list to its limit, and all together to the words that are wanted: the service is not told all of it."""
    preferences = request.preference_limit_number if request.include_preference else 0
    liked = found.preference_detail_list[:preferences]
    within = found.model_copy(
        update={
            "memory_detail_list": found.memory_detail_list[: request.memory_limit_number],
            "preference_detail_list": liked,
            "message_detail_list": found.message_detail_list[: request.message_limit_number],
            "preference_note": found.preference_note if liked else "",
        }
    )
    return fit(within, request)
