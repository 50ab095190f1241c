"""The endpoints about messages: adding and reading them, listing conversations, and following an add."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar, Final, cast

from pydantic import BeforeValidator, Field, JsonValue, model_validator

from memos_mcp.api.contract import responses as answers
from memos_mcp.api.contract.base_body import Body, FilledId, Given, PageNumber, at_most
from memos_mcp.api.contract.endpoint import Call, Endpoint, Endpoints
from memos_mcp.api.contract.responses import Answer
from memos_mcp.backends.base import MemoryBackend
from memos_mcp.core.errors import InvalidRequest, NotFound
from memos_mcp.core.message_shapes import GivenMessage, read_messages
from memos_mcp.core.models import (
    MAX_ID_LENGTH,
    AddMessage,
    AddReceipt,
    AgentMemory,
    AnyId,
    ConversationPage,
    GetConversation,
    GetMessage,
    Identifier,
    MessagePage,
    Task,
)

MOST_USERS: Final = 20
"""Users for whom one add may be."""


def the_first(value: JsonValue) -> JsonValue:
    """Return the first of a list: a message is labelled with one agent."""
    return value[0] if isinstance(value, list) and value else value


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


class GetMessageBody(Body):
    """get/message."""

    without_effect: ClassVar[Mapping[str, str]] = {"conversation_limit_number": "one conversation is read"}

    conversation_id: Given
    message_limit_number: Annotated[int, Field(ge=1), at_most(50)] = 6
    page: PageNumber = 1
    message_id: AnyId = ""


class GetConversationBody(Body):
    """get/conversation, which is ours."""

    page: PageNumber = 1
    size: Annotated[int, Field(ge=1), at_most(100)] = 50
    prefix: Identifier = ""


class GetStatusBody(Body):
    """get/status."""

    task_id: FilledId


@dataclass(frozen=True, slots=True)
class MessageEndpoints:
    """Messages, conversations and tasks."""

    backend: MemoryBackend

    def endpoints(self) -> Endpoints:
        """Return the endpoints."""
        return [
            Endpoint("add/message", self.add_message, AddMessageBody, (AddReceipt,)),
            Endpoint("get/message", self.get_message, GetMessageBody, (answers.DatedMessagePage,)),
            Endpoint("get/conversation", self.get_conversation, GetConversationBody, (ConversationPage,)),
            Endpoint("get/status", self.get_status, GetStatusBody, (Task,)),
        ]

    async def add_message(self, call: Call[AddMessageBody]) -> Answer:
        """Store messages; `Idempotency-Key` names an add, so that a repeat is known for one."""
        body = await call.body()
        key = call.request.headers.get("idempotency-key", "")
        if len(key) > MAX_ID_LENGTH:
            raise InvalidRequest(f"The Idempotency-Key is longer than {MAX_ID_LENGTH} characters: shorten it.")
        users = [call.caller.user(one) for one in body.users()]
        wanted = body.request(AddMessage, key=key, wait=not body.async_mode)
        receipts: list[AddReceipt] = []
        for user_id in users:
            receipts.append(await self.backend.add_message(wanted, user_id=user_id))
            wanted = wanted.model_copy(update={"conversation_id": receipts[0].conversation_id})
        return answers.receipt(*receipts)

    async def get_message(self, call: Call[GetMessageBody]) -> Answer:
        """Read a conversation; one that there is not has no messages."""
        body = await call.body()
        user_id = call.caller.user(body.user_id)
        try:
            page = await self.backend.get_message(body.request(GetMessage), user_id=user_id)
        except NotFound:
            page = MessagePage(conversation_id=body.conversation_id)
        return answers.message_page(page)

    async def get_conversation(self, call: Call[GetConversationBody]) -> ConversationPage:
        """List conversations."""
        body = await call.body()
        user_id = call.caller.user(body.user_id)
        return await self.backend.get_conversation(body.request(GetConversation), user_id=user_id)

    async def get_status(self, call: Call[GetStatusBody]) -> Answer:
        """Follow a task; what it changed is said once it is completed."""
        body = await call.body()
        user_id = await call.caller.user_of_task(body.user_id, body.task_id)
        task = await self.backend.get_status(body.task_id, user_id=user_id)
        return task.model_dump(mode="json", exclude_none=True)
