"""What `/api/v1` shows."""

from datetime import datetime, timedelta
from typing import Annotated, Literal

from pydantic import Field

from memos_mcp.core.models import Frozen, Role
from memos_mcp.core.models.values import Grain

MemoryKind = Literal["memory", "preference"]

HitKind = Literal["memory", "preference", "message"]

MemoryState = Literal["activated", "archived"]

Share = Annotated[float, Field(ge=0, le=1)]


def iso_time(milliseconds: int, offset: int | None = 0) -> str:
    """Write epoch milliseconds as ISO 8601 at a place that is `offset` minutes ahead of UTC."""
    minutes = offset or 0
    there = datetime(1970, 1, 1) + timedelta(milliseconds=milliseconds, minutes=minutes)  # noqa: DTZ001
    hours, rest = divmod(abs(minutes), 60)
    return f"{there.isoformat(timespec='seconds')}{'-' if minutes < 0 else '+'}{hours:02}:{rest:02}"


class Failure(Frozen):
    """What every refusal answers: what went wrong and what to do, in a sentence."""

    error: str


class ShownMessage(Frozen):
    """A message; `time` is when it was said, at its speaker's place, `memories` the ids of what was learnt from it."""

    message_id: str
    conversation_id: str
    role: Role
    content: str
    time: str
    memories: tuple[str, ...] = ()


class ShownMemory(Frozen):
    """A memory or preference.

    `time` is when that is of which it speaks: the beginning of a day, week, month or other `time_grain`. `sources` are
    the ids of its messages, `replaces` and `replaced_by` those of the memories that it took the place of, and that
    took its own.
    """

    memory_id: str
    kind: MemoryKind
    title: str = ""
    value: str
    state: MemoryState = "activated"
    tags: tuple[str, ...] = ()
    confidence: float = 1.0
    conversation_id: str = ""
    time: str | None = None
    time_grain: Grain | None = None
    created: str
    updated: str
    sources: tuple[str, ...] = ()
    replaces: tuple[str, ...] = ()
    replaced_by: str = ""


class ShownConversation(Frozen):
    """A conversation; `title` is what it was called, or how it begins."""

    conversation_id: str
    title: str
    messages: int
    first_time: str
    last_time: str


class Shown(Frozen):
    """Some memories and messages."""

    memories: tuple[ShownMemory, ...] = ()
    messages: tuple[ShownMessage, ...] = ()


class Counts(Frozen):
    """How much is kept of a user; `memories` are those in force, preferences included."""

    messages: int = 0
    memories: int = 0
    conversations: int = 0


class Waiting(Frozen):
    """What the background has still to do for all users together."""

    vectors: int = 0
    memories: int = 0
    failed: int = 0


class Day(Frozen):
    """How many messages were said on a day, and memories (preferences included, archived ones too) learnt from them.

    All days begin at midnight of the offset from UTC that the user's place has today, summer time or not.
    """

    date: str
    messages: int = 0
    memories: int = 0


class Health(Frozen):
    """Whether the store is well; `text` says it in a sentence."""

    ok: bool
    text: str


class Client(Frozen):
    """A host that is connected, since when."""

    name: str
    version: str
    since: str


class Status(Frozen):
    """How the engine and a user's memory are."""

    version: str
    user_id: str
    health: Health
    counts: Counts = Counts()
    waiting: Waiting = Waiting()
    clients: tuple[Client, ...] = ()


class Home(Frozen):
    """What is known of a user at a glance: what was said most often first, then preferences, then what is new."""

    profile: tuple[ShownMemory, ...] = ()
    preferences: tuple[ShownMemory, ...] = ()
    newest: tuple[ShownMemory, ...] = ()
    counts: Counts = Counts()
    days: tuple[Day, ...] = ()


class MemoryList(Frozen):
    """A page of memories; `next_cursor` is null on the last."""

    memories: tuple[ShownMemory, ...] = ()
    next_cursor: str | None = None
    total: int = 0


class MemoryChange(Frozen):
    """One change of a memory: `what` happened, and the `value` that it had after it, where that changed."""

    time: str
    what: str
    value: str | None = None
    undone: bool = False


class MemoryDetail(Frozen):
    """One memory with its messages, every change of it, and what it replaced and was replaced by."""

    memory: ShownMemory
    sources: tuple[ShownMessage, ...] = ()
    history: tuple[MemoryChange, ...] = ()
    replaces: tuple[ShownMemory, ...] = ()
    replaced_by: tuple[ShownMemory, ...] = ()
    can_undo: bool = False


class ConversationList(Frozen):
    """A page of conversations, the last used first; `next_cursor` is null on the last."""

    conversations: tuple[ShownConversation, ...] = ()
    next_cursor: str | None = None


class MessageList(Frozen):
    """A part of a conversation, oldest first, and whether there is more on either side."""

    messages: tuple[ShownMessage, ...] = ()
    has_before: bool = False
    has_after: bool = False


class Why(Frozen):
    """What speaks for a hit, each 0 to 1.

    `words` is the share of the query that stands in the text itself, `neighbours` the share that is found only beside
    it in its conversation, `meaning` the likeness of the two, `time` how near it is to a time that the query names.
    """

    words: Share = 0.0
    meaning: Share = 0.0
    time: Share = 0.0
    neighbours: Share = 0.0


class Hit(Frozen):
    """A memory, preference or message that was found, with what is shown of it and why it was found."""

    type: HitKind
    id: str
    relativity: float
    why: Why = Why()
    memory: ShownMemory | None = None
    message: ShownMessage | None = None


class SearchHits(Frozen):
    """What was found, best first, and the text that an agent would read of it."""

    hits: tuple[Hit, ...] = ()
    text: str = ""
    notice: str = ""


class Deleted(Frozen):
    """What is gone, or in a dry run would be.

    `still_held_by` are messages that stay and hold what the memories said, `fewer_sources` memories that stay as other
    messages say them too, `stale_backups` the files that may still hold what was deleted. `left` counts what still
    speaks of a text that was to be forgotten.
    """

    deleted_memories: tuple[str, ...] = ()
    deleted_messages: tuple[str, ...] = ()
    still_held_by: tuple[ShownMessage, ...] = ()
    fewer_sources: tuple[str, ...] = ()
    stale_backups: tuple[str, ...] = ()
    left: int | None = None
    dry_run: bool = False
    memories: tuple[ShownMemory, ...] = ()
    messages: tuple[ShownMessage, ...] = ()


class ShownSetting(Frozen):
    """A setting; the value of a key is masked."""

    name: str
    value: str
    source: str


class SettingList(Frozen):
    """Every setting."""

    settings: tuple[ShownSetting, ...]


class ShownHost(Frozen):
    """A host on this machine: its file, and whether that starts us.

    `no_hooks` says why a host that could save and recall by itself does not. After an installation, or before it in
    a dry run: what changes in its files, whether that is refused, why it is or is done otherwise, and what a person has
    to do then.
    """

    name: str
    title: str
    file: str
    configured: bool
    no_hooks: str = ""
    diff: str = ""
    refused: bool = False
    why: str = ""
    then: str = ""


class HostList(Frozen):
    """The hosts that were found."""

    hosts: tuple[ShownHost, ...]
