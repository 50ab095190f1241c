"""What a search found, as one list: best first, nothing said twice, the newest of conflicting facts first."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import accumulate

from memos_mcp.core.models import Memory, Preference, SearchResult, StoredMessage, clock_text
from memos_mcp.core.perspective import bare
from memos_mcp.rendering.excerpts import count_words

OF_A_MESSAGE = 0.6
"""What a memory counts of a message as near. Evidence in the first 150 words of an answer, conversations 4 and 5 of
LoCoMo: 72 % so, 66 % where both count the same, 73 % where the memory comes after every message."""

_TELLING = 5
"""Where sources are not known, so many words in common are taken for a quotation."""


@dataclass(frozen=True, slots=True)
class EvidenceItem:
    """One find. `who` is the role of a message's speaker, or what else it is, with the day that it is about.

    `local_time`, in epoch milliseconds, is when it was said, of a message by its speaker's clock: it is shown, and
    compared with nothing. What tells newer from older is `create_time` of the source.
    """

    id: str
    who: str
    text: str
    local_time: int
    conversation_id: str
    relativity: float
    source: Memory | Preference | StoredMessage

    @property
    def superseded(self) -> bool:
        """Say whether something newer has replaced this."""
        return self.source.status == "archived"


def evidence(result: SearchResult) -> list[EvidenceItem]:
    """Return what was found, best first; each list stays in its order.

    A message that a memory quotes is left out, as is a memory that says no more than a better message. Memories
    of the same title stand together, the newest first: where they conflict, that one holds.
    """
    return _newest_of_a_title_first(_without_repetition(_in_order(result)))


def best_relativity(result: SearchResult) -> float:
    """Return the relativity of the best find, 0 where there is none."""
    found = (*result.memory_detail_list, *result.preference_detail_list, *result.message_detail_list)
    return max(map(_relativity, found), default=0.0)


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


def said_by(message: StoredMessage) -> str:
    """Write the role of a message, and the name of who speaks where it is given."""
    name = " ".join(message.role_name.split())
    return f"{message.role} ({name})" if name else message.role


def _in_order(result: SearchResult) -> list[EvidenceItem]:
    """Put the lists together by relativity, where a find counts as much as the best of those after it in its list.

    Relativity compares one list, or one search, with another; within a list, the order in which it came says more.
    Where a memory and a message are about as near, the message comes first: it says all of it.
    """
    counted: list[tuple[float, EvidenceItem]] = []
    for found, weight in zip(_lists(result), (OF_A_MESSAGE, OF_A_MESSAGE, 1.0), strict=True):
        from_here = accumulate((weight * entry.relativity for entry in reversed(found)), max)
        counted += zip(reversed(list(from_here)), found, strict=True)
    return [entry for _, entry in sorted(counted, key=lambda pair: -pair[0])]


def _lists(result: SearchResult) -> tuple[list[EvidenceItem], list[EvidenceItem], list[EvidenceItem]]:
    return (
        [_entry(one, called(one), one.memory_value, one.create_time) for one in result.memory_detail_list],
        [_entry(one, "preference", one.preference, one.create_time) for one in result.preference_detail_list],
        [
            _entry(one, said_by(one), one.content, one.create_time + 60_000 * (one.utc_offset or 0))
            for one in result.message_detail_list
        ],
    )


def _entry(source: Memory | Preference | StoredMessage, who: str, text: str, time: int) -> EvidenceItem:
    return EvidenceItem(source.id, who, text, time, source.conversation_id, _relativity(source), source)


def _relativity(source: Memory | Preference | StoredMessage) -> float:
    """Return the score of a find; a missing one is read as 1, as MemOS's clients do."""
    return 1.0 if source.relativity is None else source.relativity


def comparable(text: str) -> str:
    """Return a text as it is compared: without its perspective, in lower case, with single spaces."""
    return " ".join(bare(text).casefold().split())


def _without_repetition(entries: Iterable[EvidenceItem]) -> list[EvidenceItem]:
    """Leave out what is said twice; what says more stands where the first of those stood that say less."""
    kept: list[tuple[EvidenceItem, str]] = []
    for entry in entries:
        plain = comparable(entry.text)
        if any(plain in said and _repeats(entry, plain, better, said) for better, said in kept):
            continue
        quoted = [n for n, (other, said) in enumerate(kept) if said in plain and _repeats(other, said, entry, plain)]
        if not quoted:
            kept.append((entry, plain))
            continue
        relativity = max(entry.relativity, *(kept[number][0].relativity for number in quoted))
        for number in reversed(quoted):
            del kept[number]
        kept.insert(quoted[0], (replace(entry, relativity=relativity), plain))
    return [entry for entry, _ in kept]


def _repeats(less: EvidenceItem, said: str, more: EvidenceItem, plain: str) -> bool:
    """Say whether one of two finds, of which one has all the words of the other, goes; of equals the memory stays."""
    if isinstance(less.source, StoredMessage) is isinstance(more.source, StoredMessage):
        return said == plain and less.who != more.who
    if said == plain and isinstance(more.source, StoredMessage):
        return False
    return _is_source(less, more) or _is_source(more, less) or count_words(said) >= _TELLING


def _is_source(message: EvidenceItem, memory: EvidenceItem) -> bool:
    return not isinstance(memory.source, StoredMessage) and message.id in memory.source.sources


def _newest_of_a_title_first(entries: list[EvidenceItem]) -> list[EvidenceItem]:
    titled: dict[str, list[EvidenceItem]] = {}
    for entry in entries:
        if title := _title(entry):
            titled.setdefault(title, []).append(entry)
    newest = {
        title: iter(sorted(group, key=lambda entry: (entry.superseded, -entry.source.create_time)))
        for title, group in titled.items()
    }
    ordered = [next(newest[title]) if (title := _title(entry)) else entry for entry in entries]
    return [replace(entry, who=f"superseded {entry.who}") if entry.superseded else entry for entry in ordered]


def _title(entry: EvidenceItem) -> str:
    return entry.source.memory_key.casefold() if isinstance(entry.source, Memory) else ""
