"""The index of one user's texts: grown by each add, searched by words, vectors, neighbours and time."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

import numpy as np

from memos_mcp.backends.local.retrieval.features import unpack
from memos_mcp.backends.local.retrieval.postings import Postings
from memos_mcp.backends.local.retrieval.query import Hit, Query
from memos_mcp.backends.local.retrieval.ranking import Ranking
from memos_mcp.backends.local.retrieval.rows import Rows
from memos_mcp.backends.local.retrieval.weights import Weights

__all__ = ["Hit", "Index", "IndexEntry", "Query"]


@dataclass(frozen=True, slots=True)
class IndexEntry:
    """A text to be indexed: its number, conversation, time in epoch milliseconds, and what `analyse` made of it."""

    seq: int
    thread: int
    time: int
    features: bytes


class Index:
    """All texts of one user, of one kind; not for several threads at once."""

    def __init__(self, *, weights: Weights | None = None) -> None:
        """Begin empty."""
        self._weights = weights or Weights()
        self._rows = Rows()
        self._postings = Postings()

    def __len__(self) -> int:
        """Count the texts."""
        return self._rows.living

    @property
    def bytes(self) -> int:
        """The memory that it takes, about."""
        return self._rows.bytes + self._postings.bytes

    @property
    def last_seq(self) -> int:
        """The highest `seq` that was ever added, 0 before the first."""
        return int(self._rows.seq.values[-1]) if len(self._rows) else 0

    def extend(self, entries: Iterable[IndexEntry]) -> None:
        """Add texts, in the order of their `seq`, all above `last_seq`."""
        batch = list(entries)
        if not batch:
            return
        seq = np.array([entry.seq for entry in batch], np.int64)
        if seq[0] <= self.last_seq or (np.diff(seq) <= 0).any():
            raise ValueError("texts must be added in the order of their seq")
        features = unpack([entry.features for entry in batch])
        self._postings.add(features.terms, features.rows, features.counts, first_row=len(self._rows))
        self._rows.extend(
            seq,
            np.array([entry.thread for entry in batch], np.int64),
            np.array([entry.time for entry in batch], np.int64),
            features,
        )

    def remove(self, seqs: Collection[int]) -> None:
        """Take texts out; those that are not there are passed over."""
        self._rows.remove(np.array(sorted(seqs), np.int64))

    def search(self, query: Query, *, limit: int) -> list[Hit]:
        """Find the texts that bear on a query, best first; of equals the newer first."""
        if not len(self) or limit <= 0:
            return []
        return Ranking(query, rows=self._rows, postings=self._postings, weights=self._weights).hits(limit)
