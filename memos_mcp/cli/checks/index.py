"""The vector index: readable, where nobody has it open; reachable, where it is on a server."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from memos_mcp.backends.local.directory import CHROMA_FOLDER, LEDGER_FILE, hold
from memos_mcp.backends.local.ledger.database import SqliteDatabase
from memos_mcp.backends.local.ledger.ledger import Ledger
from memos_mcp.backends.local.ledger.shared import examine
from memos_mcp.backends.local.vectors.chroma import check_importable
from memos_mcp.backends.local.vectors.locations import FolderLocation
from memos_mcp.backends.local.vectors.probe import probe
from memos_mcp.cli.checks.finding import Finding
from memos_mcp.cli.commands.chroma_server import index_on_server
from memos_mcp.cli.commands.holding import is_held
from memos_mcp.cli.commands.status import kept_in
from memos_mcp.cli.printing import counted
from memos_mcp.core.errors import Unavailable
from memos_mcp.core.models import StoreStatus
from memos_mcp.core.settings import Settings

ABOUT = "vector index"


def check_index(settings: Settings) -> Iterator[Finding]:
    """Read all of the index, or of a copy of it: two processes in one Chroma folder would damage it.

    Raises:
        MissingLibrary: Chroma cannot be imported.
    """
    check_importable()
    data_dir = settings.data_dir
    if url := settings.ledger_url.get_secret_value():
        yield from _check_shared(settings, url)
        return
    store = kept_in(data_dir / LEDGER_FILE)
    if store is None:
        yield Finding.ok(ABOUT, "nothing to index yet")
    elif settings.chroma_url:
        with closing(SqliteDatabase.look(data_dir / LEDGER_FILE)) as database:
            identity = Ledger(database).noted("identity")
        yield from _check_server(settings, identity)
    elif is_held(data_dir):
        yield Finding.ok(ABOUT, f"in use{_waiting(store)}; it is looked into when no engine runs")
    else:
        yield _check_folder(data_dir, store)


def _check_shared(settings: Settings, url: str) -> Iterator[Finding]:
    found = examine(url)
    if not settings.chroma_url:
        mend = "Set MEMOS_CHROMA_URL to a Chroma server that every process reaches."
        yield Finding.wrong(ABOUT, "a ledger in PostgreSQL needs a Chroma server for its vectors", mend=mend)
    elif not found.format:
        yield Finding.ok(ABOUT, "nothing to index yet")
    else:
        yield from _check_server(settings, found.identity)


def _check_server(settings: Settings, identity: str) -> Iterator[Finding]:
    try:
        with closing(index_on_server(settings, identity)) as index:
            vectors = sum(index.counts().values())
    except Unavailable as exc:
        mend = "Start the server, or check MEMOS_CHROMA_URL and the other MEMOS_CHROMA_ settings."
        yield Finding.warning(ABOUT, f"the Chroma server does not serve it: {exc}", mend=mend)
        return
    yield Finding.ok(ABOUT, f"{counted(vectors, 'vector')} on the Chroma server")


def _check_folder(data_dir: Path, store: StoreStatus) -> Finding:
    with tempfile.TemporaryDirectory(prefix="memos-mcp-doctor-") as scratch:
        copied = Path(scratch) / "index"
        gathered = _copy(data_dir, copied)
        is_made = copied.exists()
        counts = probe(copied) if is_made else {}
    if counts is None:
        mend = "Nothing to do: it is made anew from the ledger when it is opened next."
        return Finding.warning(ABOUT, "broken", mend=mend)
    made = counted(sum(counts.values()), "vector") if is_made else "not made yet"
    later = f", {gathered:,} more in the ledger until there are enough for a batch" if gathered else ""
    return Finding.ok(ABOUT, f"{made}{later}{_waiting(store)}")


def _copy(data_dir: Path, target: Path) -> int:
    """Copy the index, where there is one, while nobody else can open it; return how many vectors it has yet to get."""
    lock = hold(data_dir)
    try:
        with closing(SqliteDatabase.look(data_dir / LEDGER_FILE)) as database:
            ledger = Ledger(database)
            folder = FolderLocation(ledger, data_dir / CHROMA_FOLDER).current
            gathered = ledger.vectors.gathered_count()
        if folder.is_dir():
            shutil.copytree(folder, target)
    finally:
        lock.release()
    return gathered


def _waiting(store: StoreStatus) -> str:
    return f", {counted(store.waiting_for_vectors, 'text')} without a vector yet" if store.waiting_for_vectors else ""
