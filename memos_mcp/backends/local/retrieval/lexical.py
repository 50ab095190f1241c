"""What a search knows by words: where the terms of the query stand, and what each is worth."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from memos_mcp.backends.local.retrieval.postings import Postings, TermPostings
from memos_mcp.backends.local.retrieval.query_understanding import Question
from memos_mcp.backends.local.retrieval.rows import Rows
from memos_mcp.backends.local.retrieval.scores import Floats, length_norm, rarity, saturation
from memos_mcp.backends.local.retrieval.weights import Weights
from memos_mcp.backends.local.retrieval.windows import Windows

MAX_TERMS = 64
"""The most terms of a query that are looked for: the rarest, where it is a page long."""


@dataclass(frozen=True, slots=True)
class WindowScores:
    """What stands in each window: its BM25, each term where it counts most, and how far, 0 to 1, each term is there.

    `there` has a line a term and a column a window.
    """

    bm25: Floats
    there: Floats


class Lexical:
    """The terms of a query among the texts of an index."""

    def __init__(self, question: Question, *, rows: Rows, postings: Postings, weights: Weights) -> None:
        """Look the terms up."""
        texts = rows.living
        asked, importance = question.terms
        importance = importance * (1 - weights.frame * question.framing)
        if len(asked) > MAX_TERMS:
            counts = postings.count(asked)
            known = np.where(counts > 0, importance * rarity(counts, max(texts, int(counts.max()))), 0.0)
            kept = np.sort(np.argsort(-known, kind="stable")[:MAX_TERMS])
            asked, importance = asked[kept], importance[kept]
        self.terms: NDArray[np.uint32] = asked
        self.found: TermPostings = postings.find(asked, None if rows.all_alive else rows.alive.values)
        texts_with = np.bincount(self.found.term_of, minlength=len(asked))
        self.worth: Floats = importance * rarity(texts_with, texts)
        self._of_its_own: Floats = importance / max(importance.sum(), 1e-9) / texts_with.clip(1)
        """The share of the query that each term is, however rare, divided among the texts that hold it."""
        self.dated: NDArray[np.intp] = np.flatnonzero(np.isin(asked, question.dated))
        """The terms that name a time."""
        norm = length_norm(rows.length.values[self.found.rows], usual=weights.long)
        self._saturated: Floats = saturation(self.found.counts, norm)
        self._rows = len(rows)

    def matches(self) -> Floats:
        """Return the BM25 of every row on its own."""
        values = self.worth[self.found.term_of] * self._saturated
        return np.bincount(self.found.rows, values, minlength=self._rows).astype(np.float64)

    def shares(self, rows: NDArray[np.int64]) -> Floats:
        """Return the share of the query that stands in each of these rows itself."""
        return self._there(rows, self.worth) / max(float(self.worth.sum()), 1e-9)

    def of_its_own(self, rows: NDArray[np.int64]) -> Floats:
        """Return the share of the query that stands in each of these rows as it does in no other, however rare."""
        return self._there(rows, self._of_its_own)

    def _there(self, rows: NDArray[np.int64], worth: Floats) -> Floats:
        values = worth[self.found.term_of] * np.minimum(self._saturated, 1.0)
        return np.bincount(self.found.rows, values, minlength=self._rows)[rows].astype(np.float64)

    def in_windows(self, windows: Windows) -> WindowScores:
        """Find the terms in windows."""
        found, evidence = self.found, self._saturated
        term_of, rows = found.term_of, found.rows
        if len(rows) > len(windows):
            near = windows.members()[rows]
            term_of, rows, evidence = term_of[near], rows[near], evidence[near]
        best = windows.best(rows, evidence, kind=term_of, kinds=len(self.terms))
        return WindowScores(self.worth @ best, np.minimum(best, 1.0))
