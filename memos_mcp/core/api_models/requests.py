"""What `/api/v1` is asked for."""

from datetime import date
from typing import Annotated, Literal

from pydantic import BeforeValidator, ConfigDict, Field, JsonValue, StringConstraints

from memos_mcp.core.api_models.shown import MemoryKind, MemoryState
from memos_mcp.core.models import AnyId, Frozen, Identifier, Milliseconds

SortBy = Literal["updated", "created", "time", "value", "confidence"]


def end_of_time(value: object) -> object:
    """Take a date for the end of that day."""
    try:
        day = date.fromisoformat(value) if isinstance(value, str) and len(value) == len("2025-12-01") else None
    except ValueError:
        day = None
    return value if day is None else f"{day.isoformat()}T23:59:59.999+00:00"


EndOfTime = Annotated[Milliseconds, BeforeValidator(end_of_time)]
Sought = Annotated[str, StringConstraints(max_length=1_000)]
PageLimit = Annotated[int, Field(ge=1, le=200)]


class PageQuery(Frozen):
    """Which page of a list is wanted, of what holds a text, or of all."""

    text: Sought = ""
    limit: PageLimit = 50
    cursor: Annotated[str, StringConstraints(max_length=4_000)] = ""


class ConversationsQuery(PageQuery):
    """Which conversations are wanted: those whose id or messages hold the text."""


class MemoriesQuery(PageQuery):
    """Which memories are wanted; `state` is `all` for those out of force too, `text` what they say."""

    kind: MemoryKind | None = None
    state: MemoryState | Literal["all"] = "activated"
    tag: str = ""
    conversation_id: Identifier = ""
    sort: SortBy = "updated"
    order: Literal["asc", "desc"] = "desc"


class MemoryPatch(Frozen):
    """What a memory is to say instead; what is not given stays."""

    value: Annotated[str, StringConstraints(min_length=1, max_length=10_000)] | None = None
    title: Annotated[str, StringConstraints(max_length=1_000)] | None = None
    tags: (
        Annotated[tuple[Annotated[str, StringConstraints(min_length=1, max_length=100)], ...], Field(max_length=50)]
        | None
    ) = None


class MessagesQuery(Frozen):
    """Which part of a conversation is wanted: its end, or that around, before or after a message, or from a date.

    `text` leaves only the messages that hold it.
    """

    around: AnyId = ""
    before: AnyId = ""
    after: AnyId = ""
    date: Milliseconds | None = None
    text: Sought = ""
    limit: PageLimit = 50


class SearchQuery(Frozen):
    """What is looked for, and among what; `start` and `end` bound when it was said."""

    query: Annotated[str, StringConstraints(min_length=1)]
    kinds: Annotated[str, StringConstraints(max_length=100)] = ""
    start: Milliseconds | None = None
    end: EndOfTime | None = None
    conversation_id: Identifier = ""
    tag: str = ""
    limit: Annotated[int, Field(ge=1, le=25)] = 20

    def condition(self) -> JsonValue:
        """Write what bounds the search as MemOS's filter, null where nothing does."""
        conditions: list[JsonValue] = []
        if self.start is not None:
            conditions.append({"create_time": {"gte": self.start}})
        if self.end is not None:
            conditions.append({"create_time": {"lte": self.end}})
        if self.conversation_id:
            conditions.append({"conversation_id": self.conversation_id})
        if self.tag:
            conditions.append({"tags": {"contains": self.tag}})
        return {"and": conditions} if conditions else None


class Ids(Frozen):
    """Which memories are to go, and whether the messages go too that they come from."""

    ids: Annotated[tuple[AnyId, ...], Field(min_length=1, max_length=10_000)]
    delete_messages: bool = False
    dry_run: bool = False


class MessagesToDelete(Frozen):
    """Which messages are to go: these, or those of a conversation between two of them or two times."""

    model_config = ConfigDict(populate_by_name=True)

    message_ids: Annotated[tuple[AnyId, ...], Field(max_length=10_000)] = ()
    conversation_id: Identifier = ""
    first: Annotated[AnyId, Field(alias="from")] = ""
    last: Annotated[AnyId, Field(alias="to")] = ""
    dry_run: bool = False


class TextToForget(Frozen):
    """The word, name or phrase that nothing is to speak of any more."""

    text: Annotated[str, StringConstraints(min_length=1, max_length=1_000)]
    dry_run: bool = False


class ExportQuery(Frozen):
    """In which form: JSON lines, which can be imported, or a zip of Markdown for people."""

    format: Literal["jsonl", "markdown"] = "jsonl"


class DryRun(Frozen):
    """Whether nothing is to be changed."""

    dry_run: bool = False
