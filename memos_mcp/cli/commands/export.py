"""`memos-mcp export TARGET`: messages and memories, word for word: a JSON line each, or Markdown for people."""

import itertools
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal

from rich.console import Console

from memos_mcp.backends.local.ledger.record_export import RecordExport
from memos_mcp.backends.local.ledger.records import MemoryRecord, MessageRecord
from memos_mcp.cli.commands.own_ledger import database_to_read
from memos_mcp.cli.commands.whole_files import check_target, written_whole
from memos_mcp.cli.printing import bar, counted, say
from memos_mcp.core.errors import InvalidRequest
from memos_mcp.core.settings import Settings
from memos_mcp.transfer.markdown_folder import MarkdownFolder

STANDARD_OUTPUT = Path("-")
Form = Literal["jsonl", "markdown"]


def export(
    settings: Settings,
    target: Path,
    *,
    form: Form = "jsonl",
    user_id: str = "",
    force: bool = False,
    console: Console,
    progress: Console,
) -> None:
    """Write what is kept of a user, or of all, while everything runs.

    JSON lines go into a file or, for `-`, to standard output; Markdown into a folder, a file a conversation.
    """
    if form == "jsonl" and target != STANDARD_OUTPUT:
        check_target(target, data_dir=settings.data_dir, force=force)
    with database_to_read(settings) as database:
        if database is None:
            raise InvalidRequest(f"Nothing is kept in {settings.data_dir}, so there is nothing to export.")
        with database.one_moment(), bar("Exporting", progress) as report:
            everything = RecordExport(database, user_id=user_id)
            total = everything.count()
            if user_id and not total:
                raise InvalidRequest(f'Nothing is kept of a user "{user_id}", so there is nothing to export.')
            records = itertools.chain(everything.messages(), everything.memories())
            counts: Counter[str] = Counter()
            _write(_counted(records, report, total, counts), target, form, force=force)
    where = "standard output" if target == STANDARD_OUTPUT else str(target)
    no_longer = counts.total() - counts["message"] - counts["activated"]
    known = counted(counts["activated"] + no_longer, "memory", "memories")
    of_these = f" ({no_longer:,} no longer in force)" if no_longer else ""
    told = f"Exported {counted(counts['message'], 'message')} and {known}{of_these} to {where}."
    say(progress if target == STANDARD_OUTPUT else console, told)


Records = Iterator[MessageRecord | MemoryRecord]


def _counted(records: Records, report: Callable[[int, int], None], total: int, counts: Counter[str]) -> Records:
    for done, record in enumerate(records, start=1):
        yield record
        counts[record.status if isinstance(record, MemoryRecord) else "message"] += 1
        report(done, total)


def _write(records: Records, target: Path, form: Form, *, force: bool) -> None:
    if form == "markdown":
        if target == STANDARD_OUTPUT:
            raise InvalidRequest("Markdown is a file a conversation: name a folder, or leave --format out.")
        folder = MarkdownFolder(target, force=force)
        for record in records:
            folder.add(record)
        folder.close()
    elif target == STANDARD_OUTPUT:
        for record in records:
            sys.stdout.write(record.model_dump_json() + "\n")
        sys.stdout.flush()
    else:
        with written_whole(target) as part, part.open("w", encoding="utf-8", newline="\n") as lines:
            for record in records:
                lines.write(record.model_dump_json() + "\n")
