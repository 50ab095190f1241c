"""One hook from its event to its end: what it is answered, and what is kept after that."""

import logging
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

import anyio

from memos_mcp.core.errors import MemosError
from memos_mcp.hooks.capture import Keeper, Keeping
from memos_mcp.hooks.events import Event
from memos_mcp.hooks.output import answer, takes_context
from memos_mcp.hooks.recall import at_start, for_prompt

logger = logging.getLogger(__name__)

LAG: Final = 3.0
"""Seconds by which a transcript may be late with what its host has told already."""

LOOK_AGAIN: Final = 0.2  # seconds between two looks

Answer = Callable[[str, str], Awaitable[None]]
"""Takes what the hook prints, and a sentence for its standard error."""


class Hooks:
    """Serves the hooks of an engine."""

    def __init__(self, data_dir: Path) -> None:
        self._keeper = Keeper(data_dir)

    async def serve(self, event: Event, keeping: Keeping, *, answered: Answer) -> None:
        """Answer a hook as soon as can be, then keep what was said; a host never waits for a transcript."""
        if event.is_aside:
            await answered("", "")
            return
        if takes_context(event):
            await answered(*await self._recalled(event, keeping))
            await self._kept(event, keeping, is_last=True)
            return
        note, is_whole = await self._kept(event, keeping, is_last=False)
        await answered("", note)
        with anyio.move_on_after(LAG):
            while not is_whole and not note:
                await anyio.sleep(LOOK_AGAIN)
                note, is_whole = await self._kept(event, keeping, is_last=False)
        if not is_whole and not note:
            await self._kept(event, keeping, is_last=True)

    async def _recalled(self, event: Event, keeping: Keeping) -> tuple[str, str]:
        recall = at_start if event.kind == "start" else for_prompt
        try:
            return answer(event, await recall(keeping.backend, event, user_id=keeping.user_id)), ""
        except MemosError as exc:
            return "", str(exc)

    async def _kept(self, event: Event, keeping: Keeping, *, is_last: bool) -> tuple[str, bool]:
        try:
            return "", await self._keeper.keep(event, keeping, is_last=is_last)
        except MemosError as exc:
            logger.warning("what was said could not be kept: %s", exc)
            return str(exc), False
        except OSError as exc:
            logger.warning("a transcript could not be read: %s", exc.strerror)
            return f"the transcript cannot be read ({exc.strerror})", False
