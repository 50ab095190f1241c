"""The lexical indexes in memory: two a user, grown from the ledger whenever it has moved on, let go when unused."""

import threading
from collections import OrderedDict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from memos_mcp.backends.local.ledger.ledger import Ledger
from memos_mcp.backends.local.ledger.messages import IndexRow
from memos_mcp.backends.local.ledger.standing import Standing
from memos_mcp.backends.local.ledger.texts import Kind
from memos_mcp.backends.local.retrieval.index import Hit, Index, IndexEntry, Query

MOST_BYTES = 128_000_000
"""Bytes of indexes that stay in memory, those of the users who searched last: of about 300,000 messages. The others'
are read again from the ledger when they search, a thousand messages in some 5 ms."""


@dataclass
class UserIndexes:
    """What is in memory of one user.

    `outdated` are messages that a memory out of force rests on, `preferences` the memories in force that are one.
    """

    messages: Index = field(default_factory=Index)
    memories: Index = field(default_factory=Index)
    outdated: frozenset[int] = frozenset()
    preferences: frozenset[int] = frozenset()
    generation: int = -1
    removals: int = 0
    newest_memory: int = 0
    bytes: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)


class Indexes:
    """Searches a user's texts; a text that the ledger held when it gave the standing is found."""

    def __init__(self, ledger: Ledger, *, most_bytes: int = MOST_BYTES) -> None:
        """Take the ledger that the indexes follow, and how much of them may stay in memory."""
        self._ledger = ledger
        self._most_bytes = most_bytes
        self._bytes = 0
        self._users: OrderedDict[int, UserIndexes] = OrderedDict()
        self._lock = threading.Lock()

    def search(self, standing: Standing, kind: Kind, query: Query, *, limit: int) -> list[Hit]:
        """Rank the texts of a user, best first."""
        indexes = self._of(standing.user)
        with indexes.lock:
            if kind == "message":
                self._follow_messages(standing, indexes)
                index = indexes.messages
            else:
                self._follow_memories(standing, indexes)
                index = indexes.memories
            found = index.search(query, limit=limit)
            size = indexes.messages.bytes + indexes.memories.bytes
        self._weigh(standing.user, indexes, size)
        return found

    def outdated(self, standing: Standing) -> frozenset[int]:
        """Return the messages that a memory rests on which was replaced or corrected."""
        indexes = self._of(standing.user)
        with indexes.lock:
            self._follow_memories(standing, indexes)
            return indexes.outdated

    def preferences(self, standing: Standing) -> frozenset[int]:
        """Return the memories in force that are preferences."""
        indexes = self._of(standing.user)
        with indexes.lock:
            self._follow_memories(standing, indexes)
            return indexes.preferences

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
            gone = self._users.pop(user, None)
            self._bytes -= gone.bytes if gone else 0

    def _of(self, user: int) -> UserIndexes:
        with self._lock:
            if user not in self._users:
                self._users[user] = UserIndexes()
            self._users.move_to_end(user)
            return self._users[user]

    def _weigh(self, user: int, indexes: UserIndexes, size: int) -> None:
        """Note what a user's indexes take, and let go of those that were used longest ago where all take too much."""
        with self._lock:
            if self._users.get(user) is not indexes:  # let go of meanwhile
                return
            self._bytes += size - indexes.bytes
            indexes.bytes = size
            while self._bytes > self._most_bytes and len(self._users) > 1:
                _, gone = self._users.popitem(last=False)
                self._bytes -= gone.bytes

    def _follow_messages(self, standing: Standing, indexes: UserIndexes) -> None:
        if standing.removals != indexes.removals:
            indexes.messages = Index()
            indexes.removals = standing.removals
            self._ledger.vectors.forget_tokens()
        if standing.newest_message > indexes.messages.last_seq:
            rows = self._ledger.messages.rows_after(standing.user, indexes.messages.last_seq)
            indexes.messages.extend(_entries(rows))

    def _follow_memories(self, standing: Standing, indexes: UserIndexes) -> None:
        if standing.generation != indexes.generation:
            if self._ledger.database.shared:  # another process may have given a memory another text
                self._ledger.vectors.forget_tokens()
            indexes.memories = Index()
            indexes.outdated = indexes.preferences = frozenset()
            indexes.generation = standing.generation
            indexes.newest_memory = 0
        if standing.newest_memory > indexes.newest_memory:
            indexes.outdated |= self._ledger.memories.outdated_messages(standing.user, after=indexes.newest_memory)
            rows = self._ledger.memories.rows_after(standing.user, indexes.memories.last_seq)
            indexes.memories.extend(_entries(rows))
            indexes.preferences |= {row.seq for row in rows if row.is_preference}
            indexes.newest_memory = standing.newest_memory


def _entries(rows: Sequence[IndexRow]) -> list[IndexEntry]:
    return [IndexEntry(seq=row.seq, thread=row.thread, time=row.time, features=row.features) for row in rows]
