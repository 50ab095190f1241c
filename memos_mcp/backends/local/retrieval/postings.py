"""Postings: which texts hold a term, in sorted runs that merge as they grow (a log-structured merge, as in Lucene).

A posting is one integer: 29 bits of term, 32 of row, 3 of count, so that a run is sorted by term, then row, and the
postings of a term lie side by side. Adding is amortised logarithmic, looking a term up is two binary searches a run.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from memos_mcp.backends.local.retrieval.features import COUNT_BITS, MAX_COUNT

_ROW_BITS = 32
_TERM_SHIFT = np.uint64(_ROW_BITS + COUNT_BITS)
_ROW_SHIFT = np.uint64(COUNT_BITS)
_ROW_MASK = np.uint64((1 << _ROW_BITS) - 1)
_COUNT_MASK = np.uint64(MAX_COUNT)


@dataclass(frozen=True, slots=True)
class TermPostings:
    """The postings of several terms: term number `term_of[i]` of the query stands in `rows[i]` `counts[i]` times."""

    term_of: NDArray[np.intp]
    rows: NDArray[np.int64]
    counts: NDArray[np.int64]


class Postings:
    """An inverted index from term hashes to rows; rows are numbered from 0 and only ever added."""

    def __init__(self) -> None:
        """Begin empty."""
        self._runs: list[NDArray[np.uint64]] = []

    @property
    def bytes(self) -> int:
        """The memory that they take."""
        return sum(run.nbytes for run in self._runs)

    def add(
        self, terms: NDArray[np.uint32], rows: NDArray[np.uint32], counts: NDArray[np.uint8], *, first_row: int
    ) -> None:
        """Add postings; `rows` count from `first_row`."""
        run = terms.astype(np.uint64) << _TERM_SHIFT
        run |= (rows.astype(np.uint64) + np.uint64(first_row)) << _ROW_SHIFT
        run |= counts
        run.sort()
        while self._runs and len(self._runs[-1]) < 2 * len(run):
            run = np.concatenate((self._runs.pop(), run))
            run.sort(kind="stable")
        self._runs.append(run)

    def count(self, terms: NDArray[np.uint32]) -> NDArray[np.int64]:
        """Count the postings of each of `terms`, those of removed rows too."""
        counts = np.zeros(len(terms), np.int64)
        first, last = _ends(terms)
        for run in self._runs:
            counts += run.searchsorted(last, side="right") - run.searchsorted(first)
        return counts

    def find(self, terms: NDArray[np.uint32], alive: NDArray[np.bool_] | None = None) -> TermPostings:
        """Return the postings of `terms`, in the rows that are `alive` where that is given."""
        pieces: list[NDArray[np.uint64]] = [np.empty(0, np.uint64)]
        sizes: list[int] = [0]
        numbers: list[int] = [0]
        first, last = _ends(terms)
        for run in self._runs:
            bounds = zip(run.searchsorted(first).tolist(), run.searchsorted(last, side="right").tolist(), strict=True)
            for number, (start, stop) in enumerate(bounds):
                if stop > start:
                    pieces.append(run[start:stop])
                    sizes.append(stop - start)
                    numbers.append(number)
        found = np.concatenate(pieces)
        term_of = np.repeat(numbers, sizes)
        rows = ((found >> _ROW_SHIFT) & _ROW_MASK).astype(np.int64)
        counts = (found & _COUNT_MASK).astype(np.int64)
        if alive is None:
            return TermPostings(term_of, rows, counts)
        kept = alive[rows]
        return TermPostings(term_of[kept], rows[kept], counts[kept])


def _ends(terms: NDArray[np.uint32]) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """Return the lowest and the highest posting that each term may have."""
    first = terms.astype(np.uint64) << _TERM_SHIFT
    return first, first | ((np.uint64(1) << _TERM_SHIFT) - np.uint64(1))
