"""Learning memories from messages in the background: add by add, in order, each once."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace

from memos_mcp.backends.local.consolidation import Consolidation
from memos_mcp.backends.local.consolidation.agent_memories import EXTRACTOR
from memos_mcp.backends.local.extraction.base import Draft, Extractor, Source
from memos_mcp.backends.local.ledger.ledger import Ledger
from memos_mcp.backends.local.ledger.tasks import OpenTask
from memos_mcp.backends.local.worker import LOOK_EVERY, Worker
from memos_mcp.core.errors import MemosError, Unavailable
from memos_mcp.core.perspective import bare, marked, perspective_of

logger = logging.getLogger(__name__)

FIRST_PAUSE = 5_000
"""Milliseconds before a failed extraction is tried again; each further pause is twice as long."""

LONGEST_PAUSE = 3_600_000  # milliseconds between two tries of a task

LONGEST_CLAIM = 600
"""Seconds for which a process that was stopped keeps an add that it learns from: longer than a model thinks."""

PATIENCE = 86_400_000
"""Milliseconds after an add from which on a failed extraction is not tried again: the rules take its place.

A day is longer than an upgrade, a night or a quota by the day; who waits longer waits for a model that is gone.
"""

FEWEST_ATTEMPTS = 6
"""Attempts that a model gets however old the add is: two and a half minutes of a store that was just opened again."""


class Learning:
    """Runs the extractor over each add and keeps what it drafts; a failing extractor blocks nothing else.

    Where the agent wrote a memory of a message itself, no other is drafted of it. An add that the extractor fails
    again and again, for a day, is given to another extractor, which asks nobody.
    """

    def __init__(
        self,
        ledger: Ledger,
        extractor: Extractor,
        upkeep: Consolidation,
        *,
        instead: Extractor,
        clock: Callable[[], int],
        told: Callable[[], None],
        learnt: Callable[[int], None] = lambda _: None,
    ) -> None:
        """Take ready collaborators; `instead` learns where `extractor` cannot.

        After each add `told` is called, and `learnt` with the key of its user.
        """
        self._ledger = ledger
        self._extractor = extractor
        self._instead = instead
        self._upkeep = upkeep
        self._clock = clock
        self._told = told
        self._learnt = learnt
        self._worker = Worker("learning", self.step, sleep=self._until_due)

    def start(self) -> None:
        """Begin where the last process stopped."""
        self._worker.start()

    def wake(self) -> None:
        """Say that something was added."""
        self._worker.wake()

    def close(self) -> None:
        """End after the messages in hand; a model that is still thinking about it is not waited for."""
        self._worker.begin_to_stop()
        self._extractor.close()
        self._worker.stop()

    @property
    def takes_instructions(self) -> bool:
        """Whether the application can say what is to be kept."""
        return self._extractor.takes_instructions

    def draft(self, messages: Sequence[Source]) -> list[Draft]:
        """Return the memories that messages would leave behind; nothing is stored."""
        return self._extractor.extract(messages, before=())

    def step(self) -> bool:
        """Learn from the next add that is due, or from a part of a great one; say whether there was one."""
        with self._ledger.database.claim(seconds=LONGEST_CLAIM):
            task = self._ledger.tasks.next_open(self._clock())
            if task is None:
                return False
            learnt = self._try(task)
        if learnt:
            self._told()
            self._learnt(task.user)
        return True

    def _try(self, task: OpenTask) -> bool:
        """Learn from an add, or let another extractor do so; say whether one did."""
        try:
            self._learn(task)
        except MemosError as exc:
            return self._fail(task, exc)
        except Exception as exc:  # one add that cannot be learnt from must not hold up those after it
            logger.exception("learning failed")
            return self._fail(task, exc)
        return True

    def _learn(self, task: OpenTask) -> None:
        instructions = self._ledger.instructions(task.key)
        drafts = self._extractor.extract(task.messages, before=task.before, instructions=instructions)
        told = self._ledger.memories.told_by(EXTRACTOR, [message.seq for message in task.messages])
        self._keep([draft for draft in drafts if draft.preference or not told.issuperset(draft.sources)], task)

    def _keep(self, drafts: list[Draft], task: OpenTask, *, taken_over: bool = False) -> None:
        with self._ledger.database.transaction():
            self._ledger.database.one_writer(task.user)
            if not self._ledger.tasks.is_whole(task):
                return  # messages were deleted meanwhile: what was drafted may tell of them, and is drafted anew
            views = self._upkeep.keep(
                [_naming(draft, task) for draft in drafts], task=task, extractor=self._extractor.name
            )
            self._ledger.tasks.complete(task, views, taken_over=taken_over)
            self._ledger.tasks.forget_notes()

    def _fail(self, task: OpenTask, reason: Exception) -> bool:
        """Let another extractor learn where this one has failed for long enough; say whether one did."""
        if self._worker.stopping:
            return False
        tries = task.attempts + 1
        if tries >= FEWEST_ATTEMPTS and self._clock() - task.added >= PATIENCE:
            logger.warning("%s failed %d times; %s takes its place", self._extractor.name, tries, self._instead.name)
            try:
                drafts = self._instead.extract(task.messages, before=task.before)
                self._keep([replace(draft, extractor=self._instead.name) for draft in drafts], task, taken_over=True)
            except Exception as exc:  # what cannot be kept waits, visibly
                logger.exception("learning failed")
                reason = exc
            else:
                return True
        self._postpone(task, reason)
        return False

    def _postpone(self, task: OpenTask, reason: Exception) -> None:
        asked = reason.retry_after if isinstance(reason, Unavailable) else None
        pause = min(max(FIRST_PAUSE * 2**task.attempts, round((asked or 0) * 1000)), LONGEST_PAUSE)
        logger.warning("extraction is tried again in %d s: %s", pause // 1000, reason)
        self._ledger.tasks.postpone(task, due=self._clock() + pause)

    def _until_due(self) -> float | None:
        due = self._ledger.tasks.next_due()
        pause = None if due is None else max(0.05, (due - self._clock()) / 1000)
        return min(pause or LOOK_EVERY, LOOK_EVERY) if self._ledger.database.shared else pause


def _naming(draft: Draft, task: OpenTask) -> Draft:
    """Name who else said what a draft says; what others prefer is no preference of the user."""
    said = [one.speaker for one in (*task.before, *task.messages) if one.seq in draft.sources]
    names = sorted(set(filter(None, said)))
    if not names or not all(said):
        return draft
    text = bare(draft.value)
    if not any(name in text for name in names):
        text = f"{', '.join(names)}: {text}"
    return replace(draft, value=marked(text, perspective_of(draft.value)), preference=None, reasoning="")
