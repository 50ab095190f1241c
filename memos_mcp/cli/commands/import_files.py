"""`memos-mcp import PATH…`: take in what other programs, or `memos-mcp export`, wrote; each thing once."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.console import Console

from memos_mcp.cli.commands.own_ledger import database_to_read, ledger_to_change
from memos_mcp.cli.printing import bar, counted, say
from memos_mcp.core.errors import InvalidRequest
from memos_mcp.core.models import clock_text
from memos_mcp.core.settings import Settings
from memos_mcp.transfer.importer import FoundInDocuments, Recognised, recognise, run, survey

_NAMED = 5
"""Files that are not recognised, of which the names are shown."""


def take_in(
    settings: Settings, paths: Sequence[Path], *, dry_run: bool = False, console: Console, progress: Console
) -> None:
    """Say what files, folders and archives hold, and take in what is new; hosts go on at their next call."""
    recognised = recognise(paths)
    found = _survey(settings, recognised, progress=progress)
    _show(found, recognised, console)
    if not any(one.messages or one.memories for one in found.values()):
        raise InvalidRequest("There is no message and no memory in what was recognised; nothing was changed.")
    if dry_run:
        return
    left_out: list[int] = []
    with (
        ledger_to_change(settings, progress=progress) as ledger,
        bar("Importing", progress) as report,
    ):
        messages, memories = run(
            recognised,
            ledger,
            user_id=settings.user_id,
            redact=settings.secrets == "redact",
            report=report,
            without_sources=left_out.append,
        )
    known = sum(one.messages + one.memories - one.new_messages - one.new_memories for one in found.values())
    left = f"; already there, and left as they were: {known:,}" if known else ""
    say(console, f"Imported {counted(messages, 'message')} and {counted(memories, 'memory', 'memories')}{left}.")
    if count := sum(left_out):
        told = counted(count, "memory was", "memories were")
        say(console, f"{told} left out: none of the messages that they were made of is in the file.")


def _survey(settings: Settings, recognised: Recognised, *, progress: Console) -> Mapping[str, FoundInDocuments]:
    with bar("Looking", progress) as report, database_to_read(settings) as database:
        return survey(recognised, user_id=settings.user_id, database=database, report=report)


def _show(found: Mapping[str, FoundInDocuments], recognised: Recognised, console: Console) -> None:
    for title, one in found.items():
        when = f", {clock_text(one.first)[:10]} to {clock_text(one.last)[:10]}" if one.first and one.last else ""
        say(
            console,
            f"{title}: {counted(one.messages, 'message')} of {counted(len(one.conversations), 'conversation')}, "
            f"{counted(one.memories, 'memory', 'memories')}{when}; {one.new_messages + one.new_memories:,} new.",
        )
        if one.undated:
            say(console, f"  Without a time of their own: {one.undated:,}.")
        if one.left_out:
            told = "; ".join(f"{what}: {count:,}" for what, count in one.left_out.most_common())
            say(console, f"  Left out: {told}.")
    if recognised.unknown:
        shown = ", ".join(recognised.unknown[:_NAMED])
        more = ", …" if len(recognised.unknown) > _NAMED else ""
        say(console, f"Not recognised: {counted(len(recognised.unknown), 'file')} ({shown}{more}).")
