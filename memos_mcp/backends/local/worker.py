"""Work in the background: one thread that repeats a step until there is nothing to do."""

import logging
import threading
from collections.abc import Callable

from memos_mcp.core.errors import MemosError

logger = logging.getLogger(__name__)

PAUSE_AFTER_FAILURE = 5.0
"""Seconds before a step that failed is tried again."""

LOOK_EVERY = 1.0
"""Seconds between two looks for work that another process has left behind."""


class Worker:
    """A thread with an owner: `wake` it when there is work, `stop` it and it ends after the step in hand.

    `step` gives whether it did something; when it did not, the thread sleeps until it is woken, or until the seconds
    that `sleep` gives have passed.
    """

    def __init__(
        self, name: str, step: Callable[[], bool], *, sleep: Callable[[], float | None] = lambda: None
    ) -> None:
        """Take what is to be done; nothing runs before `start`."""
        self._step = step
        self._sleep = sleep
        self._work = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begin with the first step."""
        self._thread.start()

    def wake(self) -> None:
        """Say that there is work."""
        self._work.set()

    @property
    def stopping(self) -> bool:
        """Whether a long step should end early; what it has not done, it leaves for the next start."""
        return self._stopping.is_set()

    def begin_to_stop(self) -> None:
        """End after the step in hand, without waiting for that."""
        self._stopping.set()
        self._work.set()

    def stop(self) -> None:
        """End after the step in hand."""
        self.begin_to_stop()
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join()

    def _run(self) -> None:
        while not self.stopping:
            self._work.clear()
            try:
                if not self._step():
                    self._work.wait(self._sleep())
            except MemosError as exc:
                logger.warning("%s waits: %s", self._thread.name, exc)
                self._stopping.wait(PAUSE_AFTER_FAILURE)
            except Exception:  # a thread that died would stop all that follows; the step is tried again
                logger.exception("%s failed; it is tried again", self._thread.name)
                self._stopping.wait(PAUSE_AFTER_FAILURE)
