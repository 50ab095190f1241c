"""Replacing the vector index some time after a deletion, for its files keep what was deleted."""

import time
from collections.abc import Callable

from memos_mcp.backends.local.ledger import database_interface
from memos_mcp.backends.local.ledger.ledger import Ledger
from memos_mcp.backends.local.vectors.batches import AT_ONCE
from memos_mcp.backends.local.vectors.chroma import ChromaIndex
from memos_mcp.backends.local.vectors.locations import HOLDS_DELETED, IndexLocation

PATIENCE = 20
"""After a deletion the index is filled anew (half a millisecond a vector), at most for so small a part of the time."""


class Renewal:
    """When to begin with files that hold nothing of what was deleted, and filling them."""

    def __init__(self, ledger: Ledger, place: IndexLocation, *, settled: float) -> None:
        """Take where the index is, and the seconds that pass at least after a deletion."""
        self._ledger = ledger
        self._place = place
        self._settled = settled
        self._begins: float | None = None
        self._took = 0.0

    def opened(self) -> None:
        """Take note that the index is open; the ledger may still have to be written anew."""
        if self._ledger.noted(database_interface.HOLDS_DELETED):
            self._begins = time.monotonic()

    def note_deletion(self) -> None:
        """Note that the files hold what was deleted."""
        self._ledger.note(HOLDS_DELETED, "yes")
        self._begins = time.monotonic() + max(self._settled, PATIENCE * self._took)

    def pause(self) -> float | None:
        """Return the seconds until it is time; None where there is no need."""
        return None if self._begins is None else max(0.0, self._begins - time.monotonic())

    def filled_anew(self, *, stopping: Callable[[], bool]) -> ChromaIndex | None:
        """Return an index in new files with what is kept; None where it was to stop, or where there is no need."""
        self._begins, began = None, time.monotonic()
        if self._ledger.noted(database_interface.HOLDS_DELETED):
            self._ledger.database.write_anew()
        fresh = self._place.renewed(lambda index: fill(index, self._ledger, stopping=stopping))
        self._took = time.monotonic() - began
        return fresh


def fill(index: ChromaIndex, ledger: Ledger, *, stopping: Callable[[], bool]) -> bool:
    """Put every vector of a ledger into an index; False where it was to stop before the end."""
    for user in ledger.messages.users():
        for vectors in ledger.vectors.all_of(user, at_once=AT_ONCE):
            index.put(user, vectors.by_text)
            if stopping():
                return False
    return True
