"""Windows: rows with their neighbours in the conversation, which share their evidence with them."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from memos_mcp.backends.local.retrieval.rows import NOBODY, Rows

Floats = NDArray[np.float64]


class Windows:
    """The rows around each of some rows, and the share of its evidence that each gives to the one in the middle.

    Evidence is for each row of the index, not below 0, with one 0 more at the end, which stands for `NOBODY`.
    """

    def __init__(
        self, centres: NDArray[np.int64], rows: Rows, *, before: Sequence[float], after: Sequence[float]
    ) -> None:
        """Follow the conversation from `centres` by a step back a share of `before`, a step forward one of `after`."""
        columns = [centres]
        for chain, steps in ((rows.before.values, before), (rows.after.values, after)):
            place = centres
            for _ in steps:
                place = np.where(place == NOBODY, NOBODY, chain[place])
                columns.append(place)
        self._rows = rows
        self._before, self._after = before, after
        self.places: NDArray[np.int64] = np.stack(columns, axis=1)
        self.shares: Floats = np.array((1.0, *before, *after))
        self.steps: Floats = np.array((0.0, *range(1, len(before) + 1), *range(1, len(after) + 1)))

    def __len__(self) -> int:
        """Count the windows."""
        return len(self.places)

    def around(self, centres: NDArray[np.int64]) -> "Windows":
        """Give the windows around other rows, as wide as these."""
        return Windows(centres, self._rows, before=self._before, after=self._after)

    def receivers(self) -> "Windows":
        """Give the windows of the rows to which the middle ones of these give evidence."""
        return Windows(self.places[:, 0], self._rows, before=self._after, after=self._before)

    def members(self) -> NDArray[np.int64]:
        """Give all rows of all windows, ascending."""
        found = np.unique(self.places)
        return found[found != NOBODY]

    def best(self, evidence: Floats) -> Floats:
        """Give the best evidence in each window: the middle's in full, a neighbour's less its share.

        The answer to "where did you go?" holds none of the question's words.
        """
        return (evidence[self.places] * self.shares).max(axis=1)

    def likest(self, cosines: Floats) -> Floats:
        """Give the best cosine in each window, less a tenth of it for each step away."""
        return (cosines[self.places] * (1 - self.steps / 10)).max(axis=1)

    def total(self, evidence: Floats) -> Floats:
        """Give the evidence in each window added up, that of neighbours at half their share.

        For a sentence vector, which is of a text as a whole.
        """
        halves = np.where(self.steps == 0, 1.0, self.shares / 2)
        return evidence[self.places] @ halves
