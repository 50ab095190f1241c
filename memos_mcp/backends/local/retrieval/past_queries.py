"""Whether a query asks for how things were before: then what was superseded is found beside what holds."""

import re

_PAST = re.compile(
    r"\b(?:used? to|formerly|previous(?:ly)?|former|earlier|in the past|back then|originally|history of|no longer|"
    r"any ?more|(?:has|have|did|when) \w+ (?:\w+ ){0,3}changed?|before (?:I|we|that|moving|switching|changing))\b"
    r"|\bbefore\W*$|\b(?:did|was|were) (?:I|we|my|our)\b"
    r"|\b(?:antes|anterior\w*|previamente|sol[ií]a\w*|era|viv[ií]a|trabajaba)\b"
    r"|\b(?:fr[uü]her|vorher|ehemalig\w*|damals|avant|auparavant|ancien\w*)\b"
    r"|以前|之前|曾经|过去|原来|从前",
    re.IGNORECASE,
)


def asks_for_the_past(query: str) -> bool:
    """Tell whether a query asks for how things were: "where did I live before?"."""
    return _PAST.search(query[:1_000]) is not None
