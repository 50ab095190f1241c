"""Messages: adding them, and reading them by conversation."""

from typing import Annotated, cast

from pydantic import Field, JsonValue, StringConstraints, model_validator

from memos_mcp.core.models.values import Frozen, Identifier, Milliseconds, Role, Status, TaskState, utc_offset


class Message(Frozen):
    """What is to be kept, word for word; `utc_offset` is the one that `chat_time` was written with, in minutes.

    Where several take part in a conversation, `role_id` and `role_name` say who of them speaks.
    """

    role: Role
    content: str
    role_id: Identifier = ""
    role_name: Identifier = ""
    chat_time: Milliseconds | None = None
    utc_offset: Annotated[int, Field(ge=-1439, le=1439)] | None = None

    @model_validator(mode="before")
    @classmethod
    def _keep_offset(cls, raw: object) -> object:
        return with_offset(raw)


def with_offset(raw: object) -> object:
    """Add to a raw message the offset that its time is written with."""
    if not isinstance(raw, dict):
        return raw
    fields = cast("dict[str, object]", raw)
    offset = utc_offset(fields.get("chat_time"))
    return fields if offset is None else {"utc_offset": offset, **fields}


class AgentMemory(Frozen):
    """A memory that the agent itself found worth keeping of the messages that it adds.

    `replaces` are the ids of memories in whose place it stands, `memory_time` is the time that it speaks of.
    """

    content: Annotated[str, StringConstraints(min_length=1, max_length=1_000)]
    replaces: tuple[str, ...] = ()
    memory_time: Milliseconds | None = None

    @model_validator(mode="before")
    @classmethod
    def _from_text(cls, raw: object) -> object:
        return {"content": raw} if isinstance(raw, str) else raw


class AddMessage(Frozen):
    """The request of add/message.

    `key` makes an add safe to repeat: the same key from the same user stores once and answers alike. `wait`
    answers when the memories are there too (MemOS's `async_mode: false`). `memories` are the agent's own, which go
    before those that are learnt from the same messages. `custom_extract_prompt` says what the application wants a chat
    model to keep of these messages. With `allow_public` other users find the memories of these messages too.
    """

    messages: tuple[Message, ...]
    conversation_id: Identifier = ""
    agent_id: Identifier = ""
    app_id: Identifier = ""
    tags: tuple[str, ...] = ()
    info: dict[str, JsonValue] = Field(default_factory=dict[str, JsonValue])
    key: Identifier = ""
    wait: bool = False
    memories: Annotated[tuple[AgentMemory, ...], Field(max_length=50)] = ()
    custom_extract_prompt: Annotated[str, Field(max_length=4_000)] = ""
    allow_public: bool = False


class AddReceipt(Frozen):
    """The answer to an add: it is on disk. `note` says why a task is not completed, where there is a reason."""

    success: bool = True
    task_id: str
    status: TaskState
    conversation_id: str
    note: str = ""


class StoredMessage(Frozen):
    """A message as it was stored; `relativity` only where a search found it.

    A search gives the status `archived` to a message whose memory no longer holds; `superseded_by` is the message
    that says what holds in its place. `utc_offset` is that of the speaker's place, in minutes.
    """

    id: str = ""
    role: Role
    content: str
    role_id: str = ""
    role_name: str = ""
    conversation_id: str = ""
    create_time: Milliseconds = 0
    update_time: Milliseconds = 0
    relativity: float | None = None
    status: Status = "activated"
    superseded_by: str = ""
    utc_offset: int | None = None


class GetMessage(Frozen):
    """The request of get/message. Page 1 is the most recent; within a page the oldest comes first.

    With `message_id`, which MemOS does not have, the page that holds that message is meant, whatever `page` says.
    """

    conversation_id: Identifier
    message_limit_number: Annotated[int, Field(ge=1, le=50)] = 6
    page: Annotated[int, Field(ge=1)] = 1
    message_id: str = ""


class MessagePage(Frozen):
    """A page of a conversation, oldest first. `total` counts its messages, `pages` its pages."""

    conversation_id: str = ""
    message_detail_list: tuple[StoredMessage, ...] = ()
    total: int = 0
    page: int = 1
    pages: int = 1


class GetConversation(Frozen):
    """The request of get/conversation (ours, not MemOS's): which conversations there are."""

    page: Annotated[int, Field(ge=1)] = 1
    size: Annotated[int, Field(ge=1, le=100)] = 50
    prefix: Identifier = ""


class Conversation(Frozen):
    """One thread: how many messages it has and when its first and last were said."""

    conversation_id: str
    total: int
    create_time: Milliseconds
    update_time: Milliseconds


class ConversationPage(Frozen):
    """A page of conversations, the most recently used first."""

    conversation_detail_list: tuple[Conversation, ...] = ()
    total: int = 0
    size: int = 50
    current: int = 1
    pages: int = 1
