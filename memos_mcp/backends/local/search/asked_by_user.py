"""A query as the user would ask it: an agent names them ("the user's pets") who speak of themselves ("my pets")."""

import re

from memos_mcp.backends.local.text.language_files import replacements

_NAMED = [
    (re.compile(pattern, re.IGNORECASE), own)
    for key in ("whose_user", "the_user")
    for pattern, own in replacements(key)
]


def asked_by_user(query: str) -> str:
    """Return a query about "the user" in the first person; other users, as of a program, stay."""
    for pattern, own in _NAMED:
        query = pattern.sub(own, query)
    return query
