"""The request bodies of the contract, read liberally.

A null is an absent field, a limit above its maximum is cut to it, and a field that changes nothing here is ignored with
a word about it in the answer's `message`.

What is beyond the contract is ours: `page` and `message_limit_number` where it has none, `memory_ids` in get/memory,
and a `user_id` beside the ids of delete/memory, update/memory and get/status, which says whose they must be.
"""

from collections.abc import Mapping
from typing import Annotated, ClassVar, Final, cast

from pydantic import BeforeValidator, Field, JsonValue, StringConstraints, model_validator

from memos_mcp.api.contract.base_body import Body, Filled, Given, PageNumber, at_most, listed
from memos_mcp.core.errors import InvalidRequest
from memos_mcp.core.message_shapes import GivenMessage, read_ids, read_json, read_messages
from memos_mcp.core.models import (
    RELATIVITY_THRESHOLD,
    AddFeedback,
    AddMessage,
    AgentMemory,
    AnyId,
    DeleteMemory,
    GetConversation,
    GetMemory,
    GetMessage,
    Identifier,
    SearchMemory,
    UpdateMemory,
    read_id,
)
from memos_mcp.core.timestamps import ChatTime

FilledId = Annotated[str, StringConstraints(min_length=1), BeforeValidator(read_id)]
Filter = Annotated[JsonValue, BeforeValidator(read_json)]
MOST_USERS: Final = 20
"""Users for whom one add may be."""


def the_first(value: JsonValue) -> JsonValue:
    """Return the first of a list: a message is labelled with one agent."""
    return value[0] if isinstance(value, list) and value else value


MemoryIds = Annotated[tuple[AnyId, ...], BeforeValidator(read_ids)]


class AddMessageBody(Body):
    """add/message; of several users, each keeps the messages, as of a conversation in which all of them take part."""

    UNDONE = "Nothing was stored."
    without_effect: ClassVar[Mapping[str, str]] = {
        "allow_knowledgebase_ids": "a conversation is not written to a knowledge base",
        "allow_memory_view": "all kinds of memories are made",
    }

    messages: Annotated[tuple[GivenMessage, ...], BeforeValidator(read_messages), Field(min_length=1)]
    user_ids: Annotated[tuple[Given, ...], Field(min_length=1, max_length=MOST_USERS)] | None = None
    conversation_id: Identifier = ""
    agent_id: Annotated[Identifier, BeforeValidator(the_first)] = ""
    app_id: Identifier = ""
    tags: tuple[str, ...] = ()
    info: dict[str, JsonValue] = Field(default_factory=dict[str, JsonValue])
    memories: Annotated[tuple[AgentMemory, ...], Field(max_length=50)] = ()
    custom_extract_prompt: Annotated[str, Field(max_length=4_000)] = ""
    async_mode: bool = True
    allow_public: bool = False

    @model_validator(mode="before")
    @classmethod
    def _list_of_users(cls, raw: object) -> object:
        """Take a list of users where one is expected."""
        if not isinstance(raw, dict):
            return raw
        fields = cast("dict[str, object]", raw)
        several = isinstance(fields.get("user_id"), list)
        return fields | {"user_id": None, "user_ids": fields["user_id"]} if several else fields

    def users(self) -> tuple[str | None, ...]:
        """Return the users whose memory it is for; None where none is named."""
        return (self.user_id,) if self.user_ids is None else tuple(dict.fromkeys(self.user_ids))

    def request(self, *, key: str, conversation_id: str = "") -> AddMessage:
        """Return the request; `key` names it, so that a repeat is known for one."""
        return AddMessage(
            messages=self.messages,
            conversation_id=self.conversation_id or conversation_id,
            agent_id=self.agent_id,
            app_id=self.app_id,
            tags=self.tags,
            info=self.info,
            key=key,
            memories=self.memories,
            custom_extract_prompt=self.custom_extract_prompt,
            allow_public=self.allow_public,
            wait=not self.async_mode,
        )


class SearchMemoryBody(Body):
    """search/memory."""

    without_effect: ClassVar[Mapping[str, str]] = {
        "context_format": "memories are given as they are",
    }

    query: Filled
    agent_id: Identifier = ""
    conversation_id: Identifier = ""
    filter: Filter = None
    memory_limit_number: Annotated[int, Field(ge=0), at_most(25)] = 9
    preference_limit_number: Annotated[int, Field(ge=0), at_most(25)] = 9
    message_limit_number: Annotated[int, Field(ge=0), at_most(50)] = 6
    relativity: Annotated[float, Field(ge=0, le=1)] = RELATIVITY_THRESHOLD
    include_preference: bool = True
    return_instruction: bool = False
    return_full_instruction: bool = False
    max_words: Annotated[int, Field(ge=0)] = 0
    include_memory_view: tuple[str, ...] = ()
    knowledgebase_ids: Annotated[tuple[str, ...], Field(max_length=20), BeforeValidator(listed)] = ()
    query_time: ChatTime = None

    def request(self) -> SearchMemory:
        """Return the request; where no threshold is given, the nearest memories are kept even below the usual one."""
        fields = self.model_dump(exclude={"user_id", "agent_id", "filter"})
        nearest = "relativity" not in self.model_fields_set
        return SearchMemory(**fields, filter=of_agent(self.filter, self.agent_id), nearest=nearest)


class GetMessageBody(Body):
    """get/message."""

    without_effect: ClassVar[Mapping[str, str]] = {"conversation_limit_number": "one conversation is read"}

    conversation_id: Given
    message_limit_number: Annotated[int, Field(ge=1), at_most(50)] = 6
    page: PageNumber = 1
    message_id: AnyId = ""

    def request(self) -> GetMessage:
        """Return the request."""
        return GetMessage.model_validate(self.model_dump())


class GetMemoryBody(Body):
    """get/memory."""

    agent_id: Identifier = ""
    page: PageNumber = 1
    size: Annotated[int, Field(ge=1), at_most(50)] = 10
    filter: Filter = None
    include_preference: bool = True
    include_memory_view: tuple[str, ...] = ()
    memory_ids: MemoryIds = ()

    def request(self) -> GetMemory:
        """Return the request."""
        fields = self.model_dump(exclude={"user_id", "agent_id", "filter"})
        return GetMemory(**fields, filter=of_agent(self.filter, self.agent_id))


class GetConversationBody(Body):
    """get/conversation, which is ours."""

    page: PageNumber = 1
    size: Annotated[int, Field(ge=1), at_most(100)] = 50
    prefix: Identifier = ""

    def request(self) -> GetConversation:
        """Return the request."""
        return GetConversation.model_validate(self.model_dump())


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

    def request(self) -> DeleteMemory:
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

    def request(self) -> UpdateMemory:
        """Return the request."""
        return UpdateMemory(memory_id=self.memory_id, content=self.content, title=self.title)


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

    def request(self) -> AddFeedback:
        """Return the request."""
        return AddFeedback.model_validate(self.model_dump())


class GetStatusBody(Body):
    """get/status."""

    task_id: FilledId


def of_agent(condition: JsonValue, agent_id: str) -> JsonValue:
    """Narrow a filter to what was said with one agent.

    Raises:
        InvalidRequest: the filter is one of alternatives, which cannot be narrowed.
    """
    if not agent_id:
        return condition
    match condition:
        case None:
            return {"and": [{"agent_id": agent_id}]}
        case {"and": list() as conditions, **others} if not others:
            return {"and": [*conditions, {"agent_id": agent_id}]}
        case {"or": _}:
            raise InvalidRequest('agent_id goes with a filter of the form {"and": [...]} only.')
        case dict():
            return condition | {"user": of_agent(condition.get("user"), agent_id)}
        case _:
            return condition
