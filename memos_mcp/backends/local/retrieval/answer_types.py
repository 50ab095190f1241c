"""Answers: what a question wants to be told (a number, a name, a place), and whether a text holds one.

The coarse classes of question answering (Li and Roth, Learning Question Classifiers, 2002), by pattern.
"""

import re

from memos_mcp.backends.local.retrieval.features import NAME, NUMBER, PLACE

_WANTED = (
    (
        NUMBER,
        (
            r"how (?:many|much|old|long|often|large|big|far|tall|heavy)\b|what (?:year|age|number|price|size)\b|"
            r"¿?\s*cu[aá]nt[oa]s?\b|wie ?(?:viel|lange|oft|groß|alt)|combien\b|quant[oi]\b|сколько|"
            r".*(?:多少|几|多[大久长])"
        ),
    ),
    (
        PLACE,
        (
            r"where\b|(?:which|what) (?:country|city|state|place|town|region)\b|"
            r"¿?\s*(?:a |de )?d[oó]nde\b|wo(?:her|hin)?\b|où\b|dove\b|onde\b|где|куда"
        ),
    ),
    (
        NAME,
        (
            r"(?:with |to |for |from )?who(?:m|se)?\b|which\b|what(?:'s| is| was| are)? .*\bnamed?\b|what .*\bcalled\b|"
            r"¿?\s*(?:con |a |de )?qui[eé]n(?:es)?\b|we(?:r|m|n|ssen)\b|qui\b|chi\b|quem\b|кто"
        ),
    ),
)
_PATTERNS = tuple((flag, re.compile(rf"\s*(?:{pattern})", re.IGNORECASE)) for flag, pattern in _WANTED)
_SURE = (
    (NUMBER, r"how (?:many|much|old|long)\b"),
    (PLACE, r"where\b|(?:(?:to|in|on|at|from) )?(?:which|what) (?:street|town|city|village|country|place)\b"),
    (NAME, r"(?:with |to |for |from )?who(?:m|se)?\b"),
)
_SURE_PATTERNS = tuple((flag, re.compile(rf"\s*(?:{pattern})", re.IGNORECASE)) for flag, pattern in _SURE)


def wanted(question: str) -> int:
    """Return the flag of what a question wants to be told, or 0."""
    return next((flag for flag, pattern in _PATTERNS if pattern.match(question)), 0)


def needed(question: str) -> int:
    """Return the flag of what nearly every answer to a question holds, or 0: "which" may ask for anything."""
    return next((flag for flag, pattern in _SURE_PATTERNS if pattern.match(question)), 0)
