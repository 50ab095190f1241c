"""What an extractor is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal, Protocol

from memos_mcp.backends.local.text.keyphrases import tags, title
from memos_mcp.backends.local.text.temporal.periods import Grain
from memos_mcp.core.models import Role


@dataclass(frozen=True, slots=True)
class Source:
    """A stored message that memories can be learnt from.

    `chat_time` is in epoch milliseconds, `utc_offset` the minutes by which its speaker's clock is ahead of UTC.
    `speaker` is the name of who speaks, where that is somebody else than the user whose memory it is, or than their
    assistant. Others may find what is learnt from `public` sources alone.
    """

    seq: int
    role: Role
    content: str
    chat_time: int
    utc_offset: int = 0
    speaker: str = ""
    public: bool = False

    @property
    def with_speaker(self) -> str:
        """What was said, after the name of who said it, where it is somebody else."""
        return f"{self.speaker}: {self.content}" if self.speaker else self.content

    @property
    def moment(self) -> datetime:
        """What the speaker's calendar and clock showed, written as UTC: "tomorrow" is the day after this one."""
        return datetime.fromtimestamp(self.chat_time / 1000, UTC) + timedelta(minutes=self.utc_offset)


@dataclass(frozen=True, slots=True)
class Draft:
    """A memory, or a preference, before it is stored; it takes `key` and `tags` from its text where none are given.

    `value` begins with `[user perspective] ` or `[assistant perspective] ` for a memory, and is the bare statement
    for a preference. `sources` are the `seq` of the messages that support it, never empty. `memory_time` is the
    time it speaks of, in epoch milliseconds, where it names one, and `time_grain` how exactly: it is the beginning
    of that day, week, month or year. `extractor` is who made it, where that is not the one that was asked.
    """

    value: str
    sources: tuple[int, ...]
    key: str = ""
    tags: tuple[str, ...] = ()
    confidence: float = 1.0
    memory_time: int | None = None
    time_grain: Grain | None = None
    preference: Literal["explicit_preference", "implicit_preference"] | None = None
    reasoning: str = ""
    extractor: str = ""

    def __post_init__(self) -> None:
        """Name what the text is about."""
        object.__setattr__(self, "key", self.key or title(self.value))
        object.__setattr__(self, "tags", self.tags or tags(self.value))


class Extractor(Protocol):
    """Learns memories from the messages of one add; stateless, and may take long.

    `name` says which extractor, and which version of it, made a memory.
    """

    @property
    def name(self) -> str:
        """The extractor and its version."""
        ...

    @property
    def takes_instructions(self) -> bool:
        """Whether it can be told what to keep."""
        ...

    def extract(self, messages: Sequence[Source], *, before: Sequence[Source], instructions: str = "") -> list[Draft]:
        """Draft the memories that `messages` support.

        `instructions` are what the application wants to be kept of them; it may be left without effect.

        `before` are the few messages that came right before them in the conversation: they explain, and may be
        named as sources, but what they say alone was drafted already.
        """
        ...

    def close(self) -> None:
        """End a call that is under way in another thread: it raises `Unavailable`. Later calls do too, or work."""
        ...
