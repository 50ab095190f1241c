"""Opening the store of a data directory: its parts in order, and closed in the other."""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, tzinfo
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

import anyio
from anyio.to_thread import run_sync

from memos_mcp.backends.local.agent_memories import AgentMemories
from memos_mcp.backends.local.backend import LocalBackend, Redact, milliseconds_now
from memos_mcp.backends.local.directory import CHROMA_FOLDER, LEDGER_FILE, copies_of, hold
from memos_mcp.backends.local.embedders.base import Embedder
from memos_mcp.backends.local.extractors.base import Extractor
from memos_mcp.backends.local.extractors.rules import RulesExtractor
from memos_mcp.backends.local.indexes import Indexes
from memos_mcp.backends.local.indexing import SETTLED, Indexing
from memos_mcp.backends.local.learning import Learning
from memos_mcp.backends.local.ledger.ledger import Ledger
from memos_mcp.backends.local.places import FolderPlace, IndexPlace
from memos_mcp.backends.local.retrieval.features import FEATURES_VERSION
from memos_mcp.backends.local.search import Search
from memos_mcp.backends.local.upkeep import KEYS_VERSION, Correcting, Upkeep, keys
from memos_mcp.errors import ConfigurationError


@asynccontextmanager
async def open_local(
    data_dir: Path,
    *,
    embedder: Callable[[], Embedder],
    extractor: Callable[[], Extractor],
    place: Callable[[Ledger], IndexPlace] | None = None,
    patience: float = 0,
    redact: Redact | None = None,
    timezone: str = "",
    settled: float = SETTLED,
    clock: Callable[[], int] = milliseconds_now,
    learnt: Callable[[str], None] = lambda _: None,
) -> AsyncGenerator[LocalBackend]:
    """Open the store of a data directory, for this process alone, and close it at the end.

    `place` says where the vector index is; without it, in a folder of the data directory. `patience` are the seconds
    that a process which is just ending gets to let go of the directory. `redact` takes secrets out of what is added.
    `timezone` is that of the user (an IANA name; empty: the machine's own). After `settled` seconds the vector index
    follows, however little there is for it. `learnt` is called with a user whose memories have changed in the
    background.

    Raises:
        ConfigurationError: another process holds it, or it was made by a newer version or another model.
        Unavailable: the directory cannot be used.
    """
    lock = await run_sync(partial(hold, data_dir, patience=patience))
    try:
        ledger = await run_sync(partial(Ledger.open, data_dir / LEDGER_FILE))
        try:
            model = await run_sync(embedder)
            await run_sync(partial(_prepare, ledger, model))
            indexing = Indexing(
                ledger,
                model,
                place(ledger) if place else FolderPlace(ledger, data_dir / CHROMA_FOLDER),
                settled=settled,
            )
            upkeep = Upkeep(ledger, clock=clock)
            learning = Learning(
                ledger,
                extractor(),
                upkeep,
                instead=RulesExtractor(),
                clock=clock,
                told=indexing.wake,
                learnt=lambda user: learnt(ledger.messages.users().get(user, "")),
            )
            indexing.start()
            learning.start()
            try:
                indexes = Indexes(ledger)
                search = Search(ledger, model, indexing, indexes)
                yield LocalBackend(
                    ledger,
                    search=search,
                    indexing=indexing,
                    indexes=indexes,
                    learning=learning,
                    upkeep=upkeep,
                    correcting=Correcting(ledger, indexes, upkeep, clock=clock),
                    agent_memories=AgentMemories(ledger, upkeep),
                    clock=clock,
                    redact=redact,
                    copies=partial(copies_of, data_dir),
                    offset=partial(offset_at, zone=ZoneInfo(timezone) if timezone else None),
                )
            finally:
                with anyio.CancelScope(shield=True):
                    await run_sync(learning.close)
                    await run_sync(indexing.close)
        finally:
            ledger.close()
    finally:
        lock.release()


def offset_at(milliseconds: int, *, zone: tzinfo | None) -> int:
    """Return the minutes by which a zone (None: the machine's own) is ahead of UTC at a time in epoch milliseconds."""
    try:
        offset = datetime.fromtimestamp(milliseconds / 1000, UTC).astimezone(zone).utcoffset()
    except (OverflowError, ValueError, OSError):  # a time that the platform's calendar does not have
        return 0
    return 0 if offset is None else int(offset.total_seconds()) // 60


def _prepare(ledger: Ledger, embedder: Embedder) -> None:
    made_with = ledger.noted("embedder")
    if made_with and embedder.name and made_with != embedder.name:
        raise ConfigurationError(
            f"The vectors in this store were made by {made_with}, and MEMOS_EMBEDDER now asks for {embedder.name}. "
            "Run `memos-mcp reindex` to embed everything anew, or set MEMOS_EMBEDDER back."
        )
    if not made_with and embedder.name:
        ledger.note("embedder", embedder.name)
    if ledger.noted("features") != str(FEATURES_VERSION):
        ledger.analyse_again()
    if ledger.noted("keys") != str(KEYS_VERSION):
        ledger.find_keys_again(KEYS_VERSION, keys)
