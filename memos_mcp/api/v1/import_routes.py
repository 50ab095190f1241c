"""The routes that take a file in: at once, or in the background after a look at what is in it."""

import shutil
import tempfile
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

import anyio
from anyio import open_file
from anyio.to_thread import run_sync
from starlette.requests import Request

from memos_mcp.api.contract.envelope import log_failure
from memos_mcp.api.v1.context import Start
from memos_mcp.api.v1.operation import BYTES, FAILED, Call, Operation
from memos_mcp.backends.local.ledger.database_interface import Database
from memos_mcp.core.api_models import Imported, ImportJob, ImportJobQuery, ImportQuery, ImportState, iso_time
from memos_mcp.core.errors import InvalidRequest, MemosError
from memos_mcp.transfer.importer import Recognised, Report, recognise, run, survey, unseen

if TYPE_CHECKING:
    from memos_mcp.backends.local.curation.ledger_transfer import Transferring

DECISION: Final = 3600.0
"""Seconds for which a file that was looked into waits to be taken in; then it is removed."""


class _Stopped(Exception):
    """Raised where the reading of a file is to end."""


class _Job:
    """A file of a user, from its arrival until it is taken in."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.state: ImportState = "looking"
        self.done = self.total = 0
        self.found: Imported | None = None
        self.error = ""
        self.wanted = anyio.Event()
        self.over = anyio.Event()
        self.scope = anyio.CancelScope()
        self._stops = False

    def shown(self) -> ImportJob:
        return ImportJob(
            state=self.state, name=self.name, done=self.done, total=self.total, found=self.found, error=self.error
        )

    def begin(self, state: ImportState) -> None:
        self.state, self.done, self.total = state, 0, 0

    def report(self, done: int, total: int) -> None:
        """Note how far the reading has come; called by the thread that reads, which this also ends."""
        if self._stops:
            raise _Stopped
        self.done, self.total = done, total

    async def stop_when_cancelled(self) -> None:
        try:
            await anyio.sleep_forever()
        finally:
            self._stops = True

    def end(self) -> None:
        if self.state in ("looking", "taking_in"):
            self.state = "cancelled"
        elif self.state == "looked":
            self.state = "none"
        self.over.set()


class Imports:
    """Takes files in. In the background each user has one, and they are read one after another."""

    def __init__(self, transferring: "Transferring", start: Start, *, decision: float = DECISION) -> None:
        """Take what lends the ledger, and what runs in the background."""
        self._transferring = transferring
        self._start = start
        self._decision = decision
        self._jobs: dict[str, _Job] = {}
        self._line = anyio.Lock()

    def operations(self) -> list[Operation]:
        """Return the routes."""
        job = "/import/job"
        return [
            Operation("POST", "/import", self.take_in, "Take in a file", Imported, query=ImportQuery, body=BYTES),
            Operation(
                "POST",
                job,
                self.begin,
                "Look into a file in the background, to take it in after that",
                ImportJob,
                query=ImportJobQuery,
                body=BYTES,
            ),
            Operation("GET", job, self.job, "How far the import in the background is", ImportJob),
            Operation("POST", f"{job}/run", self.go_on, "Take in the file that was looked into", ImportJob),
            Operation("DELETE", job, self.cancel, "End the import in the background", ImportJob),
        ]

    async def take_in(self, call: Call) -> Imported:
        """Say what a file holds and, unless it is a dry run, take in what is new, all of it as the caller's."""
        query = call.query(ImportQuery)
        async with _received(call.request) as file:
            recognised = await _recognised(file)
            found = await self._look(recognised, call.user_id)
            return found if query.dry_run else await self._take(recognised, found, call.user_id)

    async def begin(self, call: Call) -> ImportJob:
        """Receive a file and begin to look into it.

        Raises:
            InvalidRequest: another file of the user is under way.
        """
        before = self._jobs.get(call.user_id)
        if before is not None and before.state in ("looking", "taking_in"):
            raise InvalidRequest("An import is under way: wait for its end, or cancel it. This file was not taken.")
        if before is not None:
            before.scope.cancel()
        job = self._jobs[call.user_id] = _Job(call.query(ImportJobQuery).name)
        try:
            async with _received(call.request, keep=True) as file:
                self._start(partial(self._live, job, file, call.user_id))
        except BaseException:
            del self._jobs[call.user_id]
            job.end()
            raise
        return job.shown()

    async def job(self, call: Call) -> ImportJob:
        """Show the user's job."""
        job = self._jobs.get(call.user_id)
        return job.shown() if job is not None else ImportJob(state="none")

    async def go_on(self, call: Call) -> ImportJob:
        """Have the file taken in.

        Raises:
            InvalidRequest: there is none that was looked into.
        """
        job = self._jobs.get(call.user_id)
        if job is None or job.state != "looked":
            raise InvalidRequest("There is no file that was looked into: send one to /api/v1/import/job first.")
        job.begin("taking_in")
        job.wanted.set()
        return job.shown()

    async def cancel(self, call: Call) -> ImportJob:
        """End the user's job, or forget it where it is over; what was taken in until then stays."""
        job = self._jobs.get(call.user_id)
        if job is None or job.over.is_set():
            self._jobs.pop(call.user_id, None)
            return ImportJob(state="none")
        job.scope.cancel()
        await job.over.wait()
        return job.shown()

    async def _live(self, job: _Job, file: Path, user_id: str) -> None:
        try:
            with job.scope:
                async with anyio.create_task_group() as group:
                    group.start_soon(job.stop_when_cancelled)
                    await self._steps(job, file, user_id)
                    group.cancel_scope.cancel()
        finally:
            job.end()
            with anyio.CancelScope(shield=True):
                await run_sync(partial(shutil.rmtree, file.parent, ignore_errors=True))

    async def _steps(self, job: _Job, file: Path, user_id: str) -> None:
        try:
            async with self._line:
                recognised = await _recognised(file, job.name)
                job.found = await self._look(recognised, user_id, job.report)
            job.state = "looked"
            with anyio.move_on_after(self._decision):
                await job.wanted.wait()
            if not job.wanted.is_set():
                return
            async with self._line:
                job.found = await self._take(recognised, job.found, user_id, job.report)
            job.state = "done"
        except _Stopped:
            return
        except MemosError as exc:
            job.state, job.error = "failed", str(exc)
        except Exception as exc:  # noqa: BLE001  # the edge: a caller gets a sentence
            log_failure(exc, "an import")
            job.state, job.error = "failed", FAILED

    async def _look(self, recognised: Recognised, user_id: str, report: Report = unseen) -> Imported:
        return await self._transferring.read(partial(_looked_at, recognised, user_id, report))

    async def _take(self, recognised: Recognised, found: Imported, user_id: str, report: Report = unseen) -> Imported:
        messages, memories = await self._transferring.write(
            lambda ledger, redact: run(recognised, ledger, user_id=user_id, owner=user_id, redact=redact, report=report)
        )
        return found.model_copy(update={"messages": messages, "memories": memories, "dry_run": False})


@asynccontextmanager
async def _received(request: Request, *, keep: bool = False) -> AsyncGenerator[Path]:
    """Write the body of a request to a file of a folder of its own, which is kept after the block or not."""
    folder = await run_sync(partial(tempfile.mkdtemp, prefix="memos-mcp-"))
    is_done = False
    try:
        file = Path(folder) / "file"
        async with await open_file(file, "wb") as written:
            async for piece in request.stream():
                await written.write(piece)
        yield file
        is_done = True
    finally:
        if not (keep and is_done):
            with anyio.CancelScope(shield=True):
                await run_sync(partial(shutil.rmtree, folder, ignore_errors=True))


async def _recognised(file: Path, name: str = "") -> Recognised:
    try:
        return await run_sync(recognise, [file])
    except InvalidRequest as exc:
        raise InvalidRequest(str(exc).replace(str(file), name or "The file")) from exc


def _looked_at(recognised: Recognised, user_id: str, report: Report, database: Database) -> Imported:
    found = survey(recognised, user_id=user_id, owner=user_id, database=database, report=report)
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
