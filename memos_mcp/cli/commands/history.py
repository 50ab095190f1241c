"""`memos-mcp history MEMORY_ID`: every change of a memory, and taking the last one back."""

from collections.abc import Mapping

from pydantic import JsonValue
from rich.console import Console
from rich.table import Table
from rich.text import Text

from memos_mcp.backends.local.backend import milliseconds_now
from memos_mcp.backends.local.consolidation import Consolidation, Undo
from memos_mcp.backends.local.ledger.ledger import Ledger
from memos_mcp.backends.local.ledger.memories import memory_seq
from memos_mcp.cli.commands.own_ledger import database_to_read, ledger_to_change
from memos_mcp.core.errors import NotFound
from memos_mcp.core.models import Frozen, Memory, Preference, clock_text
from memos_mcp.core.settings import Settings


class MemoryChange(Frozen):
    """One change: when (epoch milliseconds), what happened, and what was before and after; `undone`: taken back."""

    time: int
    event: str
    before: dict[str, JsonValue]
    after: dict[str, JsonValue]
    undone: bool


class MemoryHistory(Frozen):
    """A memory as it is now and all of its changes, oldest first."""

    memory: Memory | Preference
    extractor: str
    changes: tuple[MemoryChange, ...]


def look(settings: Settings, memory_id: str) -> MemoryHistory:
    """Read the history of a memory, and change nothing."""
    with database_to_read(settings, for_long=False) as database:
        if database is None:
            raise _unknown(memory_id, settings.user_id)
        return _history(Ledger(database), settings.user_id, memory_id)


def undo(settings: Settings, memory_id: str, *, progress: Console) -> MemoryHistory:
    """Take back the last change of a memory; an engine finishes first. Give the history as it is then."""
    look(settings, memory_id)  # nothing is stopped, or made, for a memory that there is not
    with ledger_to_change(settings, progress=progress) as ledger:
        user, seq = _find(ledger, settings.user_id, memory_id)
        Undo(ledger, Consolidation(ledger, clock=milliseconds_now)).last(seq, user=user, now=milliseconds_now())
        ledger.database.tell(settings.user_id)
        return _history(ledger, settings.user_id, memory_id)


def show(history: MemoryHistory, console: Console) -> None:
    """Print it as a table."""
    memory = history.memory
    text = memory.memory_value if isinstance(memory, Memory) else memory.preference
    console.print(Text.assemble((memory.id, "bold"), f" ({memory.status}) {text}"), soft_wrap=True)
    table = Table("When (UTC)", "What", "Before", "After", box=None, pad_edge=False)
    said = f"by {history.extractor}, said in {memory.conversation_id}"
    table.add_row(clock_text(memory.create_time), "learnt", "", Text(said))
    for change in history.changes:
        event = f"{change.event}, undone" if change.undone else change.event
        table.add_row(clock_text(change.time), event, Text(_told(change.before)), Text(_told(change.after)))
    console.print(table)
    if history.changes and history.changes[-1].event == "undone":
        console.print(_now_current(memory.id, history.changes[-1].after), end="", soft_wrap=True)


def _now_current(memory_id: str, left: Mapping[str, JsonValue]) -> str:
    """Say which memory holds after a change was taken back, where another had taken its place."""
    match left:
        case {"archived": int(instead)}:
            return f"{memory_id} is in force again; k{instead}, which had taken its place, is archived.\n"
        case {"still_in_force": int(instead)}:
            return f"{memory_id} is in force again, and so is k{instead}, which had taken its place.\n"
        case _:
            return ""


def _history(ledger: Ledger, user_id: str, memory_id: str) -> MemoryHistory:
    user, seq = _find(ledger, user_id, memory_id)
    return MemoryHistory(
        memory=ledger.memories.by_seq(user, [seq])[seq],
        extractor=ledger.claims.of(seq).extractor,
        changes=tuple(MemoryChange.model_validate(change, from_attributes=True) for change in ledger.history.of(seq)),
    )


def _find(ledger: Ledger, user_id: str, memory_id: str) -> tuple[int, int]:
    user, seq = ledger.messages.user_key(user_id), memory_seq(memory_id)
    if user is None or seq is None or seq not in ledger.memories.by_seq(user, [seq]):
        raise _unknown(memory_id, user_id)
    return user, seq


def _unknown(memory_id: str, user_id: str) -> NotFound:
    return NotFound(
        f'The user "{user_id}" has no memory "{memory_id[:60]}" here. Take ids from search_memory or '
        "get_memory; MEMOS_USER_ID says whose memories are meant, MEMOS_DATA_DIR where they are.",
        code=40307,
    )


def _told(values: Mapping[str, JsonValue]) -> str:
    told = {name: _value(name, value) for name, value in values.items() if value not in (None, [])}
    return "\n".join(f"{name}: {value}" for name, value in told.items())


def _value(name: str, value: JsonValue) -> str:
    match name, value:
        case ("superseded_by" | "remainder" | "archived" | "still_in_force", int()):
            return f"k{value}"
        case "corrected_by", int():
            return f"m{value}"
        case "sources", list():
            return ", ".join(f"m{source}" for source in value)
        case "repeated", dict():
            return str(value["value"])
        case _, float():
            return f"{value:.2f}"
        case _:
            return str(value)
