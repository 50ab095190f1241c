"""The request bodies of the contract, read liberally: a null is an absent field, and unknown fields are passed over.

What is beyond the contract is ours: `page` and `message_limit_number` where it has none, `memory_ids` in get/memory,
and a `user_id` beside the ids of delete/memory, update/memory and get/status, which says whose they must be.
"""

import json
from typing import Annotated, Any, cast

from pydantic import BaseModel, ConfigDict, Field, JsonValue, StringConstraints, model_validator

from memos_mcp.errors import InvalidRequest
from memos_mcp.models import (
    RELATIVITY_THRESHOLD,
    AddFeedback,
    AddMessage,
    AgentMemory,
    DeleteMemory,
    GetConversation,
    GetMemory,
    GetMessage,
    Identifier,
    Message,
    Milliseconds,
    Role,
    SearchMemory,
    UpdateMemory,
    with_offset,
)

Given = Annotated[Identifier, StringConstraints(min_length=1)]
Filled = Annotated[str, StringConstraints(min_length=1)]
PageNumber = Annotated[int, Field(ge=1, le=1_000_000_000)]


class Body(BaseModel):
    """Base of every body. `user_id` is whom the call is for; who may name whom is not decided here."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    user_id: Given | None = None

    @model_validator(mode="before")
    @classmethod
    def _drop_nulls(cls, raw: object) -> object:
        if not isinstance(raw, dict):
            return raw
        fields = cast("dict[str, object]", raw)
        return {name: value for name, value in fields.items() if value is not None}


class TextPart(BaseModel):
    """A part of a message's content."""

    text: str


class Said(BaseModel):
    """A message: its content a text, a list of text parts or, of a tool call without words, the call itself."""

    role: Role
    content: str | tuple[TextPart, ...]
    chat_time: Milliseconds | None = None
    utc_offset: int | None = None

    @model_validator(mode="before")
    @classmethod
    def _show_tool_calls(cls, raw: object) -> object:
        raw = with_offset(raw)
        if not isinstance(raw, dict):
            return raw
        fields = cast("dict[str, Any]", raw)
        if fields.get("content") is None and fields.get("tool_calls"):
            return fields | {"content": json.dumps(fields["tool_calls"], ensure_ascii=False)}
        return fields

    def message(self) -> Message:
        """Give what is to be kept."""
        parts = self.content
        content = parts if isinstance(parts, str) else "\n".join(part.text for part in parts)
        return Message(role=self.role, content=content, chat_time=self.chat_time, utc_offset=self.utc_offset)


class AddMessageBody(Body):
    """add/message."""

    messages: Annotated[tuple[Said, ...], Field(min_length=1)]
    conversation_id: Identifier = ""
    agent_id: Identifier = ""
    app_id: Identifier = ""
    tags: tuple[str, ...] = ()
    info: dict[str, JsonValue] = {}
    memories: Annotated[tuple[AgentMemory, ...], Field(max_length=50)] = ()
    async_mode: bool = True

    def request(self, *, key: str) -> AddMessage:
        """Give the request; `key` names it, so that a repeat is known for one."""
        return AddMessage(
            messages=tuple(said.message() for said in self.messages),
            conversation_id=self.conversation_id,
            agent_id=self.agent_id,
            app_id=self.app_id,
            tags=self.tags,
            info=self.info,
            key=key,
            memories=self.memories,
            wait=not self.async_mode,
        )


class SearchMemoryBody(Body):
    """search/memory."""

    query: Filled
    agent_id: Identifier = ""
    conversation_id: Identifier = ""
    filter: JsonValue = None
    memory_limit_number: Annotated[int, Field(ge=0, le=25)] = 9
    preference_limit_number: Annotated[int, Field(ge=0, le=25)] = 9
    message_limit_number: Annotated[int, Field(ge=0, le=50)] = 6
    relativity: Annotated[float, Field(ge=0, le=1)] = RELATIVITY_THRESHOLD
    include_preference: bool = True
    return_instruction: bool = False
    return_full_instruction: bool = False
    max_words: Annotated[int, Field(ge=0)] = 0

    def request(self) -> SearchMemory:
        """Give the request."""
        fields = self.model_dump(exclude={"user_id", "agent_id", "filter"})
        return SearchMemory(**fields, filter=of_agent(self.filter, self.agent_id))


class GetMessageBody(Body):
    """get/message."""

    conversation_id: Given
    message_limit_number: Annotated[int, Field(ge=1, le=50)] = 6
    page: PageNumber = 1
    message_id: str = ""

    def request(self) -> GetMessage:
        """Give the request."""
        return GetMessage.model_validate(self.model_dump())


class GetMemoryBody(Body):
    """get/memory."""

    agent_id: Identifier = ""
    page: PageNumber = 1
    size: Annotated[int, Field(ge=1, le=50)] = 10
    filter: JsonValue = None
    include_preference: bool = True
    memory_ids: tuple[str, ...] = ()

    def request(self) -> GetMemory:
        """Give the request."""
        fields = self.model_dump(exclude={"user_id", "agent_id", "filter"})
        return GetMemory(**fields, filter=of_agent(self.filter, self.agent_id))


class GetConversationBody(Body):
    """get/conversation, which is ours."""

    page: PageNumber = 1
    size: Annotated[int, Field(ge=1, le=100)] = 50
    prefix: Identifier = ""

    def request(self) -> GetConversation:
        """Give the request."""
        return GetConversation.model_validate(self.model_dump())


class DeleteMemoryBody(Body):
    """delete/memory: these memories or, where only a user is named, everything of that user.

    A condition that is not known here is refused: passed over, it would delete what it was to spare.
    """

    model_config = ConfigDict(extra="forbid")

    memory_ids: Annotated[tuple[str, ...], Field(min_length=1)] | None = None
    source: str = ""

    def request(self) -> DeleteMemory:
        """Give the request.

        Raises:
            InvalidRequest: neither memories nor a user are named.
        """
        if self.memory_ids is None and self.user_id is None:
            raise InvalidRequest("Name memory_ids, or the user_id whose memory is to go.", code=40002)
        return DeleteMemory(memory_ids=self.memory_ids or (), everything=self.memory_ids is None)


class UpdateMemoryBody(Body):
    """update/memory."""

    memory_id: Filled
    content: str = ""
    title: str = ""

    def request(self) -> UpdateMemory:
        """Give the request."""
        return UpdateMemory(memory_id=self.memory_id, content=self.content, title=self.title)


class AddFeedbackBody(Body):
    """add/feedback."""

    feedback_content: Filled
    memory_ids: tuple[str, ...] = ()
    conversation_id: Identifier = ""
    feedback_time: Milliseconds | None = None

    def request(self) -> AddFeedback:
        """Give the request."""
        return AddFeedback.model_validate(self.model_dump())


class GetStatusBody(Body):
    """get/status."""

    task_id: Filled


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
        case _:
            raise InvalidRequest('agent_id goes with a filter of the form {"and": [...]} only.')
