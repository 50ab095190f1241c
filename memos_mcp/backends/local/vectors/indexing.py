"""Making vectors, and keeping the vector index in step with the ledger."""

import logging
import threading
import time

import numpy as np
from numpy.typing import NDArray

from memos_mcp.backends.local.embedders.base import Embedder, Embedding
from memos_mcp.backends.local.ledger.ledger import Ledger
from memos_mcp.backends.local.ledger.texts import PendingText, Text
from memos_mcp.backends.local.vectors.batches import AT_ONCE, BATCH, gathering
from memos_mcp.backends.local.vectors.chroma import ChromaIndex
from memos_mcp.backends.local.vectors.embedding import embedded_part
from memos_mcp.backends.local.vectors.exact import MOST_TEXTS, ExactIndex
from memos_mcp.backends.local.vectors.following import follow, take_back
from memos_mcp.backends.local.vectors.locations import IndexLocation
from memos_mcp.backends.local.vectors.nearest import Nearest
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

    Users of few texts are answered from memory, unless other processes write to the ledger too, and wait for no Chroma:
    to import it takes 0.7 s and 80 MB. `missing` tells which library cannot be imported; it is empty where all can.
    """

    def __init__(
        self,
        ledger: Ledger,
        embedder: Embedder,
        place: IndexLocation,
        *,
        settled: float = SETTLED,
        most_compared: int = MOST_TEXTS,
    ) -> None:
        """Take ready collaborators, and the texts of a user that are compared; nothing is opened before `start`."""
        self._ledger = ledger
        self._embedder = embedder
        self._place = place
        self._index: ChromaIndex | None = None
        self._exact = ExactIndex(ledger.vectors, most_texts=0 if ledger.database.shared else most_compared)
        self._wanted = False
        self._gathering = gathering(ledger, settled=settled)
        self._renewal = Renewal(ledger, place, settled=settled)
        self._unsure: tuple[int, list[Text]] | None = None
        self._failures = 0
        self._failed_at: float | None = None
        self._awaited = 0
        self._cannot_embed = False
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

    def nearest(self, user: int, vector: NDArray[np.float32], *, limit: int, waiting: bool = True) -> Nearest | None:
        """Return the texts nearest to a vector by cosine similarity, in no order, or None while the index is away.

        What the index has not followed is compared beside it, if anything is `waiting`.
        """
        if not waiting:
            return self._query(user, vector, limit=limit)
        missing = self.unembedded(user)
        if missing and 2 * missing > self._ledger.vectors.expected(user):
            return None  # the few that have a vector would come before those that have the words
        fresh, numbers = self._ledger.vectors.waiting(user, limit=MOST_BESIDE)
        if len(numbers) == MOST_BESIDE:  # there may be more: then the ledger is read again
            self._exact.forget(user)
        found = self._query(user, vector, limit=limit + len(numbers))
        return found and found.replaced(numbers, Nearest.of(fresh, vector)).best(limit)

    def _query(self, user: int, vector: NDArray[np.float32], *, limit: int) -> Nearest | None:
        found, index = self._exact.query(user, vector, limit=limit), self._index
        if found is not None:
            return found
        if index is None:
            self.want_index()
            return None
        try:
            found = index.query(user, vector, limit=limit)
        except Unavailable as exc:
            if self._index is not index:  # it was replaced meanwhile
                return self._query(user, vector, limit=limit)
            self._note_failure(exc)
            return None
        self._failures = 0
        return found

    def want_index(self) -> None:
        """Have the index opened, for the searches to come; they wait for it."""
        self._wanted = True
        self._worker.wake()

    def unembedded(self, user: int) -> int:
        """Count the texts of a user that have no vector yet."""
        return self._gathering.unembedded(user)

    def wait_until_embedded(self, user: int, *, patience: float) -> bool:
        """Wait until the index can be asked and all that the ledger has of a user has its vector.

        False when the time was too short, and at once when that fails: it is not worth waiting for then.
        """
        deadline = time.monotonic() + patience
        if not self.can_be_asked(user):
            self.want_index()
        with self._progress:
            self._awaited += 1
            self._progress.notify_all()
            try:
                while not (asked := self.can_be_asked(user)) or self.unembedded(user):
                    left = deadline - time.monotonic()
                    if left <= 0 or (self._failed_at is not None and (self._cannot_embed or not asked)):
                        return False
                    if self._ledger.database.shared:
                        self._worker.wake()  # another process may have stored it
                        left = min(left, LOOK_AGAIN)
                    self._progress.wait(left)
            finally:
                self._awaited -= 1
        return True

    def can_be_asked(self, user: int) -> bool:
        """Say whether `nearest` need not wait for Chroma to be opened."""
        return self._index is not None or self._exact.covers(user)

    def is_complete(self, user: int) -> bool:
        """Say whether `nearest` sees all of a user's texts that have vectors."""
        return self._exact.covers(user) or self._ledger.vectors.pending_count(user) <= MOST_BESIDE

    def _step(self) -> bool:
        embedded = None
        try:
            embedded = self._embed()
            self._tell()
            return self._feed(enough=AT_ONCE if embedded else GATHERED) or embedded or self._renew()
        except Unavailable as exc:
            self._cannot_embed = embedded is None
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
            made: list[tuple[PendingText, Embedding]] = []
            for one in pending:
                if one.vector is None and one.content is not None:
                    with span("embedding"):
                        made.append((one, self._embedder.embed(embedded_part(one.text.kind, one.content))))
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
            self._exact.clear()  # what was taken out may have been noted for the index that was there before
            self._failed_at = None
            self._note_missing("")
            self._renewal.opened()
            return True  # it may have found that everything has to be handed over again
        self._failed_at = None
        if self._unsure is not None:
            self._exact.forget(self._unsure[0])
            if take_back(index, self._ledger, *self._unsure):
                self._renewal.note_deletion()
            self._unsure = None
        with self._ledger.database.claim(seconds=LONGEST_CLAIM):
            user = self._gathering.due(enough)
            if user is None or self._worker.stopping:
                return False
            pending = self._gathering.of(user)
            self._unsure = user, [one.text for one in pending]
            follow(self._exact, user, pending)
            if follow(index, user, pending):
                self._renewal.note_deletion()
            self._ledger.vectors.done([one.key for one in pending])
        self._unsure = None
        self._failures = 0
        self._gathering.fed(user, pending)
        return True

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
        self._wanted, self._failed_at = True, time.monotonic()
        if isinstance(failure, MissingLibrary):
            if str(failure) != self.missing:
                logger.warning("%s Until then searches may go by words alone.", failure)
            self._note_missing(str(failure))
            return
        logger.warning("the vector index failed: %s", str(failure.__cause__))
        self._failures += 1
        if self._failures < FAILURES_BEFORE_A_FRESH_INDEX:
            return
        self._failures = 0
        broken, self._index = self._index, None
        self._place.broken()
        self._exact.clear()
        try:
            if broken is not None:
                broken.close()
        except MemosError:
            logger.warning("the broken index could not be closed", exc_info=True)
        self._worker.wake()
