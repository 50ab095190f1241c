"""A ledger's content as records that another ledger can take in: what `memos-mcp export` writes, a JSON line each."""

from typing import Annotated, Literal

from pydantic import Field, JsonValue, StringConstraints

from memos_mcp.core.models import Frozen, Grain, Identifier, Milliseconds, Role, Status, TaskState

UserId = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=r"^[^\x00]*$")]


class MessageRecord(Frozen):
    """A message, whole. `id` is by what memories name it in the same file.

    `task_id` names the add that it came with, so that it is taken in once; without, what it says does. Memories are
    learnt from an add whose `task_status` is running, as from a new one.
    """

    kind: Literal["message"] = "message"
    user_id: UserId
    conversation_id: Identifier
    id: str = ""
    task_id: Identifier = ""
    task_status: TaskState = "running"
    role: Role
    content: str
    create_time: Milliseconds | None = None
    update_time: Milliseconds | None = None
    agent_id: Identifier = ""
    app_id: Identifier = ""
    tags: tuple[str, ...] = ()
    info: Annotated[dict[str, JsonValue], Field(default_factory=dict)]


class MemoryRecord(Frozen):
    """A memory or preference, whole. `sources`, `superseded_by` and `corrected_by` are ids of the same file.

    A `task_id` names it as another program did: it is taken in once, and does not come back when it was deleted.
    """

    kind: Literal["memory"] = "memory"
    user_id: UserId
    conversation_id: Identifier
    id: str = ""
    task_id: Identifier = Field(default="", exclude=True)
    memory_key: str = ""
    memory_value: str
    preference_type: Literal["explicit_preference", "implicit_preference"] | None = None
    reasoning: str = ""
    status: Status = "activated"
    confidence: float = 1.0
    memory_time: Milliseconds | None = None
    time_grain: Grain | None = None
    create_time: Milliseconds | None = None
    update_time: Milliseconds | None = None
    extractor: str = "import"
    agent_id: Identifier = ""
    app_id: Identifier = ""
    tags: tuple[str, ...] = ()
    info: Annotated[dict[str, JsonValue], Field(default_factory=dict)]
    superseded_by: str = ""
    corrected_by: str = ""
    sources: tuple[str, ...] = ()


Record = Annotated[MessageRecord | MemoryRecord, Field(discriminator="kind")]
