"""Rows: what is known of each text apart from its terms, in growing columns, and who stands next to whom."""

from collections import Counter
from collections.abc import Sequence
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from memos_mcp.backends.local.retrieval.features import Unpacked

NOBODY = -1

_A_THREAD = 150
"""Bytes of a dictionary's place for two numbers."""

Scalar = TypeVar("Scalar", bound=np.generic)


class Column(Generic[Scalar]):
    """An array that grows at its end in amortised constant time."""

    def __init__(self, kind: type[Scalar]) -> None:
        """Begin empty."""
        self._room: NDArray[Scalar] = np.empty(1, kind)
        self._size = 0

    @property
    def bytes(self) -> int:
        """The memory that it takes."""
        return self._room.nbytes

    @property
    def values(self) -> NDArray[Scalar]:
        """The array so far; a view, good until the next `extend`."""
        return self._room[: self._size]

    def extend(self, values: NDArray[Scalar]) -> None:
        """Add values at the end."""
        size = self._size + len(values)
        if size >= len(self._room):
            room = np.empty(1 + max(size, size * 3 // 2 if self._size else size), self._room.dtype)
            room[: self._size] = self.values
            self._room = room
        self._room[self._size : size] = values
        self._size = size


class Chain(Column[np.int64]):
    """A column that holds a row for each row, `NOBODY` at an end."""

    @property
    def ended(self) -> NDArray[np.int64]:
        """The array with one value more, so that `NOBODY`, its last place, leads to `NOBODY`."""
        self._room[self._size] = NOBODY
        return self._room[: self._size + 1]


class Rows:
    """Columns of the texts in the order of their `seq`; `before` and `after` are rows of the same thread, or `NOBODY`.

    A removed row stays, not `alive` and next to nobody. `speakers` counts the texts of each named speaker; `first`
    and `last` are the times of the earliest and the latest text, removed ones too.
    """

    def __init__(self) -> None:
        """Begin empty."""
        self.seq = Column(np.int64)
        self.thread = Column(np.int64)
        self.time = Column(np.int64)
        self.speaker = Column(np.uint32)
        self.flags = Column(np.uint32)
        self.length = Column(np.uint32)
        self.before = Chain(np.int64)
        self.after = Chain(np.int64)
        self.alive = Column(np.bool_)
        self.speakers: Counter[int] = Counter()
        self.first, self.last = 0, 0
        self._removed = 0
        self._by_time: NDArray[np.int64] = np.empty(0, np.int64)
        self._last_of_thread: dict[int, int] = {}

    def __len__(self) -> int:
        """Count the rows, removed ones too."""
        return len(self.seq.values)

    def extend(
        self, seq: NDArray[np.int64], thread: NDArray[np.int64], time: NDArray[np.int64], features: Unpacked
    ) -> None:
        """Add texts at the end."""
        first = len(self)
        self.first = min(int(time.min()), self.first if first else int(time[0]))
        self.last = max(int(time.max()), self.last if first else int(time[0]))
        self.seq.extend(seq)
        self.thread.extend(thread)
        self.time.extend(time)
        self.speaker.extend(features.speakers)
        self.flags.extend(features.flags)
        self.length.extend(features.lengths)
        self.before.extend(np.full(len(seq), NOBODY, np.int64))
        self.after.extend(np.full(len(seq), NOBODY, np.int64))
        self.alive.extend(np.ones(len(seq), np.bool_))
        self.speakers.update(features.speakers[features.speakers != 0].tolist())
        self._link(thread, first)

    @property
    def bytes(self) -> int:
        """The memory that the columns take, and about what the threads do."""
        columns = (self.seq, self.thread, self.time, self.speaker, self.flags, self.length)
        chains = (self.before, self.after, self.alive)
        return sum(column.bytes for column in (*columns, *chains)) + _A_THREAD * len(self._last_of_thread)

    def remove(self, seqs: NDArray[np.int64]) -> int:
        """Remove texts and join their neighbours; give how many there were."""
        gone = self.find(seqs)
        gone = gone[(gone != NOBODY)]
        gone = gone[self.alive.values[gone]]
        self.alive.values[gone] = False
        for row in gone.tolist():
            self._unlink(row)
        self.speakers.subtract(self.speaker.values[gone].tolist())
        self._removed += len(gone)
        return len(gone)

    @property
    def living(self) -> int:
        """Count the rows that are not removed."""
        return len(self) - self._removed

    @property
    def all_alive(self) -> bool:
        """Whether none was removed."""
        return not self._removed

    def between(self, times: Sequence[tuple[int, int]]) -> NDArray[np.int64]:
        """Return the rows of any of some times, each from a beginning to before an end, ascending."""
        column = self.time.values
        if len(self._by_time) != len(column):
            self._by_time = np.argsort(column, kind="stable")
        marks = np.zeros(len(column), np.bool_)
        for bounds in times:
            low, high = np.searchsorted(column, bounds, sorter=self._by_time)
            marks[self._by_time[low:high]] = True
        return np.flatnonzero(marks)

    def find(self, seqs: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the row of each `seq`, `NOBODY` where there is none."""
        if not len(self):
            return np.full(len(seqs), NOBODY, np.int64)
        rows = np.minimum(np.searchsorted(self.seq.values, seqs), len(self) - 1)
        return np.where(self.seq.values[rows] == seqs, rows, NOBODY)

    def _link(self, thread: NDArray[np.int64], first: int) -> None:
        order = np.argsort(thread, kind="stable")
        follows = thread[order[1:]] == thread[order[:-1]]
        self.before.values[first + order[1:][follows]] = first + order[:-1][follows]
        self.after.values[first + order[:-1][follows]] = first + order[1:][follows]
        begins = np.concatenate(([True], ~follows))
        ends = np.concatenate((~follows, [True]))
        for begin, end in zip(order[begins].tolist(), order[ends].tolist(), strict=True):
            previous = self._last_of_thread.get(int(thread[begin]), NOBODY)
            self.before.values[first + begin] = previous
            if previous != NOBODY:
                self.after.values[previous] = first + begin
            self._last_of_thread[int(thread[end])] = first + end

    def _unlink(self, row: int) -> None:
        before, after = int(self.before.values[row]), int(self.after.values[row])
        if before != NOBODY:
            self.after.values[before] = after
        if after != NOBODY:
            self.before.values[after] = before
        else:
            self._last_of_thread[int(self.thread.values[row])] = before
        self.before.values[row] = self.after.values[row] = NOBODY
