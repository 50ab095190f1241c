"""The lexical indexes in memory: one a user and kind, grown from the ledger whenever it has moved on."""

import threading
from collections import OrderedDict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from memos_mcp.backends.local.ledger.ledger import Ledger
from memos_mcp.backends.local.ledger.messages import Row
from memos_mcp.backends.local.ledger.vectors import Kind
from memos_mcp.backends.local.retrieval.index import Entry, Hit, Index, Query

KEPT = 64
"""Users whose indexes stay in memory; those of the others are read again from the ledger when they search."""


@dataclass
class UserIndexes:
    """What is in memory of one user."""

    messages: Index = field(default_factory=Index)
    memories: Index = field(default_factory=Index)
    generation: int = -1
    lock: threading.Lock = field(default_factory=threading.Lock)


class Indexes:
    """Searches a user's texts; a text that the ledger holds is found by the next search."""

    def __init__(self, ledger: Ledger) -> None:
        """Take the ledger that the indexes follow."""
        self._ledger = ledger
        self._users: OrderedDict[int, UserIndexes] = OrderedDict()
        self._lock = threading.Lock()

    def search(self, user: int, kind: Kind, query: Query, *, limit: int) -> list[Hit]:
        """Rank the texts of a user, best first."""
        indexes = self._of(user)
        with indexes.lock:
            if kind == "message":
                rows = self._ledger.messages.rows_after(user, indexes.messages.last_seq)
                indexes.messages.extend(_entries(rows))
                return indexes.messages.search(query, limit=limit)
            self._follow_memories(user, indexes)
            return indexes.memories.search(query, limit=limit)

    def remove_messages(self, user: int, seqs: Collection[int]) -> None:
        """Take messages that the ledger has no more out of a user's index."""
        with self._lock:
            indexes = self._users.get(user)
        if indexes is not None and seqs:
            with indexes.lock:
                indexes.messages.remove(seqs)

    def forget(self, user: int) -> None:
        """Let go of a user's indexes."""
        with self._lock:
            self._users.pop(user, None)

    def _of(self, user: int) -> UserIndexes:
        with self._lock:
            indexes = self._users.setdefault(user, UserIndexes())
            self._users.move_to_end(user)
            while len(self._users) > KEPT:
                self._users.popitem(last=False)
            return indexes

    def _follow_memories(self, user: int, indexes: UserIndexes) -> None:
        generation = self._ledger.memories.generation(user)
        if generation != indexes.generation:
            indexes.memories = Index()
            indexes.generation = generation
        rows = self._ledger.memories.rows_after(user, indexes.memories.last_seq)
        indexes.memories.extend(_entries(rows))


def _entries(rows: Sequence[Row]) -> list[Entry]:
    return [Entry(seq=row.seq, thread=row.thread, time=row.time, features=row.features) for row in rows]
