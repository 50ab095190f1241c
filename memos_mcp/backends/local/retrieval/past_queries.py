"""Whether a query asks for how things were before: then what was superseded is found beside what holds."""

import re

from memos_mcp.backends.local.text.language_files import pattern_of

_PAST = re.compile(pattern_of("past"), re.IGNORECASE)


def asks_for_the_past(query: str) -> bool:
    """Tell whether a query asks for how things were: "where did I live before?"."""
    return _PAST.search(query[:1_000]) is not None
