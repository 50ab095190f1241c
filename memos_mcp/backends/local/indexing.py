"""Keeping the vector index in step with the ledger."""

import logging
import threading
import time
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from memos_mcp.backends.local.chroma import KINDS, ChromaIndex, collection_name
from memos_mcp.backends.local.embedders.base import Embedder, Embedding
from memos_mcp.backends.local.folders import IndexFolders
from memos_mcp.backends.local.ledger.ledger import Ledger
from memos_mcp.backends.local.ledger.vectors import Kind, Pending
from memos_mcp.backends.local.probe import probe
from memos_mcp.backends.local.worker import Worker
from memos_mcp.errors import MemosError, Unavailable

logger = logging.getLogger(__name__)

BATCH = 32
"""Texts embedded before they are handed to Chroma together: one bulk call is far cheaper than as many single ones."""

FAILURES_BEFORE_A_FRESH_INDEX = 3


class Indexing:
    """Opens the vector index, feeds it in the background, and replaces it when it breaks."""

    def __init__(self, ledger: Ledger, embedder: Embedder, folders: IndexFolders) -> None:
        """Take ready collaborators; nothing is opened before `start`."""
        self._ledger = ledger
        self._embedder = embedder
        self._folders = folders
        self._index: ChromaIndex | None = None
        self._failures = 0
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
        self._worker.stop()
        if self._index is not None:
            self._index.close()
            self._folders.left()

    def nearest(
        self, user: int, kind: Kind, vector: NDArray[np.float32], *, limit: int
    ) -> list[tuple[int, float]] | None:
        """Give the nearest texts, or None while there is no index to ask."""
        index = self._index
        if index is None:
            return None
        try:
            return index.query(user, kind, vector, limit=limit)
        except Unavailable:
            logger.warning("the vector index failed in a query", exc_info=True)
            self._note_failure()
            return None

    def wait_until_followed(self, user: int, *, patience: float) -> bool:
        """Wait until the index holds all that the ledger has of a user; False when the time was too short."""
        deadline = time.monotonic() + patience
        with self._progress:
            while self._index is None or self._ledger.vectors.pending_count(user):
                left = deadline - time.monotonic()
                if left <= 0:
                    return False
                self._progress.wait(left)
        return True

    def _step(self) -> bool:
        if self._index is None:
            self._open()
        index = self._index
        pending = self._ledger.vectors.next_pending(BATCH)
        if not pending or index is None:
            self._tell()
            return False
        try:
            self._follow(index, pending)
            self._failures = 0
        except Unavailable:
            logger.warning("the vector index failed", exc_info=True)
            self._note_failure()
        self._tell()
        return True

    def _tell(self) -> None:
        with self._progress:
            self._progress.notify_all()

    def _open(self) -> None:
        if not self._folders.is_as_it_was_left():
            self._examine()
        try:
            index = ChromaIndex.open_folder(self._folders.current)
        except Unavailable:
            logger.warning("the vector index cannot be opened; it is built anew", exc_info=True)
            self._folders.start_afresh()
            index = ChromaIndex.open_folder(self._folders.current)
        self._folders.entered()
        self._index = index

    def _examine(self) -> None:
        if not self._folders.current.exists():
            self._ledger.vectors.index_again()
            return
        counts = probe(self._folders.current)
        if counts is None:
            logger.warning("the vector index is broken; it is built anew from the ledger")
            self._folders.start_afresh()
            return
        for user in self._ledger.messages.users():
            if not self._is_complete(user, counts):
                logger.warning("vectors of a user are missing; they are put in again")
                self._ledger.vectors.index_again(user)

    def _is_complete(self, user: int, counts: dict[str, int]) -> bool:
        waiting = self._ledger.vectors.pending_count(user)
        expected = sum(self._ledger.vectors.expected(user, kind) for kind in KINDS)
        return sum(counts.get(collection_name(user, kind), 0) for kind in KINDS) >= expected - waiting

    def _follow(self, index: ChromaIndex, pending: Sequence[Pending]) -> None:
        user = pending[0].user
        if any(text.seq == 0 for text in pending):  # the user is gone, and so is every text of theirs
            index.forget(user)
            self._ledger.vectors.done([text.key for text in pending])
            return
        for kind in KINDS:
            texts = [text for text in pending if text.kind == kind]
            index.remove(user, kind, [text.seq for text in texts if text.text is None])
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

    def _note_failure(self) -> None:
        self._failures += 1
        if self._failures < FAILURES_BEFORE_A_FRESH_INDEX:
            return
        self._failures = 0
        broken, self._index = self._index, None
        self._folders.start_afresh()
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
