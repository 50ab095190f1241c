"""What the models are made of: ids, roles, states, times, limits."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

MAX_CONTENT_BYTES = 1_000_000
"""The longest content of one message, in bytes of UTF-8."""

MAX_QUERY_TOKENS = 40_000
"""The longest query, in tokens of four characters each (MemOS's limit a call, its rule of thumb)."""

MAX_ID_LENGTH = 100
"""The longest id of a user, a conversation or an agent (MemOS's limit), and the longest key of an add."""

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

Identifier = Annotated[
    str, StringConstraints(max_length=MAX_ID_LENGTH, pattern=r"^[^\x00]*$"), BeforeValidator(read_id)
]


class Frozen(BaseModel):
    """Base of every model here: immutable once parsed.

    Of a memory or message, `create_time` is when it was said and `update_time` when it last changed, both UTC. A list
    of what is known is newest first by `update_time`; of two statements, the newer is the one that was said later.
    """

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
