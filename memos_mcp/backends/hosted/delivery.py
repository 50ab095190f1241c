"""Getting adds to the service: at once where it answers, from the outbox, in order, where it did not.

An add is sent a second time only where the first attempt was cut off and the service cannot say whether it has it:
an engine of ours knows each add by its key, and the cloud is first asked whether the conversation ends with it.
"""

import logging
import math
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any, Final, cast

import anyio
from anyio.to_thread import run_sync
from filelock import FileLock, Timeout

from memos_mcp.backends.hosted import response_models
from memos_mcp.backends.hosted.call_errors import CallFailed
from memos_mcp.backends.hosted.http_client import ADD_MESSAGE, HttpClient
from memos_mcp.backends.hosted.outbox import TASK_PREFIX, Outbox, QueuedAdd
from memos_mcp.backends.hosted.product_server import ProductServer
from memos_mcp.backends.hosted.request_bodies import Body
from memos_mcp.core.errors import Forbidden, InvalidRequest, MemosError, NotFound, Unavailable
from memos_mcp.core.models import AddReceipt, MessagePage, Task, clock_text

logger = logging.getLogger(__name__)

FIRST_PAUSE: Final = 1.0  # seconds
LONGEST_PAUSE: Final = 60.0
"""Seconds between attempts to deliver while the service is away; they double from the first to the longest."""

PATIENCE: Final = 5.0
"""Seconds for which a call lets others go first: what waits, oldest first."""

TAIL: Final = 50
"""How many messages of a conversation the service shows at most."""

_NEVER = (InvalidRequest, NotFound, Forbidden)
"""What the service says of an add that it will not take later either."""


class Delivery:
    """Delivers adds to one service, with one outbox behind it."""

    def __init__(self, service: HttpClient, outbox: Outbox, *, clock: Callable[[], int]) -> None:
        """Take the service and the outbox; `clock` gives epoch milliseconds."""
        self._service = service
        self._outbox = outbox
        self._clock = clock
        self._kept = anyio.Event()
        self._delivering = anyio.Lock()
        self._pause = FIRST_PAUSE
        self._not_before = 0.0

    async def add(self, body: Body, *, user_id: str, key: str) -> AddReceipt:
        """Deliver an add or, where the service is away, keep it for later, behind those that wait already.

        Raises:
            MemosError: the service will not take it, or it can be neither delivered nor kept.
        """
        failed = await self.catch_up()
        if failed is not None and not failed.temporary:
            raise failed.error
        if failed is not None or not await run_sync(self._outbox.is_empty):
            return await self._keep(body, user_id=user_id, key=key, tried=False, because=failed)
        try:
            data = await self._service.post(ADD_MESSAGE, body, key=key, harmless=self._service.is_engine is True)
        except CallFailed as exc:
            if not exc.temporary:
                raise exc.error from exc
            return await self._keep(body, user_id=user_id, key=key, tried=exc.unsure, because=exc)
        return response_models.add_receipt(data, conversation_id=str(body["conversation_id"]))

    async def catch_up(self, *, within: float = PATIENCE) -> CallFailed | None:
        """Deliver what waits, if it is time to try again, for so many seconds; give the reason where that failed."""
        if await run_sync(self._outbox.is_empty):
            return None
        until = anyio.current_time() + within
        try:
            with anyio.fail_after(within):
                await self._delivering.acquire()
        except TimeoutError:
            return None
        try:
            return await self._deliver(until=until) if anyio.current_time() >= self._not_before else None
        finally:
            self._delivering.release()

    async def run(self) -> None:
        """Deliver what waits, again and again, until cancelled."""
        while True:
            try:
                await self.catch_up(within=math.inf)
            except MemosError as exc:
                logger.warning("What waits in the outbox cannot be delivered: %s", exc)
            left = self._not_before - anyio.current_time()
            with anyio.move_on_after(left if left > 0 else LONGEST_PAUSE):
                await self._kept.wait()
            self._kept = anyio.Event()

    async def _deliver(self, *, until: float) -> CallFailed | None:
        """Send what waits, oldest first, until nothing does or the service fails; another process may be at it."""
        with self._turn() as mine:
            while mine and anyio.current_time() < until and (letter := await run_sync(self._outbox.first)):
                try:
                    await self._send(letter)
                except CallFailed as exc:
                    self._not_before = anyio.current_time() + self._pause
                    self._pause = min(LONGEST_PAUSE, 2 * self._pause)
                    return exc
        self._pause, self._not_before = FIRST_PAUSE, 0.0
        return None

    async def _send(self, letter: QueuedAdd) -> None:
        """Send one letter and note what became of it.

        Raises:
            CallFailed: it still waits, and so must those behind it.
        """
        if letter.tried and await self._has(letter):
            await run_sync(lambda: self._outbox.mark_delivered(letter, task_id=""))
            return
        await run_sync(lambda: self._outbox.mark_tried(letter, tried=True))
        try:
            data = await self._service.post_once(ADD_MESSAGE, letter.body, key=letter.key)
        except CallFailed as exc:
            if not exc.unsure:
                await run_sync(lambda: self._outbox.mark_tried(letter, tried=False))
            if not isinstance(exc.error, _NEVER):
                raise
            reason = str(exc.error)
            logger.warning("The memory service refused an add that had waited: %s", reason)
            await run_sync(lambda: self._outbox.mark_refused(letter, reason=reason))
            return
        receipt = response_models.add_receipt(data, conversation_id="")
        await run_sync(lambda: self._outbox.mark_delivered(letter, task_id=receipt.task_id))

    async def _has(self, letter: QueuedAdd) -> bool:
        """Ask a service that does not know keys whether it has this add, or the conversation ends with it."""
        if isinstance(self._service, ProductServer):
            return await self._service.has(letter.body, key=letter.key)
        if self._service.is_engine:
            return False
        wanted = [(said["role"], said["content"]) for said in letter.body["messages"]][-TAIL:]
        body = {
            "user_id": letter.user_id,
            "conversation_id": letter.body["conversation_id"],
            "message_limit_number": len(wanted),
        }
        try:
            data = await self._service.post_once("get/message", body)
        except CallFailed as exc:
            if isinstance(exc.error, NotFound):
                return False
            raise
        page: MessagePage = response_models.message_page(data, conversation_id="")
        return [(said.role, said.content) for said in page.message_detail_list] == wanted

    async def _keep(self, body: Body, *, user_id: str, key: str, tried: bool, because: CallFailed | None) -> AddReceipt:
        now = self._clock()
        messages = cast("list[dict[str, Any]]", body["messages"])
        dated = [{"chat_time": clock_text(now)} | message for message in messages]
        kept = body | {"messages": dated}
        reason = "" if because is None else f"{because} "
        try:
            await run_sync(lambda: self._outbox.keep(kept, user_id=user_id, key=key, time=now, tried=tried))
        except Unavailable as exc:
            raise Unavailable(f"{reason}The add is not kept for later: {exc}") from exc
        self._kept.set()
        return AddReceipt(
            task_id=f"{TASK_PREFIX}{key}",
            status="running",
            conversation_id=str(body["conversation_id"]),
            note=f"{reason}Kept on this machine; it is delivered as soon as the memory service answers.",
        )

    async def status(self, task_id: str, *, user_id: str) -> Task | str:
        """Say where a kept add has got to; once delivered, give the service's own task id (it may be empty)."""
        posted = await run_sync(lambda: self._outbox.find(task_id.removeprefix(TASK_PREFIX), user_id=user_id))
        if posted is None:
            raise NotFound("There is no such task: check the task_id.", code=50131)
        if posted.state == "delivered":
            return posted.task_id
        return Task(task_id=task_id, status="failed" if posted.state == "refused" else "running")

    async def forget(self, *, user_id: str) -> None:
        """Remove what waits of a user."""
        await run_sync(lambda: self._outbox.forget(user_id=user_id))

    @contextmanager
    def _turn(self) -> Generator[bool]:
        """Say whether nobody else is delivering from this outbox, and keep others from it meanwhile."""
        try:
            with FileLock(self._outbox.lock_path, blocking=False, mode=0o600):
                yield True
        except Timeout:
            yield False
