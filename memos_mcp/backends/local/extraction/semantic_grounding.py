"""Nearness: does what a model wrote mean anything that its messages say? Words can agree where meanings do not."""

import re
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from memos_mcp.backends.local.extraction.base import Source
from memos_mcp.backends.local.extraction.grounding import CLAUSE
from memos_mcp.backends.local.text.sentences import sentences
from memos_mcp.backends.local.text.words import matter

Embed = Callable[[str], NDArray[np.float32]]
"""Gives a text as a vector of unit length."""

NEAR = 0.6
"""The least cosine between a claim and a part of what was said.

Measured with the packaged model (`python -m benchmarks.quality.grounding`): of 34 claims that follow from what was said
the furthest has 0.70; of 17 that are invented in the words of the messages, and pass every other check, 14 have less
than 0.6. Models that hold all texts for near, such as multilingual-e5, refuse less by it and nothing that is true.
"""

_REMEMBERED = 512
_USER = re.compile(r"^(?:the )?user(?P<owns>['’]s)?\b", re.IGNORECASE)


class SemanticGrounding:
    """Compares claims with the messages they come from, and the sentences and clauses of these."""

    def __init__(self, embed: Embed) -> None:
        """Take the embedder as a function; it may be slow, and is asked for each text once."""
        self._embed = lru_cache(maxsize=_REMEMBERED)(embed)

    def of(self, claim: str, sources: Sequence[Source]) -> float:
        """Return the cosine of a claim and the part of its sources that is nearest to it; parts share words with it."""
        said = _USER.sub(lambda user: "My" if user["owns"] else "I", claim)
        vector, known = self._embed(said), matter(claim)
        parts = dict.fromkeys(part for source in sources for part in _parts(source.content, known))
        return max((float(vector @ self._embed(part)) for part in parts), default=0.0)


def _parts(text: str, known: frozenset[str]) -> Iterator[str]:
    yield text
    for sentence in sentences(text):
        for part in (sentence, *CLAUSE.split(sentence)):
            if known & matter(part):
                yield part
