"""Frames: words by which a question is put, and not what it is about.

"What kind of books does she like?" is about books. Such words are rare in what people tell, so that their rarity
makes them look telling; the classes are those of question analysis (Li and Roth, Learning Question Classifiers, 2002).
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from memos_mcp.backends.local.text.language_files import words_of
from memos_mcp.backends.local.text.terms import word_terms


def frames(terms: NDArray[np.uint32]) -> NDArray[np.bool_]:
    """Tell which terms of a query only frame a question."""
    return np.fromiter((term in _frame_terms() for term in terms.tolist()), np.bool_, len(terms))


@cache
def _frame_terms() -> frozenset[int]:
    return frozenset(term for word in words_of("frames") for term in word_terms(word))
