"""Opening the store of a data directory: its parts in order, and closed in the other."""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, tzinfo
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

import anyio
from anyio.to_thread import run_sync

from memos_mcp.backends.local.backend import LocalBackend, Redact, milliseconds_now
from memos_mcp.backends.local.consolidation import Consolidation, Feedback, keys, keys_version
from memos_mcp.backends.local.consolidation.agent_memories import AgentMemories
from memos_mcp.backends.local.consolidation.learning import Learning
from memos_mcp.backends.local.directory import CHROMA_FOLDER, LEDGER_FILE, copies_of, hold
from memos_mcp.backends.local.embedders.base import Embedder
from memos_mcp.backends.local.extraction.base import Extractor
from memos_mcp.backends.local.extraction.rules import RulesExtractor
from memos_mcp.backends.local.ledger.ledger import Ledger
from memos_mcp.backends.local.ledger.migration import MOVING
from memos_mcp.backends.local.ledger.shared import connect
from memos_mcp.backends.local.retrieval.features import features_version
from memos_mcp.backends.local.search.lexical_indexes import Indexes
from memos_mcp.backends.local.search.retriever import Retriever
from memos_mcp.backends.local.vectors.embedding import embed_otherwise_made
from memos_mcp.backends.local.vectors.exact import MOST_TEXTS
from memos_mcp.backends.local.vectors.indexing import SETTLED, Indexing
from memos_mcp.backends.local.vectors.locations import FolderLocation, IndexLocation
from memos_mcp.core.errors import ConfigurationError


@asynccontextmanager
async def open_local(
    data_dir: Path,
    *,
    url: str = "",
    embedder: Callable[[], Embedder],
    extractor: Callable[[], Extractor],
    place: Callable[[Ledger], IndexLocation] | None = None,
    patience: float = 0,
    redact: Redact | None = None,
    timezone: str = "",
    settled: float = SETTLED,
    most_compared: int = MOST_TEXTS,
    clock: Callable[[], int] = milliseconds_now,
    learnt: Callable[[str], None] = lambda _: None,
) -> AsyncGenerator[LocalBackend]:
    """Open the store of a data directory, for this process alone, and close it at the end.

    With the `url` of a PostgreSQL database the ledger is there, and other processes may have it open too.
    `place` says where the vector index is; without it, in a folder of the data directory. `patience` are the seconds
    that a process which is just ending gets to let go of the directory. `redact` takes secrets out of what is added.
    `timezone` is that of the user (an IANA name; empty: the machine's own). After `settled` seconds the vector index
    follows, however little there is for it; a user of at most `most_compared` texts is answered without it. `learnt`
    is called with a user whose memories have changed in the background.

    Raises:
        ConfigurationError: another process holds it, or it was made by a newer version or another model.
        Unavailable: the directory cannot be used.
    """
    lock = await run_sync(partial(hold, data_dir, patience=patience))
    try:
        ledger = await run_sync(partial(connect, url) if url else partial(Ledger.open, data_dir / LEDGER_FILE))
        try:
            model = await run_sync(embedder)
            await run_sync(partial(_prepare, ledger, model))
            indexing = Indexing(
                ledger,
                model,
                place(ledger) if place else FolderLocation(ledger, data_dir / CHROMA_FOLDER),
                settled=settled,
                most_compared=most_compared,
            )
            upkeep = Consolidation(ledger, clock=clock)
            learning = Learning(
                ledger,
                extractor(),
                upkeep,
                instead=RulesExtractor(),
                clock=clock,
                told=indexing.wake,
                learnt=partial(_tell, ledger, learnt),
            )
            listening = ledger.database.listening(learnt)
            await run_sync(listening.__enter__)
            indexing.start()
            learning.start()
            try:
                indexes = Indexes(ledger)
                search = Retriever(ledger, model, indexing, indexes)
                yield LocalBackend(
                    ledger,
                    search=search,
                    indexing=indexing,
                    indexes=indexes,
                    learning=learning,
                    upkeep=upkeep,
                    correcting=Feedback(ledger, indexes, upkeep, clock=clock),
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
                    await run_sync(listening.__exit__, None, None, None)
        finally:
            ledger.close()
    finally:
        lock.release()


def _tell(ledger: Ledger, learnt: Callable[[str], None], user: int) -> None:
    user_id = ledger.messages.user_id(user)
    if ledger.database.shared:
        ledger.database.tell(user_id)
    else:
        learnt(user_id)


def offset_at(milliseconds: int, *, zone: tzinfo | None) -> int:
    """Return the minutes by which a zone (None: the machine's own) is ahead of UTC at a time in epoch milliseconds."""
    try:
        offset = datetime.fromtimestamp(milliseconds / 1000, UTC).astimezone(zone).utcoffset()
    except (OverflowError, ValueError, OSError):  # a time that the platform's calendar does not have
        return 0
    return 0 if offset is None else int(offset.total_seconds()) // 60


def _prepare(ledger: Ledger, embedder: Embedder) -> None:
    if ledger.noted(MOVING):
        raise ConfigurationError(
            "A store is being moved into this ledger: let `memos-mcp migrate` end, or run it again where it was ended."
        )
    made_with = ledger.noted("embedder")
    other_model = made_with and embedder.name and made_with != embedder.name
    if other_model and not embed_otherwise_made(ledger, embedder):
        raise ConfigurationError(
            f"The vectors in this store were made by {made_with}, and MEMOS_EMBEDDER now asks for {embedder.name}. "
            "Run `memos-mcp reindex` to embed everything anew, or set MEMOS_EMBEDDER back."
        )
    if not made_with and embedder.name:
        ledger.note("embedder", embedder.name)
    if ledger.noted("features") != (version := features_version()):
        ledger.analyse_again(version)
    if ledger.noted("keys") != (version := keys_version()):
        ledger.find_keys_again(version, keys)
