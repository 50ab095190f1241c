"""Answers: the kind of thing that a question asks for, as a flag (a number, a name, a place).

What is of the favoured kind ranks a little higher; what is not of the required kind is less relevant.

The coarse classes of question answering (Li and Roth, Learning Question Classifiers, 2002), by pattern.
"""

import re

from memos_mcp.backends.local.retrieval.flags import NAME, NUMBER, PLACE
from memos_mcp.backends.local.text.language_files import pattern_of

_KINDS = ((NUMBER, "number"), (PLACE, "place"), (NAME, "name"))
_FAVOURED_PATTERNS, _REQUIRED_PATTERNS = (
    tuple((flag, re.compile(rf"\s*(?:{pattern_of(f'{verb}_{kind}')})", re.IGNORECASE)) for flag, kind in _KINDS)
    for verb in ("asks", "requires")
)


def favoured_kind(question: str) -> int:
    """Return the flag of what a question asks for, or 0."""
    return next((flag for flag, pattern in _FAVOURED_PATTERNS if pattern.match(question)), 0)


def required_kind(question: str) -> int:
    """Return the flag of what nearly every answer to a question holds, or 0: "which" may ask for anything."""
    return next((flag for flag, pattern in _REQUIRED_PATTERNS if pattern.match(question)), 0)
