"""The arguments of the tools: their names and limits, and how what hosts send is read."""

from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import AliasChoices, BeforeValidator, Field, JsonValue, WithJsonSchema

from memos_mcp.core.errors import InvalidRequest, TooLarge
from memos_mcp.core.limits import encoded
from memos_mcp.core.message_shapes import GivenMessage, read_ids, read_json, read_messages
from memos_mcp.core.models import MAX_CONTENT_BYTES, AgentMemory, AnyId, Identifier
from memos_mcp.core.timestamps import ChatTime


def _names(*names: str) -> Any:  # noqa: ANN401 - pydantic types it so
    """Publish the first name of an argument and accept the others, which models guess."""
    return Field(validation_alias=AliasChoices(*names))


_MESSAGES = {
    "type": "array",
    "items": {
        "type": "object",
        "properties": {
            "role": {"type": "string", "enum": ["user", "assistant", "system", "tool"]},
            "content": {"type": "string"},
            "chat_time": {"type": "string", "description": "2025-09-12 08:00:00"},
        },
        "required": ["role", "content"],
    },
}
_IDS = {"type": "array", "items": {"type": "string"}}

Messages = Annotated[
    list[GivenMessage],
    BeforeValidator(read_messages),
    WithJsonSchema(_MESSAGES),
    _names("messages", "message", "content", "text"),
]
_AGENT_MEMORIES = {
    "type": "array",
    "items": {
        "type": "object",
        "properties": {
            "content": {"type": "string"},
            "replaces": {"type": "array", "items": {"type": "string"}},
            "memory_time": {"type": "string"},
        },
        "required": ["content"],
    },
}


def read_memories(value: JsonValue) -> JsonValue:
    """Take one memory, an object or a text, for a list of one."""
    parsed = read_json(value)
    if parsed is None or parsed == "":
        return []
    return parsed if isinstance(parsed, list) else [parsed]


AgentMemories = Annotated[
    Sequence[AgentMemory], BeforeValidator(read_memories), Field(max_length=50), WithJsonSchema(_AGENT_MEMORIES)
]
ConversationId = Annotated[Identifier, _names("conversation_id", "conversation"), WithJsonSchema({"type": "string"})]
Query = Annotated[str, _names("query", "q", "text", "question")]
MemoryLimit = Annotated[int, Field(ge=0, le=25), _names("memory_limit_number", "memory_limit", "limit", "top_k", "k")]
MessageLimit = Annotated[int, Field(ge=0, le=50), _names("message_limit_number", "message_limit")]
PageSize = Annotated[int, Field(ge=1, le=50), _names("message_limit_number", "message_limit", "limit", "size")]
Page = Annotated[int, Field(ge=1)]
Size = Annotated[int, Field(ge=1, le=50), _names("size", "limit", "page_size")]
Words = Annotated[int, Field(ge=0)]
QueryTime = Annotated[ChatTime, WithJsonSchema({"type": "string"})]
Filter = Annotated[JsonValue, BeforeValidator(read_json), WithJsonSchema({"type": "string"})]
MessageId = Annotated[AnyId, WithJsonSchema({"type": "string"})]
MemoryIds = Annotated[
    Sequence[AnyId],
    BeforeValidator(read_ids),
    WithJsonSchema(_IDS),
    _names("memory_ids", "memory_id", "ids", "id"),
]
MessageIds = Annotated[
    Sequence[AnyId], BeforeValidator(read_ids), WithJsonSchema(_IDS), _names("message_ids", "message_id")
]
CorrectedIds = Annotated[
    Sequence[str], BeforeValidator(read_ids), WithJsonSchema(_IDS), _names("memory_ids", "memory_id")
]
Feedback = Annotated[str, _names("feedback_content", "feedback", "content", "text")]


def checked_feedback(feedback: str) -> str:
    """Return a correction that can be stored.

    Raises:
        InvalidRequest: it is empty, or no text that can be written.
        TooLarge: it is too long.
    """
    if not feedback.strip():
        raise InvalidRequest("feedback_content is empty: say in words what is wrong, and what holds.")
    size = len(encoded(feedback, "feedback_content"))
    if size > MAX_CONTENT_BYTES:
        raise TooLarge(f"feedback_content has {size:,} bytes; at most {MAX_CONTENT_BYTES:,} are taken. Shorten it.")
    return feedback
