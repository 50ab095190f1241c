"""The vocabulary: MemOS's own field names, parsed once at an edge and trusted from there on.

A request is the JSON body of the MemOS endpoint of the same name, less `user_id`, which is never an argument
of a tool: it comes from configuration or from a token. Times inside are epoch milliseconds, as on MemOS's wire.
"""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal, cast

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, JsonValue, StringConstraints, model_validator

MAX_CONTENT_BYTES = 1_000_000
"""The longest content of one message, in bytes of UTF-8."""

MAX_QUERY_TOKENS = 40_000
"""The longest query, in tokens of four characters each (MemOS's limit a call, its rule of thumb)."""

MAX_MESSAGES = 10_000
"""The most messages in one add."""

ENGINE_HEADER = "memos-engine"
"""The response header by which an engine of ours makes itself known; its value is the version."""

RELATIVITY_THRESHOLD = 0.45
"""From this `relativity` on MemOS's clients take a hit to be relevant."""

PUBLIC_KEY = "memos:public"
"""The key of `info` that marks what other users may find; callers may not set it themselves."""

Role = Literal["user", "assistant", "system", "tool"]
Status = Literal["activated", "resolving", "archived", "deleted"]
Grain = Literal["day", "weekend", "week", "month", "season", "year"]
TaskState = Literal["running", "completed", "failed"]


def read_id(value: object) -> object:
    """Return an id that was sent as a number as the text of it."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


AnyId = Annotated[str, BeforeValidator(read_id)]
Identifier = Annotated[str, StringConstraints(max_length=100, pattern=r"^[^\x00]*$"), BeforeValidator(read_id)]


class Frozen(BaseModel):
    """Base of every model here: immutable once parsed."""

    model_config = ConfigDict(frozen=True, extra="ignore")


def epoch_milliseconds(value: object) -> object:
    """Turn `"2025-09-12 08:00:00"`, ISO 8601 or epoch milliseconds into epoch milliseconds.

    A text without a zone is UTC, so that what goes in comes out alike on every machine.

    Raises:
        ValueError: the text is no time; the message names both forms.
    """
    if not isinstance(value, str):
        return value
    if value.isdecimal():
        return int(value)
    try:
        parsed = datetime.fromisoformat(value)
    except ValueError as exc:
        raise ValueError('write it as "2025-09-12 08:00:00" or ISO 8601') from exc
    if parsed.tzinfo is None:
        parsed = parsed.replace(tzinfo=UTC)
    return int(parsed.timestamp() * 1000)


def utc_offset(time: object) -> int | None:
    """Return the minutes by which a written time is ahead of UTC; None for one that is not text.

    A text without a zone is taken as UTC, so that its day is the one that it names.
    """
    if not isinstance(time, str) or time.isdecimal():
        return None
    try:
        offset = datetime.fromisoformat(time).utcoffset()
    except ValueError:
        return None
    return 0 if offset is None else int(offset.total_seconds()) // 60


def local_text(milliseconds: int, offset: int | None) -> str:
    """Write epoch milliseconds as the time that it was there, with the offset (in minutes) unless that is UTC's."""
    if not offset:
        return clock_text(milliseconds)
    hours, minutes = divmod(abs(offset), 60)
    return f"{clock_text(milliseconds + offset * 60_000)}{'-' if offset < 0 else '+'}{hours:02}:{minutes:02}"


def clock_text(milliseconds: int) -> str:
    """Write epoch milliseconds as MemOS does in get/message: `"2025-06-10 09:30:00"`, UTC."""
    return (datetime(1970, 1, 1) + timedelta(milliseconds=milliseconds)).isoformat(" ", "seconds")  # noqa: DTZ001


FIRST_MILLISECOND = -62_135_596_800_000
LAST_MILLISECOND = 253_402_300_799_999
"""The years 1 to 9999, which is what a calendar here can write."""

Milliseconds = Annotated[int, BeforeValidator(epoch_milliseconds), Field(ge=FIRST_MILLISECOND, le=LAST_MILLISECOND)]


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
    info: dict[str, JsonValue] = {}
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


class SearchMemory(Frozen):
    """The request of search/memory; a limit of 0 leaves that list out.

    `conversation_id` is a soft preference, not a filter. `relativity` is a threshold for memories and
    preferences (0 keeps all); messages come nearest first, whatever their relativity. `max_words` bounds the
    words of all texts in the answer together (0: no bound). `knowledgebase_ids` are those that are searched too, or
    `all`. `query_time` is the time of asking, from which "last week" counts (None: now). With `nearest`, the best
    memories are given even where none is at the threshold.
    """

    query: str
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
    knowledgebase_ids: tuple[str, ...] = ()
    query_time: Milliseconds | None = None
    nearest: bool = False


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


class Memory(Frozen):
    """What was learnt from messages. `sources` are the ids of those messages.

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


class SearchResult(Frozen):
    """The answer to a search, each list best first. `notice` says what was not searched, where something was not.

    `unknown_fields` are those of the filter that nothing has.
    """

    memory_detail_list: tuple[Memory, ...] = ()
    preference_detail_list: tuple[Preference, ...] = ()
    message_detail_list: tuple[StoredMessage, ...] = ()
    preference_note: str = ""
    instruction: str | None = None
    full_instruction: str | None = None
    notice: str = ""
    unknown_fields: tuple[str, ...] = ()


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


class GetMemory(Frozen):
    """The request of get/memory; with `memory_ids`, just those, whatever their status."""

    page: Annotated[int, Field(ge=1)] = 1
    size: Annotated[int, Field(ge=1, le=50)] = 10
    filter: JsonValue = None
    include_preference: bool = True
    memory_ids: tuple[str, ...] = ()


class MemoryPage(Frozen):
    """A page of memories and preferences together, newest first; `total` counts both.

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


class Document(Frozen):
    """A document of a knowledge base, which is searched in so many pieces."""

    id: str
    name: str
    pieces: int
    create_time: Milliseconds


class KnowledgeBase(Frozen):
    """A knowledge base, as it was called when it was made."""

    id: str
    knowledgebase_name: str = ""
    knowledgebase_description: str = ""


class MemoryViews(Frozen):
    """How many memories a task changed."""

    added: int = 0
    updated: int = 0
    deleted: int = 0


class Task(Frozen):
    """Where the work that an add left behind has got to."""

    task_id: str
    status: TaskState
    memory_views: MemoryViews | None = None


class StoreStatus(Frozen):
    """How much a store keeps, of all users together, and what waits for the background.

    Of the adds that wait for their memories, `failed_for_memories` failed and are tried again; `taken_over_by_rules`
    counts those that a chat model failed for so long that the rules took its place. `missing` says which library
    cannot be imported.
    """

    users: int = 0
    conversations: int = 0
    messages: int = 0
    memories: int = 0
    waiting_for_vectors: int = 0
    waiting_for_memories: int = 0
    failed_for_memories: int = 0
    taken_over_by_rules: int = 0
    embedder: str = ""
    missing: str = ""


class EngineStatus(Frozen):
    """How an engine is.

    `memory_bytes` is its resident memory, `hosts` the sessions of relays, `url` where it also serves over HTTP.
    `differences` say where the settings of whoever asks are not the engine's. `store` is None while it is not open.
    """

    version: str
    pid: int
    memory_bytes: int
    hosts: int
    url: str = ""
    differences: tuple[str, ...] = ()
    store: StoreStatus | None = None
