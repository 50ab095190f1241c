"""`memos-mcp forget`: delete all about a word or a person, or what is named; shown first, then gone from every file."""

import shutil
from collections.abc import Callable
from functools import partial

from rich.console import Console

from memos_mcp.backends.local.curation.deletion import Deletion
from memos_mcp.backends.local.directory import CHROMA_FOLDER, copies_of
from memos_mcp.backends.local.ledger.ledger import Ledger
from memos_mcp.backends.local.ledger.memories import memory_seq
from memos_mcp.backends.local.ledger.messages import message_seq
from memos_mcp.backends.local.search.lexical_indexes import Indexes
from memos_mcp.backends.local.vectors.locations import FolderLocation
from memos_mcp.cli.commands.own_ledger import database_to_read, ledger_to_change
from memos_mcp.cli.printing import counted, say
from memos_mcp.core.api_models import ShownMemory, ShownMessage
from memos_mcp.core.errors import NotFound
from memos_mcp.core.models import DeleteMemory, Frozen
from memos_mcp.core.settings import Settings
from memos_mcp.rendering.instructions import visible

LISTED = 20  # lines of each kind
LONGEST_LINE = 150  # characters: about two lines of a terminal


class Forgotten(Frozen):
    """What goes, or went: memories and messages, the memories that stay, and the files that may still hold it."""

    memories: tuple[ShownMemory, ...]
    messages: tuple[ShownMessage, ...]
    fewer_sources: tuple[str, ...]
    stale_backups: tuple[str, ...]
    left: int
    dry_run: bool

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to delete."""
        return not (self.memories or self.messages or self.left)


def look(settings: Settings, request: DeleteMemory) -> Forgotten:
    """Say what a deletion would take, and change nothing."""
    trial = request.model_copy(update={"dry_run": True})
    with database_to_read(settings, for_long=False) as database:
        if database is None:
            raise NotFound(f"Nothing is kept in {settings.data_dir}, so there is nothing to forget.")
        return _forgotten(Ledger(database), settings, trial)


def forget(settings: Settings, request: DeleteMemory, *, progress: Console) -> Forgotten:
    """Delete, from every file of the data directory; an engine finishes first and goes on afterwards.

    In PostgreSQL the replicas take the vectors out.
    """
    look(settings, request)  # nothing is stopped, or made, where nothing is kept
    with ledger_to_change(settings, progress=progress) as ledger:
        done = _forgotten(ledger, settings, request)
        ledger.database.write_anew()
        if not settings.chroma_url:  # its files keep vectors that are taken out: it is filled anew from the ledger
            root = settings.data_dir / CHROMA_FOLDER
            FolderLocation(ledger, root).broken()
            shutil.rmtree(root, ignore_errors=True)
    return done


def show(found: Forgotten, console: Console) -> None:
    """Print what goes, or went."""
    tell = partial(say, console)
    _list(tell, [f"{one.memory_id} {one.value}" for one in found.memories])
    _list(tell, [f"{one.message_id} {one.time[:10]} {one.role}: {one.content}" for one in found.messages])
    what = f"{counted(len(found.messages), 'message')} and {counted(len(found.memories), 'memory', 'memories')}"
    tell(f"Would delete {what}." if found.dry_run else f"Deleted {what}.")
    if found.fewer_sources:
        tell(f"Kept, for other messages say it too: {', '.join(found.fewer_sources[:LISTED])}.")
    if not found.dry_run:
        tell("Nothing is left." if not found.left else f"{found.left} still speak of it: run the command again.")
    if found.stale_backups and not found.is_empty:
        tell(f"Backups may still hold it; remove them, or back up anew: {', '.join(found.stale_backups)}.")


def _list(tell: Callable[[str], None], lines: list[str]) -> None:
    for line in lines[:LISTED]:
        told = visible(line)
        tell(told if len(told) <= LONGEST_LINE else f"{told[: LONGEST_LINE - 1]}…")
    if len(lines) > LISTED:
        tell(f"… and {len(lines) - LISTED:,} more")


def _forgotten(ledger: Ledger, settings: Settings, request: DeleteMemory) -> Forgotten:
    forgetting = Deletion(ledger, Indexes(ledger), changed=lambda: None, copies=partial(copies_of, settings.data_dir))
    tried = forgetting.delete(request.model_copy(update={"dry_run": True}), user_id=settings.user_id)
    user = ledger.messages.user_key(settings.user_id) or 0
    memories = [seq for one in tried.deleted if (seq := memory_seq(one)) is not None]
    messages = [seq for one in tried.deleted_messages if (seq := message_seq(one)) is not None]
    shown = ledger.memory_lists.by_seq(user, memories), ledger.conversation_lists.messages_by_seq(user, messages)
    if not request.dry_run:
        forgetting.delete(request, user_id=settings.user_id)
    left = forgetting.left(request, user_id=settings.user_id)
    return Forgotten(
        memories=tuple(shown[0].values()),
        messages=tuple(shown[1].values()),
        fewer_sources=tried.fewer_sources,
        stale_backups=tuple(map(str, copies_of(settings.data_dir))),
        left=left,
        dry_run=request.dry_run,
    )
