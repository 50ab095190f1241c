"""What a search found, as one list: best first, nothing said twice, the newest of conflicting facts first."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from memos_mcp.models import Memory, Preference, SearchResult, StoredMessage, clock_text
from memos_mcp.passages import count_words

_PERSPECTIVE = re.compile(r"^\[(?:user|assistant) perspective\]\s*", re.IGNORECASE)

_TELLING = 5
"""Where sources are not known, so many words in common are taken for a quotation."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One find. `who` is the role of a message's speaker, or what else it is, with the day that it is about.

    `time`, in epoch milliseconds, is when it was said.
    """

    id: str
    who: str
    text: str
    time: int
    conversation_id: str
    relativity: float
    source: Memory | Preference | StoredMessage

    @property
    def superseded(self) -> bool:
        """Say whether this is a memory that a newer one has replaced."""
        return not isinstance(self.source, StoredMessage) and self.source.status == "archived"


def evidence(result: SearchResult) -> list[Entry]:
    """Give what was found, best first.

    A message that a memory quotes is left out, as is a memory that says no more than a better message. Memories
    of the same title stand together, the newest first: where they conflict, that one holds.
    """
    entries = sorted(_entries(result), key=lambda entry: -entry.relativity)
    return _newest_of_a_title_first(_without_repetition(entries))


def best_relativity(result: SearchResult) -> float:
    """Give the relativity of the best find, 0 where there is none."""
    return max((entry.relativity for entry in _entries(result)), default=0.0)


def called(memory: Memory) -> str:
    """Call a memory by the day that it is about, where that is not the day on which it was said."""
    about = about_when(memory)
    return "memory" if about in ("", clock_text(memory.create_time)[:10]) else f"memory of {about}"


def about_when(memory: Memory) -> str:
    """Write the time that a memory is about as exactly as it is known: 2019, 2023-05 or 2023-05-07."""
    if memory.memory_time is None:
        return ""
    length = {"year": 4, "season": 7, "month": 7}.get(memory.time_grain or "day", 10)
    return clock_text(memory.memory_time)[:length]


def _entries(result: SearchResult) -> Iterator[Entry]:
    for memory in result.memory_detail_list:
        yield _entry(memory, called(memory), memory.memory_value, memory.create_time)
    for preference in result.preference_detail_list:
        yield _entry(preference, "preference", preference.preference, preference.create_time)
    for message in result.message_detail_list:
        yield _entry(message, message.role, message.content, message.create_time)


def _entry(source: Memory | Preference | StoredMessage, who: str, text: str, time: int) -> Entry:
    # a missing score is read as 1, as MemOS's clients do
    relativity = 1.0 if source.relativity is None else source.relativity
    return Entry(source.id, who, text, time, source.conversation_id, relativity, source)


def _plain(text: str) -> str:
    """Give a text as it is compared: without its perspective, in lower case, with single spaces."""
    return " ".join(_PERSPECTIVE.sub("", text).casefold().split())


def _without_repetition(entries: Iterable[Entry]) -> list[Entry]:
    kept: list[tuple[Entry, str]] = []
    for entry in entries:
        plain = _plain(entry.text)
        if any(_repeats(entry, plain, better, said) for better, said in kept):
            continue
        quoted = [other for other, said in kept if _repeats(other, said, entry, plain)]
        kept = [pair for pair in kept if pair[0] not in quoted]
        relativity = max([entry.relativity, *(other.relativity for other in quoted)])
        kept.append((replace(entry, relativity=relativity), plain))
    return sorted((entry for entry, _ in kept), key=lambda entry: -entry.relativity)


def _repeats(less: Entry, said: str, more: Entry, plain: str) -> bool:
    """Say whether one find, a memory and its message, has all the words of the other."""
    if said not in plain or isinstance(less.source, StoredMessage) is isinstance(more.source, StoredMessage):
        return said == plain and less.who != more.who
    return _is_source(less, more) or _is_source(more, less) or count_words(said) >= _TELLING


def _is_source(message: Entry, memory: Entry) -> bool:
    return not isinstance(memory.source, StoredMessage) and message.id in memory.source.sources


def _newest_of_a_title_first(entries: list[Entry]) -> list[Entry]:
    titled: dict[str, list[Entry]] = {}
    for entry in entries:
        if title := _title(entry):
            titled.setdefault(title, []).append(entry)
    newest = {
        title: iter(sorted(group, key=lambda entry: (entry.superseded, -entry.time))) for title, group in titled.items()
    }
    ordered = [next(newest[title]) if (title := _title(entry)) else entry for entry in entries]
    return [replace(entry, who=f"superseded {entry.who}") if entry.superseded else entry for entry in ordered]


def _title(entry: Entry) -> str:
    return entry.source.memory_key.casefold() if isinstance(entry.source, Memory) else ""
