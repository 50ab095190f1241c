"""The endpoints about memories: finding, reading, deleting and correcting them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator, Field

from memos_mcp.api.contract import responses as answers
from memos_mcp.api.contract.base_body import (
    MOST_WORDS,
    Body,
    Filled,
    FilledId,
    Filter,
    Given,
    PageNumber,
    SearchingBody,
    at_most,
    of_agent,
)
from memos_mcp.api.contract.endpoint import Call, Endpoint, Endpoints
from memos_mcp.api.contract.responses import Answer
from memos_mcp.api.guard.identity import Identity
from memos_mcp.backends.base import MemoryBackend
from memos_mcp.core.errors import Forbidden, InvalidRequest, NotFound
from memos_mcp.core.message_shapes import read_ids
from memos_mcp.core.models import (
    AddFeedback,
    AnyId,
    DeleteMemory,
    DeleteReceipt,
    FeedbackReceipt,
    GetMemory,
    Identifier,
    Memory,
    MemoryPage,
    Preference,
    SearchResult,
    UpdateMemory,
    UpdateReceipt,
)
from memos_mcp.core.timestamps import ChatTime
from memos_mcp.core.validation_messages import shown

NOT_YOURS_TO_DELETE = 40306  # MemOS's code
VIEWS = frozenset({"detail_factual", "fact", "preference", "profile"})
"""Kinds of memories that a read may name; all but the profile are given anyway."""

MemoryIds = Annotated[tuple[AnyId, ...], BeforeValidator(read_ids)]


class SearchMemoryBody(SearchingBody):
    """search/memory."""

    without_effect: ClassVar[Mapping[str, str]] = {
        "context_format": "memories are given as they are",
    }

    message_limit_number: Annotated[int, Field(ge=0), at_most(50)] = 6
    return_instruction: bool = False
    return_full_instruction: bool = False
    max_words: Annotated[int, Field(ge=0)] = 0
    include_memory_view: tuple[str, ...] = ()
    query_time: ChatTime = None


class GetMemoryBody(Body):
    """get/memory."""

    agent_id: Identifier = ""
    page: PageNumber = 1
    size: Annotated[int, Field(ge=1), at_most(50)] = 10
    filter: Filter = None
    include_preference: bool = True
    include_memory_view: tuple[str, ...] = ()
    memory_ids: MemoryIds = ()


class DeleteMemoryBody(Body):
    """delete/memory: these memories or, where only a user is named, that user's everything or what meets a condition.

    Every condition narrows the others. Where no memories are named, a field that is not known is refused: it may be
    a condition, and to ignore it would delete what it was to spare.
    """

    UNDONE = "Nothing was deleted."

    memory_ids: Annotated[MemoryIds, Field(min_length=1)] | None = None
    user_ids: Annotated[tuple[Given, ...], Field(min_length=1)] | None = None
    message_ids: Annotated[MemoryIds, Field(min_length=1)] | None = None
    conversation_ids: Annotated[tuple[Given, ...], Field(min_length=1)] | None = None
    delete_messages: bool = False
    text: Filled | None = None
    dry_run: bool = False
    agent_id: Identifier = ""
    filter: Filter = None

    def users(self) -> tuple[str, ...]:
        """Return the users that are named.

        Raises:
            InvalidRequest: user_id is not one of user_ids.
        """
        if self.user_ids is None:
            return () if self.user_id is None else (self.user_id,)
        if self.user_id is None:
            return tuple(dict.fromkeys(self.user_ids))
        if self.user_id not in self.user_ids:
            raise InvalidRequest("user_id is not one of user_ids: name the user once. Nothing was deleted.")
        return (self.user_id,)

    def deletion(self) -> DeleteMemory:
        """Return the request.

        Raises:
            InvalidRequest: it does not say what is to go, or says more than is understood.
        """
        condition = of_agent(self.filter, self.agent_id)
        if self.memory_ids or self.message_ids or self.conversation_ids or self.text:
            if condition is not None:
                raise InvalidRequest("Name memory_ids, or agent_id and filter; not both. Nothing was deleted.")
            return DeleteMemory(
                memory_ids=self.memory_ids or (),
                message_ids=self.message_ids or (),
                conversation_ids=self.conversation_ids or (),
                text=self.text or "",
                delete_messages=self.delete_messages,
                dry_run=self.dry_run,
            )
        if unknown := self.ignored():
            raise InvalidRequest(f"{unknown[0]}, so that more would be deleted than is meant. Nothing was deleted.")
        if condition is None and not self.users():
            raise InvalidRequest("Name memory_ids, or the user_id whose memory is to go.", code=40002)
        return DeleteMemory(
            filter=condition,
            everything=condition is None,
            delete_messages=self.delete_messages,
            dry_run=self.dry_run,
        )


class UpdateMemoryBody(Body):
    """update/memory."""

    UNDONE = "Nothing was changed."
    without_effect: ClassVar[Mapping[str, str]] = {"status": "feedback archives a memory, and delete/memory removes it"}

    memory_id: FilledId
    content: str = ""
    title: str = ""


class AddFeedbackBody(Body):
    """add/feedback."""

    UNDONE = "Nothing was stored."
    without_effect: ClassVar[Mapping[str, str]] = {
        "agent_id": "a correction is its user's",
        "app_id": "a correction is its user's",
        "allow_knowledgebase_ids": "a knowledge base is corrected by another document",
    }

    feedback_content: Filled
    memory_ids: tuple[str, ...] = ()
    conversation_id: Identifier = ""
    feedback_time: ChatTime = None
    allow_public: bool = False


@dataclass(frozen=True, slots=True)
class MemoryEndpoints:
    """Memories and preferences."""

    backend: MemoryBackend

    def endpoints(self) -> Endpoints:
        """Return the endpoints."""
        return [
            Endpoint("search/memory", self.search_memory, SearchMemoryBody, (SearchResult,)),
            Endpoint("get/memory", self.get_memory, GetMemoryBody, (MemoryPage,)),
            Endpoint("get/memory/{memory_id}", self.get_one, Body, (Memory, Preference), "GET"),
            Endpoint("delete/memory", self.delete_memory, DeleteMemoryBody, (DeleteReceipt,)),
            Endpoint("update/memory", self.update_memory, UpdateMemoryBody, (UpdateReceipt,)),
            Endpoint("add/feedback", self.add_feedback, AddFeedbackBody, (FeedbackReceipt,)),
        ]

    async def search_memory(self, call: Call[SearchMemoryBody]) -> Answer:
        """Search; where no threshold is given, the nearest memories are kept even below the usual one."""
        body = await call.body()
        user_id = call.caller.user(body.user_id)
        wanted = body.search(nearest="relativity" not in body.model_fields_set)
        found = await self.backend.search_memory(wanted, user_id=user_id)
        call.note_unknown(found.unknown_fields)
        return answers.search_result(found) | await self._views(call, body.include_memory_view, user_id)

    async def _views(self, call: Call[Any], views: tuple[str, ...], user_id: str) -> Answer:
        """Return the lists of further kinds of memories that were asked for, and say of which there are none here."""
        if unknown := [view for view in views if view not in VIEWS][:MOST_WORDS]:
            call.words.append(f"there are no memories of the kind {', '.join(map(shown, unknown))} here")
        if "profile" not in views:
            return {}
        page = await self.backend.get_memory(GetMemory(size=50, include_preference=False), user_id=user_id)
        return {"profile_detail_list": answers.profile(page)}

    async def get_memory(self, call: Call[GetMemoryBody]) -> Answer:
        """Read what is known."""
        body = await call.body()
        user_id = await call.caller.user_of_memories(body.user_id, body.memory_ids)
        wanted = body.request(GetMemory, filter=of_agent(body.filter, body.agent_id))
        page = await self.backend.get_memory(wanted, user_id=user_id)
        call.note_unknown(page.unknown_fields)
        return answers.memory_page(page) | await self._views(call, body.include_memory_view, user_id)

    async def get_one(self, call: Call[Body]) -> Answer:
        """Read one memory, of anybody or of the `user_id` in the address."""
        memory_id = call.request.path_params["memory_id"]
        user_id = await call.caller.user_of_memories(call.request.query_params.get("user_id"), (memory_id,))
        page = await self.backend.get_memory(GetMemory(memory_ids=(memory_id,)), user_id=user_id)
        (found,) = (*page.memory_detail_list, *page.preference_detail_list)
        return answers.known(found)

    async def delete_memory(self, call: Call[DeleteMemoryBody]) -> Answer:
        """Delete memories, or of each user named everything or what meets a condition."""
        body = await call.body()
        wanted, named = body.deletion(), body.users()
        try:
            if wanted.memory_ids:
                users = [await _owner(call.caller, named, wanted.memory_ids)]
            else:
                users = [call.caller.user(one) for one in named or (None,)]
        except Forbidden as exc:
            raise Forbidden(str(exc), code=NOT_YOURS_TO_DELETE) from exc
        receipts = [await self.backend.delete_memory(wanted, user_id=user_id) for user_id in users]
        call.note_unknown(receipts[0].unknown_fields)
        return answers.deletion(receipts)

    async def update_memory(self, call: Call[UpdateMemoryBody]) -> UpdateReceipt:
        """Rewrite a memory."""
        body = await call.body()
        user_id = await call.caller.user_of_memories(body.user_id, (body.memory_id,))
        return await self.backend.update_memory(body.request(UpdateMemory), user_id=user_id)

    async def add_feedback(self, call: Call[AddFeedbackBody]) -> FeedbackReceipt:
        """Take a correction."""
        body = await call.body()
        user_id = call.caller.user(body.user_id)
        return await self.backend.add_feedback(body.request(AddFeedback), user_id=user_id)


async def _owner(caller: Identity, named: tuple[str, ...], memory_ids: tuple[str, ...]) -> str:
    """Say whose these memories are to be."""
    if len(named) <= 1:
        return await caller.user_of_memories(named[0] if named else None, memory_ids)
    user_id = await caller.user_of_memories(None, memory_ids)
    if user_id not in named:
        raise NotFound("These memories are of none of the user_ids. Nothing was deleted.", code=40307)
    return user_id
