"""The routes that give a file out."""

import shutil
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from anyio.to_thread import run_sync
from starlette.background import BackgroundTask
from starlette.responses import FileResponse, Response

from memos_mcp.api.v1.operation import BYTES, Call, Operation
from memos_mcp.backends.local.ledger.database_interface import Database
from memos_mcp.backends.local.ledger.record_export import RecordExport
from memos_mcp.backends.local.ledger.records import MemoryRecord, MessageRecord
from memos_mcp.core.api_models import ExportQuery
from memos_mcp.core.errors import Forbidden
from memos_mcp.transfer.markdown_folder import MarkdownFolder

if TYPE_CHECKING:
    from memos_mcp.backends.local.browsing import Browsing
    from memos_mcp.backends.local.curation.ledger_transfer import Transferring


def transfer_operations(transferring: "Transferring", browsing: "Browsing") -> list[Operation]:
    """Return the routes over the ledger as a whole."""

    async def export(call: Call) -> Response:
        """Return JSON lines, which can be imported, or a zip of Markdown for people."""
        is_markdown = call.query(ExportQuery).format == "markdown"
        name, write = ("memory.zip", _write_markdown) if is_markdown else ("memory.jsonl", _write_lines)
        return await _file(
            name, lambda file: transferring.read(partial(write, call.user_id, file), user_id=call.user_id)
        )

    async def backup(call: Call) -> Response:
        """Give a copy of the ledger to its owner.

        Raises:
            Forbidden: there are other users in it, and the caller may not act for them.
        """
        if call.is_bound and not await is_alone(call.user_id):
            raise Forbidden("A backup holds every user's memory: export yours, or run `memos-mcp backup`.")
        return await _file("memory-backup.sqlite3", transferring.copy_to)

    async def is_alone(user_id: str) -> bool:
        """Say whether nobody else has anything in the store."""
        users = (await browsing.store_status()).users
        counts = await browsing.counts(user_id=user_id)
        return users == 0 or (users == 1 and counts.conversations > 0)

    return [
        Operation("GET", "/export", export, "All that is kept of the user", BYTES, query=ExportQuery),
        Operation("GET", "/backup", backup, "A backup of the whole store", BYTES),
    ]


async def _file(name: str, write: Callable[[Path], Awaitable[None]]) -> Response:
    folder = await run_sync(partial(tempfile.mkdtemp, prefix="memos-mcp-"))
    forget = BackgroundTask(shutil.rmtree, folder, ignore_errors=True)
    try:
        await write(Path(folder) / name)
    except BaseException:
        await forget()
        raise
    headers = {"cache-control": "no-store"}
    return FileResponse(Path(folder) / name, media_type=BYTES, filename=name, headers=headers, background=forget)


def _write_lines(user_id: str, file: Path, database: Database) -> None:
    with file.open("w", encoding="utf-8", newline="\n") as lines:
        for record in _records(user_id, database):
            lines.write(record.model_dump_json() + "\n")


def _write_markdown(user_id: str, file: Path, database: Database) -> None:
    inner = file.with_name("memory")
    inner.mkdir()
    folder = MarkdownFolder(inner, force=False)
    for record in _records(user_id, database):
        folder.add(record)
    folder.close()
    shutil.make_archive(str(file.with_suffix("")), "zip", inner)


def _records(user_id: str, database: Database) -> Iterator[MessageRecord | MemoryRecord]:
    everything = RecordExport(database, user_id=user_id)
    with database.one_moment():
        yield from everything.messages()
        yield from everything.memories()
