"""`memos-mcp export FILE`: messages and memories, word for word, a JSON line each."""

import itertools
from contextlib import closing
from pathlib import Path

from rich.console import Console

from memos_mcp.backends.local.directory import LEDGER_FILE
from memos_mcp.backends.local.ledger.database import SqliteDatabase
from memos_mcp.backends.local.ledger.outgoing import Outgoing
from memos_mcp.errors import InvalidRequest
from memos_mcp.operations.files import check_target, written_whole
from memos_mcp.operations.ledger_files import bar
from memos_mcp.operations.status import counted, kept_in


def export(
    data_dir: Path, file: Path, *, user_id: str = "", force: bool = False, console: Console, progress: Console
) -> None:
    """Write what is kept of a user, or of all, while everything runs.

    Raises:
        InvalidRequest: nothing is kept, or there is a file already and `force` does not allow to replace it.
        Unavailable: the file cannot be written, or the ledger cannot be read.
    """
    ledger = data_dir / LEDGER_FILE
    if kept_in(ledger) is None:
        raise InvalidRequest(f"Nothing is kept in {data_dir}, so there is nothing to export.")
    check_target(file, data_dir=data_dir, force=force)
    with closing(SqliteDatabase.look(ledger, in_use=True)) as database, database.one_moment():
        everything = Outgoing(database, user_id=user_id)
        total = everything.count()
        if user_id and not total:
            raise InvalidRequest(f'Nothing is kept of a user "{user_id}", so there is nothing to export.')
        records = itertools.chain(everything.messages(), everything.memories())
        with (
            written_whole(file) as part,
            part.open("w", encoding="utf-8", newline="\n") as lines,
            bar("Exporting", progress) as report,
        ):
            for done, record in enumerate(records, start=1):
                lines.write(record.model_dump_json() + "\n")
                report(done, total)
    console.print(f"Exported {counted(total, 'message or memory', 'messages and memories')} to {file}.", soft_wrap=True)
