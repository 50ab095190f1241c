"""Which texts are embedded next, and whose are handed to the vector index, some or all."""

import time
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Sequence

from memos_mcp.backends.local.ledger.index_work import IndexWork
from memos_mcp.backends.local.ledger.ledger import Ledger
from memos_mcp.backends.local.ledger.texts import PendingText
from memos_mcp.backends.local.ledger.vectors import Vectors
from memos_mcp.backends.local.worker import LOOK_EVERY

BATCH = 32
"""Texts embedded before their vectors are stored together."""

AT_ONCE = 128
"""The most texts handed over in one call, for which searches wait; as many are gathered while more are coming."""


class Gathering(ABC):
    """What waits for its vector, and what has one and waits for the index."""

    def __init__(self, vectors: Vectors, *, settled: float) -> None:
        """Take the table, and the seconds after which little is handed over too."""
        self._vectors = vectors
        self._settled = settled

    @abstractmethod
    def unembedded(self, user: int | None = None) -> int:
        """Count the texts without a vector, of one user or of all; those of all as far as a batch."""

    @abstractmethod
    def next(self) -> Sequence[PendingText]:
        """Return the texts to look at next; those without a vector are embedded."""

    def passed(self, pending: Sequence[PendingText]) -> None:  # noqa: B027 - the ledger has it
        """Take note that they have their vectors."""

    @abstractmethod
    def due(self, enough: int) -> int | None:
        """Return a user of whom enough is gathered, or whose time has come."""

    @abstractmethod
    def of(self, user: int) -> Sequence[PendingText]:
        """Return the first texts of a user that the index has to follow."""

    def fed(self, user: int, pending: Sequence[PendingText]) -> None:  # noqa: B027 - the ledger has it
        """Take note that the index has followed."""

    @abstractmethod
    def pause(self) -> float | None:
        """Return the seconds until there may be something to do unasked."""


class OwnGathering(Gathering):
    """That of the one process that has the ledger: what it has seen, it remembers."""

    def __init__(self, vectors: Vectors, *, settled: float) -> None:
        """Begin with nothing seen."""
        super().__init__(vectors, settled=settled)
        self._seen = 0
        self._gathered: Counter[int] = Counter()
        self._since: dict[int, float] = {}
        self._overdue: set[int] = set()

    def unembedded(self, user: int | None = None) -> int:
        """Count the texts without a vector among those that were not seen yet."""
        if user is None:
            return self._vectors.count_after(self._seen, limit=BATCH)
        return self._vectors.unembedded_count(user, after=self._seen)

    def next(self) -> Sequence[PendingText]:
        """Return the first texts that were not seen yet."""
        return self._vectors.pending_after(self._seen, BATCH)

    def passed(self, pending: Sequence[PendingText]) -> None:
        """Remember them."""
        now = time.monotonic()
        for one in pending:
            self._gathered[one.user] += 1
            self._since.setdefault(one.user, now)
            if one.content is None:
                self._overdue.add(one.user)
        self._seen = pending[-1].key

    def due(self, enough: int) -> int | None:
        """Return a user of whom enough is gathered, or whose time has come."""
        old = time.monotonic() - self._settled
        for user, count in self._gathered.items():
            if count >= enough or user in self._overdue or self._since[user] <= old:
                return user
        return None

    def of(self, user: int) -> Sequence[PendingText]:
        """Return the first of what was seen of a user."""
        return self._vectors.pending_of(user, until=self._seen, limit=AT_ONCE)

    def fed(self, user: int, pending: Sequence[PendingText]) -> None:
        """Forget them."""
        self._gathered[user] -= len(pending)
        if len(pending) < AT_ONCE:
            self._overdue.discard(user)
            del self._gathered[user], self._since[user]

    def pause(self) -> float | None:
        """Return the seconds until the time of the first user has come."""
        return max(0.05, min(self._since.values()) + self._settled - time.monotonic()) if self._since else None


class SharedGathering(Gathering):
    """That of one of several processes: a user at a time is claimed, so that nothing is done by two of them."""

    def __init__(self, vectors: Vectors, work: IndexWork, *, settled: float) -> None:
        """Take what finds and claims a user too."""
        super().__init__(vectors, settled=settled)
        self._work = work

    def unembedded(self, user: int | None = None) -> int:
        """Count the texts without a vector."""
        return self._vectors.unembedded_count(user)

    def next(self) -> Sequence[PendingText]:
        """Claim a user and return the first of their texts without a vector."""
        user = self._work.to_embed()
        return self._vectors.without_vector(user, limit=BATCH) if user else ()

    def due(self, enough: int) -> int | None:
        """Claim a user of whom enough is gathered, or whose time has come."""
        return self._work.to_feed(enough=enough, settled=self._settled)

    def of(self, user: int) -> Sequence[PendingText]:
        """Return the first texts of a user that have a vector or are gone."""
        return self._vectors.ready(user, limit=AT_ONCE)

    def pause(self) -> float | None:
        """Return the seconds until the next look for what others have left."""
        return LOOK_EVERY


def gathering(ledger: Ledger, *, settled: float) -> Gathering:
    """Return what gathers the texts of a ledger: for one process, or for one of several."""
    if ledger.database.shared:
        return SharedGathering(ledger.vectors, ledger.work, settled=settled)
    return OwnGathering(ledger.vectors, settled=settled)
