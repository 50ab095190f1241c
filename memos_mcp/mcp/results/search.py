"""What a search tells an agent, also for whoever wants to see what it would read."""

from collections.abc import Mapping, Sequence
from typing import Any

from mcp.types import CallToolResult

from memos_mcp.backends.base import MemoryBackend
from memos_mcp.core.api_models import SearchQuery
from memos_mcp.core.models import RELATIVITY_THRESHOLD, Preference, SearchMemory, SearchResult, clock_text
from memos_mcp.mcp.results.size_limits import TEXTS, cut_lengths, passages_of, shortened, without_quoted
from memos_mcp.mcp.results.structured_content import answered, compact, shown_message
from memos_mcp.mcp.results.text_content import READ_WHOLE, sentences_of, within_size
from memos_mcp.rendering.evidence import EvidenceItem, best_relativity, evidence
from memos_mcp.rendering.excerpts import count_words
from memos_mcp.rendering.instructions import DATA_NOT_INSTRUCTIONS, passages_within, set_in, visible

MEMORIES, MESSAGES = 6, 9
"""What an agent gets unless it asks for more or less."""

PREFERENCES = 5
"""The most preferences in an answer: more of them are seldom to the point."""

NOTHING_RELEVANT = "Nothing stored seems to bear on this; the nearest follows."
NOTHING_STORED = "Nothing was found."
USUAL_WORDS = 500
"""The most that the text of a search has unless an agent says, for as many finds as it gets unless it says."""

_NEGLIGIBLE = 0.00002
"""What bears on the query with less than this costs words and says nothing."""

_IMPLIED = ("memory_key", "tags")
"""A memory's text implies them, and an agent pays for each search: get_memory has them."""


def search_answer(found: SearchResult, request: SearchMemory) -> CallToolResult:
    """Return what a search found: for a model as a text, for a program as lists.

    Both show the same passages. `max_words` counts twice: the backend has cut the lists to it, and the text, which has
    labels and a notice besides, is cut to it here.
    """
    whole = shortened(found, request.query)
    entries = evidence(whole)
    passages = passages_of(whole, request.query)
    cut = cut_lengths(found.message_detail_list, passages.message_detail_list)
    shown = {entry.id for entry in entries}
    lists = _lists(without_quoted(passages, cut, whole=whole, shown=shown), request, cut)
    notice = _notice(whole)
    return answered(_text(whole, entries, request, notice), {"notice": notice, **lists})


async def text_for_agents(backend: MemoryBackend, query: SearchQuery, user_id: str) -> str:
    """Return the text that an agent would read of a search."""
    request = SearchMemory(
        query=query.query,
        filter=query.condition(),
        memory_limit_number=MEMORIES,
        preference_limit_number=PREFERENCES,
        message_limit_number=MESSAGES,
        relativity=0,
    )
    found = shortened(await backend.search_memory(request, user_id=user_id), request.query)
    return _text(found, evidence(found), request, _notice(found))


def _notice(found: SearchResult) -> str:
    """Say how the answer is to be read."""
    if not any(getattr(found, name) for name in TEXTS):
        relevance = NOTHING_STORED
    else:
        relevance = "" if best_relativity(found) >= RELATIVITY_THRESHOLD else NOTHING_RELEVANT
    return sentences_of(DATA_NOT_INSTRUCTIONS, relevance, found.notice)


def _text(found: SearchResult, entries: Sequence[EvidenceItem], request: SearchMemory, notice: str) -> str:
    """Write `entries`, the finds best first, in the words allowed; an instruction form stands in their place."""
    if composed := found.full_instruction or found.instruction:
        return composed
    words = (request.max_words or _usual_words(request)) - count_words(notice)
    telling = [entry for entry in entries if entry.relativity >= _NEGLIGIBLE]
    shown = list(passages_within(telling, request.query, words=words, label=_label))
    lines = [f"{_label(entry)} {set_in(text)}" for entry, text in shown]
    if not request.max_words and any(len(text) < len(entry.text) for entry, text in shown):
        lines.append(READ_WHOLE)
    if not request.max_words and any(isinstance(entry.source, Preference) for entry, _ in shown):
        lines.append(found.preference_note)
    return within_size([notice, *filter(None, lines)])


def _usual_words(request: SearchMemory) -> int:
    """Return how many words the finds may have where the agent does not say: more where it asks for more of them."""
    asked = request.memory_limit_number + request.message_limit_number
    return round((USUAL_WORDS - count_words(READ_WHOLE)) * max(1, asked / (MEMORIES + MESSAGES)))


def _label(entry: EvidenceItem) -> str:
    parts = (
        visible(entry.id),
        visible(entry.conversation_id),
        clock_text(entry.local_time)[:10],
        f"{entry.relativity:.2f}",
    )
    return f"{'·'.join(part for part in parts if part)} {visible(entry.who)}:"


def _lists(found: SearchResult, request: SearchMemory, whole: Mapping[str, int]) -> dict[str, Any]:
    """Return the lists that were asked for, even where nothing is in them, and the instruction forms that there are."""
    lists: dict[str, Any] = {}
    if request.memory_limit_number:
        lists["memory_detail_list"] = [compact(memory, without=_IMPLIED) for memory in found.memory_detail_list]
        if found.preference_detail_list:
            lists["preference_detail_list"] = [compact(one) for one in found.preference_detail_list]
            lists["preference_note"] = found.preference_note
    if request.message_limit_number:
        lists["message_detail_list"] = [shown_message(message, whole) for message in found.message_detail_list]
    texts = {"instruction": found.instruction, "full_instruction": found.full_instruction}
    return lists | {name: text for name, text in texts.items() if text}
