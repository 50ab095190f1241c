"""Memories and preferences: reading, deleting and correcting them."""

from typing import Annotated, Literal

from pydantic import Field, JsonValue

from memos_mcp.core.models.messages import StoredMessage
from memos_mcp.core.models.values import AnyId, Frozen, Grain, Identifier, Milliseconds, Status, TaskState


class Memory(Frozen):
    """What was learnt from messages. `sources` are the ids of those messages.

    `create_time` is when the last of its messages was said, `update_time` when it last changed, and `memory_time` the
    beginning of the day, month or other `time_grain` of which it speaks, None where it names no time. A host sees
    `memory_time`, and `create_time` where that differs (`mcp/results/structured_content.py`), but no `update_time`.

    `supersedes` are the ids of archived memories in whose place it stands, `superseded_by` is the one that stands in
    its own.
    """

    id: str
    memory_key: str = ""
    memory_value: str
    memory_type: str = "LongTermMemory"
    memory_time: Milliseconds | None = None
    time_grain: Grain | None = None
    conversation_id: str = ""
    status: Status = "activated"
    confidence: float = 1.0
    tags: tuple[str, ...] = ()
    create_time: Milliseconds = 0
    update_time: Milliseconds = 0
    relativity: float | None = None
    sources: tuple[str, ...] = ()
    supersedes: tuple[str, ...] = ()
    superseded_by: str = ""


class Preference(Frozen):
    """A memory of how the user likes things: said outright (explicit) or inferred (implicit).

    `supersedes` and `superseded_by` are those of a `Memory`.
    """

    id: str
    preference: str
    preference_type: Literal["explicit_preference", "implicit_preference"] = "explicit_preference"
    reasoning: str = ""
    conversation_id: str = ""
    status: Status = "activated"
    create_time: Milliseconds = 0
    update_time: Milliseconds = 0
    relativity: float | None = None
    sources: tuple[str, ...] = ()
    supersedes: tuple[str, ...] = ()
    superseded_by: str = ""


class GetMemory(Frozen):
    """The request of get/memory; with `memory_ids`, just those, whatever their status."""

    page: Annotated[int, Field(ge=1)] = 1
    size: Annotated[int, Field(ge=1, le=50)] = 10
    filter: JsonValue = None
    include_preference: bool = True
    memory_ids: tuple[str, ...] = ()


class MemoryPage(Frozen):
    """A page of memories and preferences together, newest first.

    `total` counts both on all pages; of a hosted service that does not say it, only those on this page.
    `notice` says what is odd about the request, where something is, `unknown_fields` are those of the filter that
    nothing has.
    """

    memory_detail_list: tuple[Memory, ...] = ()
    preference_detail_list: tuple[Preference, ...] = ()
    total: int = 0
    size: int = 10
    current: int = 1
    pages: int = 1
    notice: str = ""
    unknown_fields: tuple[str, ...] = ()


class Stretch(Frozen):
    """The messages of a conversation from `first` to `last`, both included: each the id of a message, or a time."""

    conversation_id: Identifier
    first: AnyId
    last: AnyId


class DeleteMemory(Frozen):
    """The request of delete/memory: what is named, what a filter matches or, with `everything`, all of the user.

    MemOS deletes memories alone; the rest is ours. `message_ids`, `conversation_ids` and `stretch` name messages,
    with `delete_messages` those go too that the memories were learnt from, and `text` is everything that speaks of a
    word or a person, with the messages that it was learnt from. A memory that loses its last message goes. With
    `dry_run` nothing goes, and the receipt says what would.
    """

    memory_ids: tuple[str, ...] = ()
    filter: JsonValue = None
    everything: bool = False
    delete_messages: bool = False
    message_ids: tuple[str, ...] = ()
    conversation_ids: tuple[str, ...] = ()
    stretch: Stretch | None = None
    text: str = ""
    dry_run: bool = False

    @property
    def of_messages(self) -> bool:
        """Whether it asks for more than a service that deletes memories alone can do."""
        return bool(
            self.delete_messages
            or self.message_ids
            or self.conversation_ids
            or self.stretch
            or self.text
            or self.dry_run
        )


class Removed(Frozen):
    """How much went with a user."""

    conversations: int = 0
    messages: int = 0
    memories: int = 0


class DeleteReceipt(Frozen):
    """The answer to a deletion: the ids of the memories and messages that are gone, or with `dry_run` would be.

    `still_held_by` are messages that stay and hold what the memories said, `fewer_sources` memories that stay and
    lost a message, `stale_backups` the files that may still hold what was deleted. In a dry run
    `message_detail_list` has the first of the messages. Where all of a user went, `removed` is how much that was.
    `unknown_fields` are those of the filter that nothing has.
    """

    success: bool = True
    deleted: tuple[str, ...] = ()
    deleted_messages: tuple[str, ...] = ()
    still_held_by: tuple[StoredMessage, ...] = ()
    fewer_sources: tuple[str, ...] = ()
    stale_backups: tuple[str, ...] = ()
    message_detail_list: tuple[StoredMessage, ...] = ()
    dry_run: bool = False
    removed: Removed | None = None
    unknown_fields: tuple[str, ...] = ()


class UpdateMemory(Frozen):
    """The request of update/memory: a new text, a new title, or both; what is empty stays as it is."""

    memory_id: str
    content: str = ""
    title: str = ""


class UpdateReceipt(Frozen):
    """The answer to an update."""

    success: bool = True


class AddFeedback(Frozen):
    """The request of add/feedback: a correction in plain words, of the memories that it names, if any."""

    feedback_content: str
    memory_ids: tuple[str, ...] = ()
    conversation_id: Identifier = ""
    feedback_time: Milliseconds | None = None
    allow_public: bool = False


class FeedbackReceipt(Frozen):
    """The answer to feedback: what was archived and what was added because of it; `note` says why nothing was."""

    success: bool = True
    task_id: str
    status: TaskState
    archived: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    note: str = ""


class MemoryViews(Frozen):
    """How many memories a task changed."""

    added: int = 0
    updated: int = 0
    deleted: int = 0
