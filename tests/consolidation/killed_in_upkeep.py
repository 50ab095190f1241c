"""A process that is killed in the middle of upkeep.

`python -m tests.consolidation.killed_in_upkeep FOLDER MOMENT [URL CHROMA]`: `MOMENT` counts the looks at the clock
inside the transaction that keeps memories. `URL` and `CHROMA` say where the ledger and its vectors are, if they are on
servers.
"""

import os
import signal
import sys
import threading
from pathlib import Path

import anyio

from memos_mcp.backends.local.backend import LocalBackend, milliseconds_now
from memos_mcp.backends.local.composition import open_local
from memos_mcp.backends.local.extraction.rules import RulesExtractor
from tests.consolidation.conversation import add
from tests.fakes.hashed_embedder import HashedEmbedder
from tests.local.stores import place_on

NEW = "I moved to Berlin. I work at Bosch now."


class DeadlyClock:
    """Tells the time until upkeep has looked at it so many times."""

    def __init__(self, moment: int) -> None:
        self._left = moment
        self.backend: LocalBackend | None = None

    def __call__(self) -> int:
        if self.backend is not None and threading.current_thread().name == "learning":
            self._left -= self.backend.ledger.database.in_transaction
            if self._left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
        return milliseconds_now()


async def main(folder: Path, moment: int, url: str = "", chroma: str = "") -> None:
    clock = DeadlyClock(moment)
    async with open_local(
        folder,
        url=url,
        place=place_on(chroma) if chroma else None,
        embedder=HashedEmbedder,
        extractor=RulesExtractor,
        clock=clock,
        settled=0,
    ) as clock.backend:
        await clock.backend.add_message(add(NEW, conversation_id="new", wait=True), user_id="u")


if __name__ == "__main__":
    anyio.run(main, Path(sys.argv[1]), int(sys.argv[2]), *sys.argv[3:])
