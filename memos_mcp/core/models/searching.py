"""A search and what it finds."""

from typing import Annotated

from pydantic import Field, JsonValue

from memos_mcp.core.models.memories import Memory, Preference
from memos_mcp.core.models.messages import StoredMessage
from memos_mcp.core.models.values import RELATIVITY_THRESHOLD, Frozen, Identifier, Milliseconds


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


class SearchResult(Frozen):
    """The answer to a search. `notice` says what was not searched, where something was not.

    Each list is best first, and whatever is cut is cut at its end. `rendering/evidence.py` merges the lists by
    `relativity` for a text.
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
