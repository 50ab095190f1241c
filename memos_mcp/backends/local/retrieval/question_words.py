"""Frames: words by which a question is put, and not what it is about.

"What kind of books does she like?" is about books. Such words are rare in what people tell, so that their rarity
makes them look telling; the classes are those of question analysis (Li and Roth, Learning Question Classifiers, 2002).
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from memos_mcp.backends.local.text.terms import word_terms

_FRAMES = """
    kind kinds type types sort sorts many much long often time times name names called call main different various
    certain specific particular some other new recent way ways thing things
    say says said tell tells told mention mentioned describe described explain explained think thinks thought feel
    feels felt happen happened attitude opinion use used need needs want wants
"""


def frames(terms: NDArray[np.uint32]) -> NDArray[np.bool_]:
    """Tell which terms of a query only frame a question."""
    return np.fromiter((term in _frame_terms() for term in terms.tolist()), np.bool_, len(terms))


@cache
def _frame_terms() -> frozenset[int]:
    return frozenset(term for word in _FRAMES.split() for term in word_terms(word))
