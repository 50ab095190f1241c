"""The vectors of users with few texts, in memory: a search compares the query with every one of them."""

import threading
from collections import OrderedDict
from collections.abc import Collection, Mapping

import numpy as np
from numpy.typing import NDArray

from memos_mcp.backends.local.ledger.texts import Text, TextVectors
from memos_mcp.backends.local.ledger.vectors import Vectors
from memos_mcp.backends.local.vectors.nearest import Nearest

MOST_TEXTS = 16_000
"""Texts of a user up to which all are compared: 25 MB. The nearest 200 of so many take 1.1 ms of processor time, by
Chroma 2.2, and that misses a fourteenth of them; of 1,000, .13 and 1.4 ms; of 24,000, 1.5 and 2.3."""

MOST_BYTES = 64_000_000
"""Bytes of vectors that stay in memory, those of the users who searched last: of about 40,000 texts."""

READ_AT_ONCE = 1_000


class ExactIndex:
    """Nearest texts by vector, of users of at most `most_texts`; any thread may call.

    A user's vectors are read from the ledger at the first search. From then on they follow as Chroma does, by the
    same calls, until they are let go of.
    """

    def __init__(self, vectors: Vectors, *, most_texts: int = MOST_TEXTS, most_bytes: int = MOST_BYTES) -> None:
        """Take where vectors are read, and how much of them may stay in memory."""
        self._vectors = vectors
        self._most_texts = most_texts
        self._most_bytes = most_bytes
        self._users: OrderedDict[int, TextVectors] = OrderedDict()
        self._larger: set[int] = set()
        self._bytes = 0
        self._changes = 0
        self._lock = threading.Lock()

    def covers(self, user: int) -> bool:
        """Say whether `query` answers for this user."""
        return self._of(user) is not None

    def query(self, user: int, vector: NDArray[np.float32], *, limit: int) -> Nearest | None:
        """Return the nearest texts; None for a user who has more than are compared."""
        held = self._of(user)
        return None if held is None else Nearest.of(held, vector).best(limit)

    def put(self, user: int, vectors: Mapping[Text, NDArray[np.float32]]) -> None:
        """Take in vectors, in place of those that the same texts had."""
        if vectors:
            numbers = np.fromiter((text.number for text in vectors), np.int64, len(vectors))
            self._change(user, numbers, TextVectors(numbers, np.stack([*vectors.values()])))

    def remove(self, user: int, texts: Collection[Text]) -> None:
        """Take out vectors; those that are not there are no error."""
        self._change(user, np.fromiter((text.number for text in texts), np.int64, len(texts)), None)

    def forget(self, user: int) -> None:
        """Let go of the vectors of a user."""
        with self._lock:
            self._changes += 1
            self._larger.discard(user)
            self._keep(user, None)

    def clear(self) -> None:
        """Let go of all vectors."""
        with self._lock:
            self._changes += 1
            self._larger.clear()
            self._users.clear()
            self._bytes = 0

    def _of(self, user: int) -> TextVectors | None:
        with self._lock:
            if not self._most_texts or user in self._larger:
                return None
            if user in self._users:
                self._users.move_to_end(user)
                return self._users[user]
            changes = self._changes
        read = self._read(user)
        with self._lock:
            if self._changes == changes:  # else what was read may be of before
                self._keep(user, read)
                if read is None:
                    self._larger.add(user)
        return read

    def _read(self, user: int) -> TextVectors | None:
        if self._vectors.expected(user) > self._most_texts:
            return None
        return TextVectors.joined(self._vectors.all_of(user, at_once=READ_AT_ONCE))

    def _change(self, user: int, numbers: NDArray[np.int64], new: TextVectors | None) -> None:
        with self._lock:
            self._changes += 1
            held = self._users.get(user)
            if held is None:
                if new is None:
                    self._larger.discard(user)
                return
            held = held.without(numbers)
            if new is not None:
                held = TextVectors.joined((held, new))
            if len(held) > self._most_texts:
                self._larger.add(user)
                held = None
            self._keep(user, held)

    def _keep(self, user: int, held: TextVectors | None) -> None:
        """Hold these vectors of a user, and let go of those that were used longest ago where all take too much."""
        before = self._users.pop(user, None)
        self._bytes -= 0 if before is None else before.bytes
        if held is None:
            return
        self._users[user] = held
        self._bytes += held.bytes
        while self._bytes > self._most_bytes and len(self._users) > 1:
            _, gone = self._users.popitem(last=False)
            self._bytes -= gone.bytes
