"""The request bodies of MemOS's own server, as its models list them: another field is refused.

The server itself passes unknown fields over; here they show that we send what has no meaning.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Said(Body):
    role: Literal["user", "assistant", "system"]
    content: str
    chat_time: str | None = None


class ToolSaid(Body):
    role: Literal["tool"]
    content: str
    tool_call_id: str
    chat_time: str | None = None


Message = Annotated[Said | ToolSaid, Field(discriminator="role")]


class AddBody(Body):
    user_id: str
    session_id: str | None = None
    task_id: str | None = None
    writable_cube_ids: list[str] | None = None
    async_mode: Literal["async", "sync"] = "async"
    mode: Literal["fast", "fine"] | None = None
    custom_tags: list[str] | None = None
    info: dict[str, JsonValue] | None = None
    messages: list[Message] | None = None
    chat_history: list[Message] | None = None
    is_feedback: bool = False


class SearchBody(Body):
    query: str
    user_id: str
    readable_cube_ids: list[str] | None = None
    mode: Literal["fast", "fine", "mixture"] = "fast"
    session_id: str | None = None
    top_k: Annotated[int, Field(ge=1)] = 10
    relativity: Annotated[float, Field(ge=0)] = 0.45
    dedup: Literal["no", "sim", "mmr"] | None = "mmr"
    pref_top_k: Annotated[int, Field(ge=0)] = 6
    include_preference: bool = True
    search_tool_memory: bool = True
    tool_mem_top_k: Annotated[int, Field(ge=0)] = 6
    include_skill_memory: bool = True
    skill_mem_top_k: Annotated[int, Field(ge=0)] = 3
    filter: dict[str, JsonValue] | None = None
    internet_search: bool = False
    chat_history: list[Message] | None = None


class GetMemoryBody(Body):
    mem_cube_id: str
    user_id: str | None = None
    include_preference: bool = True
    include_tool_memory: bool = True
    include_skill_memory: bool = True
    filter: dict[str, JsonValue] | None = None
    page: int | None = None
    page_size: int | None = None


class DeleteMemoryBody(Body):
    writable_cube_ids: list[str] | None = None
    memory_ids: list[str] | None = None
    file_ids: list[str] | None = None
    filter: dict[str, JsonValue] | None = None


class FeedbackBody(Body):
    user_id: str
    session_id: str | None = "default_session"
    task_id: str | None = None
    history: list[Message] | None
    retrieved_memory_ids: list[str] | None = None
    feedback_content: str | None
    feedback_time: str | None = None
    writable_cube_ids: list[str] | None = None
    async_mode: Literal["sync", "async"] = "async"
    corrected_answer: bool = False
    info: dict[str, JsonValue] | None = None


class StatusQuery(Body):
    user_id: str
    task_id: str
