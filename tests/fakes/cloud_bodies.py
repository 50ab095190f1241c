"""The request bodies of the MemOS contract, to the letter: a field that it does not list is refused."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, StringConstraints

Id = Annotated[str, StringConstraints(min_length=1, max_length=100)]


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class TextPart(Body):
    type: Literal["text"]
    text: str


class Said(Body):
    role: Literal["user", "assistant", "system", "tool"]
    role_id: str | None = None
    role_name: str | None = None
    content: str | list[TextPart]
    chat_time: Annotated[str, StringConstraints(pattern=r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$")] | None = None
    tool_calls: list[dict[str, JsonValue]] | None = None
    tool_call_id: str | None = None

    @property
    def text(self) -> str:
        return self.content if isinstance(self.content, str) else "\n".join(part.text for part in self.content)


class AddMessageBody(Body):
    messages: Annotated[list[Said], Field(min_length=1)]
    user_id: Id
    conversation_id: Id | None = None
    agent_id: str | None = None
    app_id: str | None = None
    tags: list[str] | None = None
    info: dict[str, str | int | float | list[str]] | None = None
    allow_public: bool = False
    allow_knowledgebase_ids: list[str] | None = None
    allow_memory_view: list[str] | None = None
    async_mode: bool = True
    source: str | None = None


class SearchMemoryBody(Body):
    query: Annotated[str, StringConstraints(min_length=1)]
    user_id: Id | None = None
    agent_id: str | None = None
    conversation_id: Id | None = None
    filter: dict[str, JsonValue] | None = None
    memory_limit_number: Annotated[int, Field(ge=1, le=25)] = 9
    relativity: Annotated[float, Field(ge=0, le=1)] = 0.45
    include_preference: bool = True
    preference_limit_number: Annotated[int, Field(ge=1, le=25)] = 9
    include_tool_memory: bool = False
    tool_memory_limit_number: int = 6
    include_skill: bool = False
    skill_limit_number: int = 6
    include_memory_view: list[str] | None = None
    knowledgebase_ids: list[str] | None = None
    context_format: Literal["memory", "sources", "mixed"] = "memory"
    source: str | None = None


class GetMessageBody(Body):
    user_id: Id
    conversation_id: Id
    message_limit_number: Annotated[int, Field(ge=1, le=50)] = 6


class GetMemoryBody(Body):
    user_id: Id
    page: Annotated[int, Field(ge=1)] = 1
    size: Annotated[int, Field(ge=1, le=50)] = 10
    filter: dict[str, JsonValue] | None = None
    include_preference: bool = True


class DeleteMemoryBody(Body):
    memory_ids: Annotated[list[str], Field(min_length=1)] | None = None
    user_id: Id | None = None


class UpdateMemoryBody(Body):
    memory_id: str
    content: str | None = None
    title: str | None = None


class AddFeedbackBody(Body):
    user_id: Id
    feedback_content: Annotated[str, StringConstraints(min_length=1)]
    conversation_id: Id | None = None
    feedback_time: str | None = None


class GetStatusBody(Body):
    task_id: str
