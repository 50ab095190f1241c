"""Learning memories from messages in the background: add by add, in order, each once."""

import logging
from collections.abc import Callable

from memos_mcp.backends.local.extractors.base import Extractor
from memos_mcp.backends.local.ledger.ledger import Ledger
from memos_mcp.backends.local.ledger.tasks import OpenTask
from memos_mcp.backends.local.upkeep import Upkeep
from memos_mcp.backends.local.worker import Worker
from memos_mcp.errors import MemosError

logger = logging.getLogger(__name__)

FIRST_PAUSE = 5_000
"""Milliseconds before a failed extraction is tried again; each further pause is twice as long."""

LONGEST_PAUSE = 3_600_000


class Learning:
    """Runs the extractor over each add and keeps what it drafts; a failing extractor blocks nothing else."""

    def __init__(
        self,
        ledger: Ledger,
        extractor: Extractor,
        upkeep: Upkeep,
        *,
        clock: Callable[[], int],
        told: Callable[[], None],
    ) -> None:
        """Take ready collaborators; `told` is called after each add that was learnt from."""
        self._ledger = ledger
        self._extractor = extractor
        self._upkeep = upkeep
        self._clock = clock
        self._told = told
        self._worker = Worker("learning", self._step, sleep=self._until_due)

    def start(self) -> None:
        """Begin where the last process stopped."""
        self._worker.start()

    def wake(self) -> None:
        """Say that something was added."""
        self._worker.wake()

    def close(self) -> None:
        """End after the add in hand; a model that is still thinking about it is not waited for."""
        self._worker.begin_to_stop()
        self._extractor.close()
        self._worker.stop()

    def _step(self) -> bool:
        task = self._ledger.tasks.next_open(self._clock())
        if task is None:
            return False
        try:
            self._learn(task)
        except MemosError as exc:
            self._postpone(task, exc)
        except Exception as exc:  # one add that cannot be learnt from must not hold up those after it
            logger.exception("learning failed")
            self._postpone(task, exc)
        return True

    def _learn(self, task: OpenTask) -> None:
        drafts = self._extractor.extract(task.messages, before=task.before)
        with self._ledger.database.transaction():
            views = self._upkeep.keep(drafts, task=task, extractor=self._extractor.name)
            self._ledger.tasks.complete(task, views)
        self._told()

    def _postpone(self, task: OpenTask, reason: Exception) -> None:
        if self._worker.stopping:
            return
        pause = min(FIRST_PAUSE * 2**task.attempts, LONGEST_PAUSE)
        logger.warning("extraction is tried again in %d s: %s", pause // 1000, reason)
        self._ledger.tasks.postpone(task, due=self._clock() + pause)

    def _until_due(self) -> float | None:
        due = self._ledger.tasks.next_due()
        return None if due is None else max(0.05, (due - self._clock()) / 1000)
