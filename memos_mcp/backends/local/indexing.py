"""Keeping the vector index in step with the ledger."""

import logging
import threading
import time
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from memos_mcp.backends.local.chroma import KINDS, ChromaIndex
from memos_mcp.backends.local.embedders.base import Embedder, Embedding
from memos_mcp.backends.local.ledger.ledger import Ledger
from memos_mcp.backends.local.ledger.vectors import Kind, Pending
from memos_mcp.backends.local.places import HOLDS_DELETED, IndexPlace
from memos_mcp.backends.local.worker import Worker
from memos_mcp.errors import MemosError, Unavailable

logger = logging.getLogger(__name__)

BATCH = 32
"""Texts embedded before they are handed to Chroma together: one bulk call is far cheaper than as many single ones."""

FAILURES_BEFORE_A_FRESH_INDEX = 3

GATHERING = 0.2
"""Seconds for which texts are gathered before they are embedded, unless a search waits for them: each round costs two
transactions and a call of Chroma, however few texts it has."""


class Indexing:
    """Opens the vector index, feeds it in the background, and replaces it when it breaks."""

    def __init__(self, ledger: Ledger, embedder: Embedder, place: IndexPlace) -> None:
        """Take ready collaborators; nothing is opened before `start`."""
        self._ledger = ledger
        self._embedder = embedder
        self._place = place
        self._index: ChromaIndex | None = None
        self._failures = 0
        self._away = False
        self._awaited = 0
        self._progress = threading.Condition()
        self._worker = Worker("indexing", self._step)

    def start(self) -> None:
        """Open the index and follow the ledger, in the background."""
        self._worker.start()

    def wake(self) -> None:
        """Say that the ledger has moved on."""
        self._worker.wake()

    def close(self) -> None:
        """End after the text in hand and note that the index was closed in order."""
        self._worker.begin_to_stop()
        self._tell()
        self._worker.stop()
        if self._index is not None:
            self._index.close()
            self._place.left()

    def nearest(
        self, user: int, kind: Kind, vector: NDArray[np.float32], *, limit: int
    ) -> list[tuple[int, float]] | None:
        """Give the nearest texts, or None while there is no index to ask."""
        index = self._index
        if index is None:
            return None
        try:
            return index.query(user, kind, vector, limit=limit)
        except Unavailable as exc:
            self._note_failure(exc)
            return None

    def wait_until_followed(self, user: int, *, patience: float) -> bool:
        """Wait until the index holds all that the ledger has of a user.

        False when the time was too short, and at once when the index is away: it is not worth waiting for then.
        """
        deadline = time.monotonic() + patience
        with self._progress:
            self._awaited += 1
            self._progress.notify_all()
            try:
                while self._index is None or self._ledger.vectors.pending_count(user):
                    left = deadline - time.monotonic()
                    if left <= 0 or self._away:
                        return False
                    self._progress.wait(left)
            finally:
                self._awaited -= 1
        return True

    def _step(self) -> bool:
        pending: Sequence[Pending] = ()
        try:
            index = self._index = self._index or self._place.open()
            self._gather()
            pending = self._ledger.vectors.next_pending(BATCH)
            self._follow(index, pending)
            self._failures, self._away = 0, False
        except Unavailable as exc:
            self._note_failure(exc)
            raise
        finally:
            self._tell()
        return bool(pending)

    def _gather(self) -> None:
        """Let more texts come, while few are there and nobody waits for them."""
        with self._progress:
            if not self._awaited and self._ledger.vectors.pending_count() < BATCH and not self._worker.stopping:
                self._progress.wait(GATHERING)

    def _tell(self) -> None:
        with self._progress:
            self._progress.notify_all()

    def _follow(self, index: ChromaIndex, pending: Sequence[Pending]) -> None:
        if not pending:
            return
        user = pending[0].user
        if any(text.seq == 0 for text in pending):  # the user is gone, and so is every text of theirs
            index.forget(user)
            self._ledger.note(HOLDS_DELETED, "yes")
            self._ledger.vectors.done([text.key for text in pending])
            return
        for kind in KINDS:
            texts = [text for text in pending if text.kind == kind]
            if gone := [text.seq for text in texts if text.text is None]:
                index.remove(user, kind, gone)
                self._ledger.note(HOLDS_DELETED, "yes")
            index.put(user, kind, self._vectors(kind, texts))
            if self._worker.stopping:
                return
        self._ledger.vectors.done([text.key for text in pending])

    def _vectors(self, kind: Kind, texts: Sequence[Pending]) -> list[tuple[int, NDArray[np.float32]]]:
        ready: dict[int, NDArray[np.float32]] = {}
        made: list[tuple[int, Embedding]] = []
        for text in texts:
            if text.vector is not None:
                ready[text.seq] = text.vector
            elif text.text is not None and not self._worker.stopping:
                embedding = self._embedder.embed(text.text)
                made.append((text.seq, embedding))
                ready[text.seq] = embedding.vector
        self._ledger.vectors.keep(kind, made)
        return list(ready.items())

    def _note_failure(self, failure: Unavailable) -> None:
        logger.warning("the vector index failed: %s", failure.__cause__)
        self._away = True
        self._failures += 1
        if self._failures < FAILURES_BEFORE_A_FRESH_INDEX:
            return
        self._failures = 0
        broken, self._index = self._index, None
        self._place.broken()
        try:
            if broken is not None:
                broken.close()
        except MemosError:
            logger.warning("the broken index could not be closed", exc_info=True)
        self._worker.wake()


def embed_all(ledger: Ledger, embedder: Embedder, report: Callable[[int, int], None]) -> None:
    """Embed every text anew with a model, reporting (done, of how many); the index follows at the next start.

    May be interrupted: what it has not done is done in the background after the next start.
    """
    with ledger.database.transaction():
        ledger.vectors.embed_again()
        ledger.note("embedder", embedder.name)
    total = ledger.vectors.pending_count()
    done = key = 0
    while texts := ledger.vectors.pending_after(key, BATCH):
        for text in texts:
            if text.text is not None:
                ledger.vectors.keep(text.kind, [(text.seq, embedder.embed(text.text))])
            done, key = done + 1, text.key
            report(done, total)
