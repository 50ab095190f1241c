"""What a user said to have changed goes before what was said earlier on the same matter."""

import re
from collections.abc import Sequence
from typing import TypeVar

from memos_mcp.backends.local.search.outdated import NEAR
from memos_mcp.backends.local.text.language_files import words_pattern_of
from memos_mcp.backends.local.text.questions import only_asks
from memos_mcp.backends.local.text.speech import speaker_of
from memos_mcp.backends.local.text.words import matter
from memos_mcp.core.models import Memory, StoredMessage
from memos_mcp.core.perspective import bare, perspective_of

Found = TypeVar("Found", Memory, StoredMessage)

_CHANGED = re.compile(words_pattern_of("tells_of_change"), re.IGNORECASE)


def changed_first(found: Sequence[Found], *, query: str) -> tuple[Found, ...]:
    """Move what tells of a change before the first older text with words of the query, half of which it has too."""
    changes = [place for place, one in enumerate(found) if (one.relativity or 0) >= NEAR and _tells_of_change(one)]
    if not changes:
        return tuple(found)
    asked = matter(query)
    ordered = [(one, asked & matter(_text(one))) for one in found]
    for place in changes:  # what was moved stands before it, so that the rest is where it was
        one, on = ordered[place]
        older = (
            at
            for at, (other, words) in enumerate(ordered[:place])
            if other.create_time < one.create_time and _is_met(words, on)
        )
        if (first := next(older, None)) is not None:
            ordered.insert(first, ordered.pop(place))
    return tuple(one for one, _ in ordered)


def _is_met(words: frozenset[str], by: frozenset[str]) -> bool:
    return bool(words) and 2 * len(words & by) >= len(words)


def _text(one: Memory | StoredMessage) -> str:
    return one.content if isinstance(one, StoredMessage) else bare(one.memory_value)


def _tells_of_change(one: Memory | StoredMessage) -> bool:
    text = _text(one)
    return _is_by_user(one) and not speaker_of(text) and bool(_CHANGED.search(text)) and not only_asks(text)


def _is_by_user(one: Memory | StoredMessage) -> bool:
    """Tell whether the user themself speaks, and nobody else by name."""
    if isinstance(one, StoredMessage):
        return one.role == "user" and not one.role_name
    return perspective_of(one.memory_value) == "user"
