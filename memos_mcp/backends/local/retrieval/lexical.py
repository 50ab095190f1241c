"""What a search knows by words: where the terms of the query stand, and what each is worth."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from memos_mcp.backends.local.retrieval.postings import Found, Postings
from memos_mcp.backends.local.retrieval.question import Question
from memos_mcp.backends.local.retrieval.rows import Rows
from memos_mcp.backends.local.retrieval.scores import SATURATION, Floats, rarity
from memos_mcp.backends.local.retrieval.windows import Windows

MAX_TERMS = 64
"""The most terms of a query that are looked for: the rarest, where it is a page long."""


@dataclass(frozen=True, slots=True)
class InWindows:
    """What stands in each window: its BM25, each term where it counts most, and how far, 0 to 1, each term is there.

    `there` has a row a window and a column a term.
    """

    bm25: Floats
    there: Floats


class Lexical:
    """The terms of a query among the texts of an index."""

    def __init__(self, question: Question, *, rows: Rows, postings: Postings, texts: int) -> None:
        """Look the terms up; `texts` is how many texts are alive."""
        asked, importance = question.terms
        if len(asked) > MAX_TERMS:
            counts = postings.count(asked)
            known = np.where(counts > 0, importance * rarity(counts, max(texts, int(counts.max()))), 0.0)
            kept = np.sort(np.argsort(-known, kind="stable")[:MAX_TERMS])
            asked, importance = asked[kept], importance[kept]
        self.terms: NDArray[np.uint32] = asked
        self.found: Found = postings.find(asked, rows.alive.values)
        texts_with = np.bincount(self.found.term_of, minlength=len(asked))
        self.worth: Floats = importance * rarity(texts_with, texts)
        self._rows = len(rows)

    @cached_property
    def matches(self) -> Floats:
        """The BM25 of every row on its own."""
        found = self.found
        values = self.worth[found.term_of] * SATURATION[found.counts]
        return np.bincount(found.rows, values, minlength=self._rows).astype(np.float64)

    def in_windows(self, windows: Windows) -> InWindows:
        """Find the terms in windows."""
        bm25, there = np.zeros(len(windows)), np.zeros((len(windows), len(self.terms)))
        evidence = np.zeros(self._rows + 1)
        ends = np.searchsorted(self.found.term_of, np.arange(len(self.terms) + 1))
        for term, worth in enumerate(self.worth):
            part = slice(ends[term], ends[term + 1])
            rows = self.found.rows[part]
            evidence[rows] = SATURATION[self.found.counts[part]]
            best = windows.best(evidence)
            evidence[rows] = 0.0
            bm25 += worth * best
            there[:, term] = best.clip(max=1.0)
        return InWindows(bm25, there)
