"""Making vectors, and keeping the vector index in step with the ledger."""

import logging
import threading
import time
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from memos_mcp.backends.local.embedders.base import Embedder, Embedding
from memos_mcp.backends.local.ledger.ledger import Ledger
from memos_mcp.backends.local.ledger.vectors import PendingText, Text
from memos_mcp.backends.local.vectors.batches import AT_ONCE, BATCH, gathering
from memos_mcp.backends.local.vectors.chroma import ChromaIndex
from memos_mcp.backends.local.vectors.embedding import embedded_part
from memos_mcp.backends.local.vectors.locations import IndexLocation
from memos_mcp.backends.local.vectors.renewal import Renewal
from memos_mcp.backends.local.worker import PAUSE_AFTER_FAILURE, Worker
from memos_mcp.core.errors import MemosError, MissingLibrary, Unavailable
from memos_mcp.core.tracing import span

logger = logging.getLogger(__name__)

GATHERED = 64
"""Texts of a user that are handed to Chroma together: a call for one takes 9 ms of processor time, for sixteen 14, for
64 between 25 and 90. Until then a search reads their vectors from the ledger."""

SETTLED = 30.0
"""Seconds after which fewer are handed over too, and those of every user."""

FAILURES_BEFORE_A_FRESH_INDEX = 3  # in a row: a single one may pass by itself

GATHERING = 0.2
"""Seconds for which texts are gathered before they are embedded, unless a search waits for them: each round costs a
transaction, however few texts it has."""

MISSING = "missing_library"
"""Noted in the ledger: the sentence about what cannot be imported."""

LONGEST_CLAIM = 60
"""Seconds for which a process that was stopped keeps the texts of a user that it embeds or hands over."""

LOOK_AGAIN = 0.05
"""Seconds after which a search looks again whether another process has made the vectors that it waits for."""

MOST_BESIDE = 1_000
"""Texts of a user that a search looks at beside the index: 1 ms for as many."""


class Indexing:
    """Embeds in the background, opens the vector index once it is needed and feeds it, and replaces it when it breaks.

    Until it is open, a search compares with the vectors in the ledger: to import Chroma takes 0.7 s and 80 MB.
    `missing` tells which library cannot be imported, so that there are no vectors; it is empty where all can.
    """

    def __init__(self, ledger: Ledger, embedder: Embedder, place: IndexLocation, *, settled: float = SETTLED) -> None:
        """Take ready collaborators; nothing is opened before `start`."""
        self._ledger = ledger
        self._embedder = embedder
        self._place = place
        self._index: ChromaIndex | None = None
        self._wanted = False
        self._gathering = gathering(ledger, settled=settled)
        self._renewal = Renewal(ledger, place, settled=settled)
        self._unsure: tuple[int, list[Text]] | None = None
        self._failures = 0
        self._failed_at: float | None = None
        self._awaited = 0
        self.missing = ""
        self._progress = threading.Condition()
        self._worker = Worker("indexing", self._step, sleep=self._until_due)

    def start(self) -> None:
        """Follow the ledger, in the background."""
        self._wanted = self._place.must_open() or bool(self._ledger.noted(MISSING))
        self._worker.start()

    def wake(self) -> None:
        """Say that the ledger has moved on."""
        self._worker.wake()

    def close(self) -> None:
        """End after the text in hand and note that the index was closed in order."""
        self._worker.begin_to_stop()
        self._tell()
        self._worker.stop()
        index, self._index = self._index, None
        if index is not None:
            index.close()
            self._place.left()

    def nearest(
        self, user: int, vector: NDArray[np.float32], *, limit: int, waiting: bool = True
    ) -> list[tuple[Text, float]] | None:
        """Return the texts nearest to a vector by cosine similarity, nearest first, or None while the index is away.

        What the index has not followed is compared one by one, if anything is `waiting`; while it is not open, all is.
        """
        index = self._index
        if index is None:
            return None if self._failed_at is not None else self._in_ledger(user, vector, limit=limit)
        beside = self._ledger.vectors.waiting(user, vector, limit=MOST_BESIDE) if waiting else ()
        try:
            found = dict(index.query(user, vector, limit=limit))
        except Unavailable as exc:
            if self._index is not index:  # it was replaced meanwhile
                return self.nearest(user, vector, limit=limit)
            self._note_failure(exc)
            return None
        self._failures = 0
        return sorted((found | dict(beside)).items(), key=lambda one: -one[1])[:limit]

    def _in_ledger(self, user: int, vector: NDArray[np.float32], *, limit: int) -> list[tuple[Text, float]] | None:
        found = self._ledger.vectors.compared(user, vector)
        if self.unembedded(user) > len(found):  # the few that have a vector would come before those that have the words
            return None
        if len(found) > MOST_BESIDE:
            self.want_index()
        return sorted(found, key=lambda one: -one[1])[:limit]

    def want_index(self) -> None:
        """Have the index opened, for the searches to come; they wait for it."""
        self._wanted = True
        self._worker.wake()

    def unembedded(self, user: int) -> int:
        """Count the texts of a user that have no vector yet."""
        return self._gathering.unembedded(user)

    def wait_until_embedded(self, user: int, *, patience: float) -> bool:
        """Wait until the index can be asked and all that the ledger has of a user has its vector.

        False when the time was too short, and at once when the index is away: it is not worth waiting for then.
        """
        deadline = time.monotonic() + patience
        with self._progress:
            self._awaited += 1
            self._progress.notify_all()
            try:
                while not self.can_be_asked or self.unembedded(user):
                    left = deadline - time.monotonic()
                    if left <= 0 or self._failed_at is not None:
                        return False
                    if self._ledger.database.shared:
                        self._worker.wake()  # another process may have stored it
                        left = min(left, LOOK_AGAIN)
                    self._progress.wait(left)
            finally:
                self._awaited -= 1
        return True

    @property
    def can_be_asked(self) -> bool:
        """Whether `nearest` need not wait for the index to be opened."""
        return self._index is not None or not self._wanted

    def is_complete(self, user: int) -> bool:
        """Say whether `nearest` sees all of a user's texts that have vectors."""
        return self._index is None or self._ledger.vectors.pending_count(user) <= MOST_BESIDE

    def _step(self) -> bool:
        try:
            embedded = self._embed()
            self._tell()
            return self._feed(enough=AT_ONCE if embedded else GATHERED) or embedded or self._renew()
        except Unavailable as exc:
            self._note_failure(exc)
            return False
        finally:
            self._tell()

    def _until_due(self) -> float | None:
        if self._failed_at is not None:
            return max(0.05, self._failed_at + PAUSE_AFTER_FAILURE - time.monotonic())
        pauses = [pause for pause in (self._gathering.pause(), self._renewal.pause()) if pause is not None]
        return max(0.05, min(pauses)) if pauses else None

    def _embed(self) -> bool:
        self._gather()
        with self._ledger.database.claim(seconds=LONGEST_CLAIM):
            pending = self._gathering.next()
            made: list[tuple[Text, Embedding]] = []
            for one in pending:
                if one.vector is None and one.content is not None:
                    with span("embedding"):
                        made.append((one.text, self._embedder.embed(embedded_part(one.text.kind, one.content))))
                if self._worker.stopping:
                    break
            if made:
                self._ledger.vectors.keep(made)
        if self._worker.stopping or not pending:
            return False
        self._gathering.passed(pending)
        return True

    def _gather(self) -> None:
        """Let more texts come, while few are there and nobody waits for them."""
        with self._progress:
            few = 0 < self._gathering.unembedded() < BATCH
            if few and not self._awaited and not self._worker.stopping:
                self._progress.wait(GATHERING)

    def _tell(self) -> None:
        with self._progress:
            self._progress.notify_all()

    def _feed(self, *, enough: int) -> bool:
        """Open the index, and hand over what is gathered of one user where it is enough or its time has come."""
        if self._failed_at is not None and time.monotonic() < self._failed_at + PAUSE_AFTER_FAILURE:
            return False
        index = self._index
        if index is None:
            if not self._wanted and self._gathering.due(enough) is None:
                return False
            self._index = self._place.open()
            self._failed_at = None
            self._note_missing("")
            self._renewal.opened()
            return True  # it may have found that everything has to be handed over again
        self._failed_at = None
        if self._unsure is not None:
            self._take_back(index, *self._unsure)
            self._unsure = None
        with self._ledger.database.claim(seconds=LONGEST_CLAIM):
            user = self._gathering.due(enough)
            if user is None or self._worker.stopping:
                return False
            pending = self._gathering.of(user)
            self._unsure = user, [one.text for one in pending]
            self._follow(index, user, pending)
            self._ledger.vectors.done([one.key for one in pending])
        self._unsure = None
        self._failures = 0
        self._gathering.fed(user, pending)
        return True

    def _take_back(self, index: ChromaIndex, user: int, texts: Sequence[Text]) -> None:
        """Take out what was put in too late: another process had the claim by then, and may have taken it out."""
        if self._ledger.messages.user_id(user):
            gone = self._ledger.vectors.gone(texts)
            index.remove(user, gone)
        else:
            gone = set(texts)
            index.forget(user)
        if gone:
            self._renewal.note_deletion()

    def _follow(self, index: ChromaIndex, user: int, pending: Sequence[PendingText]) -> None:
        if any(one.text.seq == 0 for one in pending):  # the user is gone, and so is every text of theirs
            index.forget(user)
            self._renewal.note_deletion()
            return
        gone = {one.text for one in pending if one.content is None}
        if gone:
            index.remove(user, gone)
            self._renewal.note_deletion()
        index.put(user, {one.text: one.vector for one in pending if one.content is not None and one.vector is not None})

    def _note_missing(self, missing: str) -> None:
        if missing != self._ledger.noted(MISSING):
            self._ledger.note(MISSING, missing)
        self.missing = missing

    def _renew(self) -> bool:
        """Fill new files with what is kept, some time after a deletion; the old index serves meanwhile."""
        old = self._index
        if old is None or self._renewal.pause() != 0:
            return False
        fresh = self._renewal.filled_anew(stopping=lambda: self._worker.stopping)
        if fresh is not None:
            self._index = fresh
            old.close()
            self._place.remove_old()
        return True

    def _note_failure(self, failure: Unavailable) -> None:
        self._wanted = True
        if isinstance(failure, MissingLibrary):
            if str(failure) != self.missing:
                logger.warning("%s Until then search goes by words alone.", failure)
            self._note_missing(str(failure))
            self._failed_at = time.monotonic()
            return
        logger.warning("the vector index failed: %s", str(failure.__cause__))
        self._failed_at = time.monotonic()
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
