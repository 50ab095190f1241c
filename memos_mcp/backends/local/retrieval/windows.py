"""Windows: each candidate with its neighbours in the conversation, which share their evidence with it."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from memos_mcp.backends.local.retrieval.rows import NOBODY, Rows

Floats = NDArray[np.float64]


class Windows:
    """The rows around each of some rows: itself, those before it, those after it; `NOBODY` where there is none."""

    def __init__(self, centres: NDArray[np.int64], rows: Rows, *, before: int, after: int) -> None:
        """Follow the conversation `before` steps back and `after` forward from each of `centres`."""
        columns = [centres]
        for chain, steps in ((rows.before.values, before), (rows.after.values, after)):
            place = centres
            for _ in range(steps):
                place = np.where(place == NOBODY, NOBODY, chain[place])
                columns.append(place)
        self.rows: NDArray[np.int64] = np.stack(columns, axis=1)

    def members(self) -> NDArray[np.int64]:
        """Give all rows of all windows, ascending."""
        found = np.unique(self.rows)
        return found[found != NOBODY]

    def best(self, evidence: Floats, shares: Sequence[float]) -> Floats:
        """Give the best evidence in each window: its own in full, a neighbour's less its share.

        The answer to "where did you go?" holds none of the question's words. `evidence` is for each row, not below 0,
        and one 0 more at its end, which stands for `NOBODY`.
        """
        return (evidence[self.rows] * np.array(shares)).max(axis=1)

    def total(self, evidence: Floats, shares: Sequence[float]) -> Floats:
        """Give the evidence in each window added up, each by its share."""
        return evidence[self.rows] @ np.array(shares)
