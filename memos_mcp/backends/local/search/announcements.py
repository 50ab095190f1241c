"""What an assistant only said that it would do goes behind what the user said that bears about as much."""

import re
from collections.abc import Sequence

from memos_mcp.backends.local.text.language_files import pattern_of
from memos_mcp.core.models import Memory
from memos_mcp.core.perspective import bare, perspective_of

_ANNOUNCES = re.compile(
    rf"(?:^|[,.!;:] )(?:{pattern_of('announces')})\b|(?:^|[，。！])(?:{pattern_of('announces_unspaced')})",
    re.IGNORECASE,
)
_ABOUT_AS_MUCH = 0.1  # of relativity, chosen: two that an agent would read as equally near


def users_first(found: Sequence[Memory]) -> tuple[Memory, ...]:
    """Move each announcement of the assistant behind the user's memories that follow it closely."""
    ordered = list(found)
    for place in range(len(ordered) - 1):
        one, other = ordered[place : place + 2]
        close = (one.relativity or 0) - (other.relativity or 0) < _ABOUT_AS_MUCH
        if close and _announces(one) and perspective_of(other.memory_value) == "user":
            ordered[place : place + 2] = other, one
    return tuple(ordered)


def _announces(memory: Memory) -> bool:
    value = memory.memory_value
    return perspective_of(value) == "assistant" and bool(_ANNOUNCES.search(bare(value)))
