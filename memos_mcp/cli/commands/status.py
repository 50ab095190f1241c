"""`memos-mcp status`: the engine, what is kept, and what waits."""

from contextlib import closing
from pathlib import Path
from typing import Literal

from rich.console import Console
from rich.filesize import decimal
from rich.text import Text

from memos_mcp import __version__
from memos_mcp.backends.hosted.outbox import Outbox
from memos_mcp.backends.local.directory import LEDGER_FILE
from memos_mcp.backends.local.ledger.database import SqliteDatabase, as_sentences
from memos_mcp.backends.selection import backend_kind, has_store
from memos_mcp.cli.commands.holding import is_held
from memos_mcp.cli.printing import counted
from memos_mcp.core.errors import Unavailable
from memos_mcp.core.models import EngineStatus, Frozen, StoreStatus
from memos_mcp.core.settings import Settings
from memos_mcp.engine.client import ask
from memos_mcp.relay.wire import engine_pid

PATIENCE = 10.0
"""Seconds in which an engine that works answers."""


class FoundEngine(Frozen):
    """The engine of the store; of one that does not answer only the process is known.

    `url` is where it serves over HTTP. `differences` say where the settings of this process are not the engine's.
    """

    answers: bool
    pid: int
    version: str = ""
    url: str = ""
    memory_bytes: int = 0
    hosts: int = 0
    differences: tuple[str, ...] = ()


class Overview(Frozen):
    """How the memory of this machine is.

    `held` says that a process has the store open; without an engine that is an embedded server. `store` is None where
    nothing is kept on this machine. The two last count adds that the hosted service has not got yet, or never takes.
    """

    version: str
    backend: Literal["hosted", "local"]
    data_dir: Path
    held: bool
    engine: FoundEngine | None
    store: StoreStatus | None
    ledger_bytes: int
    waiting_for_service: int
    refused_by_service: int


def look(settings: Settings) -> Overview:
    """Find out how the memory of this machine is, and change nothing."""
    data_dir = settings.data_dir
    url = settings.ledger_url.get_secret_value()
    told, engine = _ask(data_dir)
    ledger = data_dir / LEDGER_FILE
    letters = Outbox(data_dir, account="").waiting()
    return Overview(
        version=__version__,
        backend=backend_kind(settings),
        data_dir=data_dir,
        held=is_held(data_dir),
        engine=engine,
        store=(told and told.store) or (_kept_at(url) if url else kept_in(ledger)),
        ledger_bytes=size_of(ledger),
        waiting_for_service=letters.waiting,
        refused_by_service=letters.refused,
    )


def _ask(data_dir: Path) -> tuple[EngineStatus | None, FoundEngine | None]:
    try:
        answer = ask(str(data_dir), "status", patience=PATIENCE)
    except Unavailable:
        return None, FoundEngine(answers=False, pid=int(engine_pid(str(data_dir)) or 0))
    if answer is None:
        return None, None
    told = EngineStatus.model_validate(answer["status"])
    return told, FoundEngine(answers=True, **told.model_dump(exclude={"store"}))


def _kept_at(url: str) -> StoreStatus | None:
    """Count what a ledger in PostgreSQL keeps; None where it keeps nothing, or there is no store to look into it."""
    if not has_store():
        return None
    from memos_mcp.backends.local.ledger.shared import examine  # noqa: PLC0415  # loads numpy, as below

    return examine(url).status


def kept_in(path: Path) -> StoreStatus | None:
    """Count what a ledger file keeps, without changing it; None where there is none, or an empty one.

    An installation for the hosted service alone does not look into one that another has made.
    """
    if not has_store():
        return None
    with as_sentences(path):
        if not path.exists() or not path.stat().st_size:
            return None
    from memos_mcp.backends.local.ledger.ledger import Ledger  # noqa: PLC0415  # loads numpy, where there is a store

    with closing(SqliteDatabase.look(path)) as database:
        return Ledger(database).status() if database.number("PRAGMA user_version") else None


def size_of(ledger: Path) -> int:
    """Return the bytes of a ledger with what waits in its write-ahead log."""
    return sum(path.stat().st_size for path in (ledger, Path(f"{ledger}-wal")) if path.exists())


def show(overview: Overview, console: Console) -> None:
    """Print it as a table."""
    rows = _rows(overview)
    width = max(len(name) for name, _ in rows)
    for name, value in rows:
        console.print(Text.assemble((name.ljust(width), "bold"), f"  {value}"), soft_wrap=True)


def _rows(overview: Overview) -> list[tuple[str, str]]:
    rows = [
        ("memos-mcp", overview.version),
        ("Backend", overview.backend),
        ("Data directory", str(overview.data_dir)),
        ("Engine", _engine(overview)),
        ("Kept here", _kept(overview)),
        ("Waiting", _waiting(overview)),
    ]
    if overview.store is not None and overview.store.taken_over_by_rules:
        rows.append(
            (
                "Taken over",
                f"{counted(overview.store.taken_over_by_rules, 'add')} that the chat model failed, by the rules",
            )
        )
    if overview.store is not None:
        rows.append(("Embedded by", overview.store.embedder or "nothing yet"))
        if overview.store.missing:
            rows.append(("Missing", f"{overview.store.missing} Searches may go by words alone."))
    return rows


def _engine(overview: Overview) -> str:
    engine = overview.engine
    if engine is None:
        return "none; an embedded server holds the store" if overview.held else "none runs"
    if not engine.answers:
        return f"process {engine.pid} DOES NOT ANSWER: run `memos-mcp doctor`"
    memory = f", {decimal(engine.memory_bytes)} of memory" if engine.memory_bytes else ""
    at = f", at {engine.url}" if engine.url else ""
    return f"process {engine.pid}, memos-mcp {engine.version}, {counted(engine.hosts, 'host')}{at}{memory}"


def _kept(overview: Overview) -> str:
    size = f" ({decimal(overview.ledger_bytes)})" if overview.ledger_bytes else ""
    return f"{kept(overview.store)}{size}" if overview.store else "nothing yet"


def _waiting(overview: Overview) -> str:
    store = overview.store or StoreStatus()
    waiting = [
        (store.waiting_for_vectors, counted(store.waiting_for_vectors, "text") + " for a vector"),
        (
            store.waiting_for_memories,
            counted(store.waiting_for_memories, "add") + " for their memories" + _failing(store),
        ),
        (overview.waiting_for_service, counted(overview.waiting_for_service, "add") + " for the hosted service"),
        (overview.refused_by_service, counted(overview.refused_by_service, "add") + " refused by the hosted service"),
    ]
    told = ", ".join(text for count, text in waiting if count)
    later = "; it goes on at the next call of a host" if overview.engine is None and not overview.held else ""
    return f"{told}{later}" if told else "nothing"


def _failing(store: StoreStatus) -> str:
    failed = store.failed_for_memories
    return f" ({failed:,} failed and {'is' if failed == 1 else 'are'} tried again)" if failed else ""


def kept(store: StoreStatus) -> str:
    """Write how much a store keeps."""
    return (
        f"{counted(store.messages, 'message')} in {counted(store.conversations, 'conversation')} and "
        f"{counted(store.memories, 'memory', 'memories')}, of {counted(store.users, 'user')}"
    )
