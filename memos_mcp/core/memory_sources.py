"""The sources of memories for each of which a filter may have conditions of its own."""

from typing import Literal, get_args

from pydantic import JsonValue

Source = Literal["user", "agent", "public", "knowledgebase"]

SOURCES: frozenset[str] = frozenset(get_args(Source))


def of_source(filter: JsonValue, source: Source) -> JsonValue:  # noqa: A002 - the name of MemOS's field
    """Return the part of a filter that is for one source: all of one that names none."""
    if isinstance(filter, dict) and filter.keys() <= SOURCES:
        return filter.get(source)
    return filter
