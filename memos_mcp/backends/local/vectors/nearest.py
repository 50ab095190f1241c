"""Texts with their cosine similarity to a query."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from memos_mcp.backends.local.ledger.texts import Kind, TextVectors
from memos_mcp.backends.local.retrieval.scores import Floats, products
from memos_mcp.backends.local.retrieval.top_k import best_of


@dataclass(frozen=True, slots=True)
class Nearest:
    """Texts by their numbers, in no order, and the cosine similarity of each to a query."""

    numbers: NDArray[np.int64]
    cosines: Floats

    @classmethod
    def of(cls, texts: TextVectors, vector: NDArray[np.float32]) -> "Nearest":
        """Compare all of some texts with a query."""
        cosines = products(texts.vectors, vector) if len(texts) else np.empty(0)
        return cls(texts.numbers, cosines.astype(np.float64))

    def best(self, limit: int) -> "Nearest":
        """Return the nearest of these."""
        best = best_of(self.cosines, limit)
        return Nearest(self.numbers[best], self.cosines[best])

    def replaced(self, numbers: NDArray[np.int64], others: "Nearest") -> "Nearest":
        """Return others in the place of the texts of these numbers."""
        kept = ~np.isin(self.numbers, numbers)
        return Nearest(
            np.concatenate((self.numbers[kept], others.numbers)), np.concatenate((self.cosines[kept], others.cosines))
        )

    def of_kind(self, kind: Kind) -> dict[int, float]:
        """Return the cosine of each message or memory under its `seq`."""
        chosen = self.numbers % 2 == (kind == "memory")
        return dict(zip((self.numbers[chosen] // 2).tolist(), self.cosines[chosen].tolist(), strict=True))
