"""The routes that take a file in, and give one out."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from anyio import open_file
from anyio.to_thread import run_sync
from starlette.background import BackgroundTask
from starlette.responses import FileResponse, Response

from memos_mcp.api_models import ExportQuery, Imported, ImportQuery, iso_time
from memos_mcp.backends.base import Browsing, Transferring
from memos_mcp.backends.local.ledger.database import Database
from memos_mcp.backends.local.ledger.outgoing import Outgoing
from memos_mcp.backends.local.ledger.records import MemoryRecord, MessageRecord
from memos_mcp.errors import Forbidden
from memos_mcp.http.v1.operation import Call, Operation
from memos_mcp.importing.running import Recognised, recognise, run, survey
from memos_mcp.markdown_folder import MarkdownFolder

BYTES = "application/octet-stream"


class Transfer:
    """The routes over the ledger as a whole."""

    def __init__(self, transferring: Transferring, browsing: Browsing) -> None:
        """Take what lends the ledger."""
        self._transferring = transferring
        self._browsing = browsing

    def operations(self) -> list[Operation]:
        """Give the routes."""
        return [
            Operation("POST", "/import", self.take_in, "Take in a file", Imported, query=ImportQuery, body=BYTES),
            Operation("GET", "/export", self.export, "All that is kept of the user", BYTES, query=ExportQuery),
            Operation("GET", "/backup", self.backup, "A backup of the whole store", BYTES),
        ]

    async def take_in(self, call: Call) -> Imported:
        """Say what a file holds and, unless it is a dry run, take in what is new, all of it as the caller's."""
        query = call.query(ImportQuery)
        folder = await run_sync(partial(tempfile.mkdtemp, prefix="memos-mcp-"))
        try:
            file = Path(folder) / "file"
            async with await open_file(file, "wb") as written:
                async for piece in call.request.stream():
                    await written.write(piece)
            recognised = await run_sync(recognise, [file])
            found = await self._transferring.read(partial(_looked_at, recognised, call.user_id))
            if query.dry_run:
                return found
            taken = await self._transferring.write(
                lambda ledger, redact: run(recognised, ledger, user_id=call.user_id, owner=call.user_id, redact=redact)
            )
            return found.model_copy(update={"messages": taken[0], "memories": taken[1], "dry_run": False})
        finally:
            await run_sync(partial(shutil.rmtree, folder, ignore_errors=True))

    async def export(self, call: Call) -> Response:
        """Give JSON lines, which can be imported, or a zip of Markdown for people."""
        if call.query(ExportQuery).format == "markdown":
            return await self._file("memory.zip", partial(_write_markdown, call.user_id))
        return await self._file("memory.jsonl", partial(_write_lines, call.user_id))

    async def backup(self, call: Call) -> Response:
        """Give a copy of the ledger to its owner.

        Raises:
            Forbidden: there are other users in it, and the caller may not act for them.
        """
        if call.is_bound and not await self._is_alone(call.user_id):
            raise Forbidden("A backup holds every user's memory: export yours, or run `memos-mcp backup`.")
        return await self._file("memory-backup.sqlite3", lambda database, file: database.copy_to(file))

    async def _is_alone(self, user_id: str) -> bool:
        """Say whether a user is the only one of the store."""
        users = (await self._browsing.store_status()).users
        counts = await self._browsing.counts(user_id=user_id)
        return users == 1 and counts.conversations > 0

    async def _file(self, name: str, write: Callable[[Database, Path], None]) -> Response:
        folder = await run_sync(partial(tempfile.mkdtemp, prefix="memos-mcp-"))
        forget = BackgroundTask(shutil.rmtree, folder, ignore_errors=True)
        try:
            await self._transferring.read(lambda database: write(database, Path(folder) / name))
        except BaseException:
            await forget()
            raise
        headers = {"cache-control": "no-store"}
        return FileResponse(Path(folder) / name, media_type=BYTES, filename=name, headers=headers, background=forget)


def _looked_at(recognised: Recognised, user_id: str, database: Database) -> Imported:
    found = survey(recognised, user_id=user_id, owner=user_id, database=database)
    firsts = [one.first for one in found.values() if one.first is not None]
    lasts = [one.last for one in found.values() if one.last is not None]
    return Imported(
        format=", ".join(found),
        messages=sum(one.messages for one in found.values()),
        memories=sum(one.memories for one in found.values()),
        new_messages=sum(one.new_messages for one in found.values()),
        new_memories=sum(one.new_memories for one in found.values()),
        left_out=sum(one.left_out.total() for one in found.values()),
        first_time=iso_time(min(firsts)) if firsts else None,
        last_time=iso_time(max(lasts)) if lasts else None,
        dry_run=True,
    )


def _write_lines(user_id: str, database: Database, file: Path) -> None:
    with file.open("w", encoding="utf-8", newline="\n") as lines:
        for record in _records(user_id, database):
            lines.write(record.model_dump_json() + "\n")


def _write_markdown(user_id: str, database: Database, file: Path) -> None:
    inner = file.with_name("memory")
    inner.mkdir()
    folder = MarkdownFolder(inner, force=False)
    for record in _records(user_id, database):
        folder.add(record)
    folder.close()
    shutil.make_archive(str(file.with_suffix("")), "zip", inner)


def _records(user_id: str, database: Database) -> Iterator[MessageRecord | MemoryRecord]:
    everything = Outgoing(database, user_id=user_id)
    with database.one_moment():
        yield from everything.messages()
        yield from everything.memories()
