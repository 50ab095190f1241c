"""Windows: rows with their neighbours in the conversation, which share their evidence with them."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from memos_mcp.backends.local.retrieval.flags import QUESTION
from memos_mcp.backends.local.retrieval.rows import Rows

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Steps:
    """The places of a window: the middle, those before it, those after it, nearest first.

    `shares` is the part of its evidence that each gives to the middle, `likeness` what is left of a cosine so
    many steps away.
    """

    before: int
    after: int
    shares: Floats
    likeness: Floats


@lru_cache(maxsize=64)
def steps(before: tuple[float, ...], after: tuple[float, ...]) -> Steps:
    """Return the places of a window whose neighbours give these shares, nearest first."""
    shares = np.array((1.0, *before, *after))
    away = np.array((0.0, *range(1, len(before) + 1), *range(1, len(after) + 1)))
    return Steps(len(before), len(after), shares, 1 - away / 10)


def around(centres: NDArray[np.int64], rows: Rows, window: Steps) -> NDArray[np.int64]:
    """Follow the conversation from some rows: a line a place of the window, a column a row; `NOBODY` past an end."""
    places = np.empty((1 + window.before + window.after, len(centres)), np.int64)
    places[0] = centres
    middle = 1 + window.before
    for chain, part in ((rows.before.ended, places[1:middle]), (rows.after.ended, places[middle:])):
        place = centres
        for step in part:
            place = chain.take(place, out=step, mode="wrap")
    return places


class Windows:
    """The windows around some rows, which are told of the evidence of the rows that give some.

    Evidence is not below 0. A giver may be any row: what is in no window is lost.
    """

    def __init__(
        self,
        centres: NDArray[np.int64],
        rows: Rows,
        *,
        before: tuple[float, ...],
        after: tuple[float, ...],
        asked: float = 0.0,
        taken: Floats | None = None,
    ) -> None:
        """Take the middles, ascending, and the shares of those before and after them, nearest first.

        A question gives `asked` more to the text right after it. `taken` is the part of what neighbours give that
        each of the centres takes, 1 where it is not given.
        """
        self.centres = centres
        self._rows = rows
        self._asked = asked if before else 0.0
        self._taken = np.ones(len(centres) + 1)
        if taken is not None:
            self._taken[:-1] = taken
        self._window = steps(before, after)
        self._givers = steps(after, before)
        self._number = np.full(len(rows) + 1, len(centres), np.int32)
        self._number[centres] = np.arange(len(centres), dtype=np.int32)

    def __len__(self) -> int:
        """Count the windows."""
        return len(self.centres)

    def members(self) -> NDArray[np.bool_]:
        """Mark each row that is in a window; the last place stands for `NOBODY`."""
        return _marked(around(self.centres, self._rows, self._window), self._rows)

    def best(
        self, givers: NDArray[np.int64], evidence: Floats, *, kind: NDArray[np.int64] | None = None, kinds: int = 1
    ) -> Floats:
        """Return the best evidence in each window: the middle's in full, a neighbour's less its share.

        A line a kind of evidence (`kind` of each giver's, the first where it is not given), a column a window.
        The answer to "where did you go?" holds none of the question's words.
        """
        given = np.multiply.outer(self._givers.shares, evidence)
        if self._asked:
            asks = (self._rows.flags.values[givers] & QUESTION) != 0
            given[1 + self._givers.before] += self._asked * evidence * asks
        return self._most(givers, given, kind=kind, kinds=kinds)

    def best_words(self, members: NDArray[np.int64], found: Floats) -> Floats:
        """Return the best evidence in each window of several kinds at once, a line a kind, as `best` does.

        `found` has a line each of `members`, which are the rows of all windows, and a column a kind.
        """
        places = around(self.centres, self._rows, self._window)
        number = np.full(len(self._rows) + 1, len(members), np.int32)
        number[members] = np.arange(len(members), dtype=np.int32)
        shares = np.repeat(self._window.shares[:, None], len(self), axis=1)
        if self._asked:
            shares[1] += self._asked * ((self._rows.flags.values[places[1]] & QUESTION) != 0)
        given = np.vstack((found, np.zeros(found.shape[1])))[number[places]]
        shares[1:] *= self._taken[:-1]
        given *= shares[:, :, None]
        return given.max(axis=0).T

    def likest(self, givers: NDArray[np.int64], cosines: Floats) -> Floats:
        """Return the best cosine in each window, less a tenth of it for each step away."""
        return self._most(givers, np.multiply.outer(self._givers.likeness, cosines))[0]

    def total(self, givers: NDArray[np.int64], evidence: Floats, *, beside: float) -> Floats:
        """Return the evidence in each window added up, that of neighbours at the part `beside` of their share.

        For a sentence vector, which is of a text as a whole.
        """
        told = self._number[around(givers, self._rows, self._givers)].ravel()
        given = np.multiply.outer(self._givers.shares, evidence.clip(min=0))
        given[1:] *= beside * self._taken[told.reshape(given.shape)[1:]]
        return np.bincount(told, given.ravel(), minlength=len(self) + 1)[:-1].astype(np.float64)

    def _most(
        self, givers: NDArray[np.int64], given: Floats, *, kind: NDArray[np.int64] | None = None, kinds: int = 1
    ) -> Floats:
        told = self._number[around(givers, self._rows, self._givers)]
        given[1:] *= self._taken[told[1:]]
        width = len(self) + 1
        place = told if kind is None else told + kind * width
        most = np.zeros(kinds * width)
        # Flat, since numpy is slow at several dimensions here.
        np.maximum.at(most, place.ravel(), given.ravel())
        return most.reshape(kinds, width)[:, :-1]


def receivers(
    givers: NDArray[np.int64], rows: Rows, *, before: tuple[float, ...], after: tuple[float, ...]
) -> NDArray[np.bool_]:
    """Mark each row to which one of these gives evidence; the last place stands for `NOBODY`."""
    return _marked(around(givers, rows, steps(after, before)), rows)


def _marked(places: NDArray[np.int64], rows: Rows) -> NDArray[np.bool_]:
    marks = np.zeros(len(rows) + 1, np.bool_)
    marks[places.ravel()] = True
    marks[-1] = False
    return marks
