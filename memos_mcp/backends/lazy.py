"""Opening a backend at its first use, keeping it until the end, and taking it back for a while."""

import logging
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from operator import attrgetter
from typing import Any, Final, cast

import anyio

from memos_mcp.backends.base import MemoryBackend
from memos_mcp.core.errors import MemosError, Unavailable
from memos_mcp.core.models import TaskState
from memos_mcp.core.tracing import span

logger = logging.getLogger(__name__)

Open = Callable[[], AbstractAsyncContextManager[MemoryBackend]]


@dataclass(frozen=True, slots=True)
class Call:
    """A call of the backend that is over: its method, arguments and seconds, and what it gave or raised."""

    method: str
    positional: tuple[object, ...]
    named: dict[str, object]
    seconds: float
    result: object = None
    error: BaseException | None = None

    @property
    def user_id(self) -> str:
        """The user on whose behalf the call was made; empty where it concerns no single user."""
        return str(self.named.get("user_id", ""))


Observe = Callable[[Call], Awaitable[None]]


PATIENCE: Final = 30.0
"""Seconds that a call waits while a command has the store to itself."""


class LazyBackend:
    """Lends one backend to all who call it; opens it for the first, and anew after an opening that failed.

    A host gets its first answers before anything heavy is loaded, and a store that cannot be opened says why in each
    call until it can. What is lent is good for ever: each of its calls takes the backend that is open at the time.
    """

    def __init__(self, open_backend: Open, *, observe: Observe | None = None) -> None:
        """Take what opens the backend, which it is not before the first call, and what is told of each call."""
        self._open = open_backend
        self._observe = observe or _unobserved
        self._lock = anyio.Lock()
        self._resumed = anyio.Event()
        self._resumed.set()
        self._unused = anyio.Event()
        self._users = 0
        self._tries = 0
        self._ended = False
        self._opened_with = AsyncExitStack()
        self._backend: MemoryBackend | None = None
        self._failure = MemosError("The server is ending; start it again.")

    async def __call__(self) -> MemoryBackend:
        """Return the backend, opening it where it is not open yet.

        Raises:
            MemosError: it could not be opened, now; the next call tries again.
        """
        await self._opened()
        return self.lent()

    @property
    def is_open(self) -> bool:
        """Whether the backend is open now."""
        return self._backend is not None

    def lent(self, part: str = "") -> MemoryBackend:
        """Return what calls the backend, or a part of it, and opens it where it has to be."""
        return cast("MemoryBackend", _Lent(self, f"{part}." if part else ""))

    async def task_state(self, task_id: str, user_id: str) -> TaskState:
        """Return where a task of a user has got to."""
        return (await self.lent().get_status(task_id, user_id=user_id)).status

    async def call(self, method: str, *arguments: object, **named: object) -> object:
        """Call a method of the backend."""
        started = time.perf_counter()
        try:
            with span(method):
                result = await self.call_unobserved(method, *arguments, **named)
        except BaseException as exc:
            await self._observe(Call(method, arguments, named, time.perf_counter() - started, error=exc))
            raise
        await self._observe(Call(method, arguments, named, time.perf_counter() - started, result=result))
        return result

    async def call_unobserved(self, method: str, *arguments: object, **named: object) -> object:
        """Call a method of the backend for the server itself, which nothing counts."""
        backend = await self._opened()
        self._users += 1
        try:
            return await attrgetter(method)(backend)(*arguments, **named)
        finally:
            self._users -= 1
            if not self._users:
                self._unused.set()

    async def _opened(self) -> MemoryBackend:
        if self._backend is not None:
            return self._backend
        with anyio.move_on_after(PATIENCE) as waiting:
            await self._resumed.wait()
        if waiting.cancelled_caught:
            raise Unavailable("A command (restore, import, reindex) has the store; repeat the call when it is done.")
        tries = self._tries
        async with self._lock:
            if self._backend is None and self._tries == tries and not self._ended:
                with anyio.CancelScope(shield=True):  # for the next call, where the caller of this one has gone
                    await self._try_to_open()
            if self._backend is None:
                raise self._failure
            return self._backend

    async def _try_to_open(self) -> None:
        self._tries += 1
        try:
            self._backend = await self._opened_with.enter_async_context(self._open())
        except MemosError as exc:
            self._failure = exc
        except Exception as exc:
            logger.exception("the memory could not be opened")
            self._failure = MemosError(
                f"The memory could not be opened ({type(exc).__name__}). Run `memos-mcp doctor`."
            )

    @asynccontextmanager
    async def taken_back(self) -> AsyncGenerator[None]:
        """Have the backend closed while the block runs; calls wait meanwhile."""
        async with self._lock:
            self._resumed = anyio.Event()
            try:
                await self._close()
                yield
            finally:
                self._resumed.set()

    async def close(self) -> None:
        """Close the backend for good, once its calls are answered."""
        self._ended = True
        async with self._lock:
            await self._close()
            self._failure = MemosError("The server is ending; start it again.")

    async def _close(self) -> None:
        self._backend = None
        try:
            while self._users:
                self._unused = anyio.Event()
                await self._unused.wait()
        finally:
            with anyio.CancelScope(shield=True):
                try:
                    await self._opened_with.aclose()
                except Exception:
                    logger.exception("the memory could not be closed in order")


async def _unobserved(call: Call) -> None:
    del call


class _Lent:
    """Every method of the backend, through its lender."""

    def __init__(self, lender: LazyBackend, part: str) -> None:
        self._lender = lender
        self._part = part

    def __getattr__(self, method: str) -> Any:  # noqa: ANN401 - that of the backend
        return partial(self._lender.call, self._part + method)


@asynccontextmanager
async def lending(open_backend: Open, *, observe: Observe | None = None) -> AsyncGenerator[LazyBackend]:
    """Lend a backend while the block runs; `observe` is told of each call."""
    lender = LazyBackend(open_backend, observe=observe)
    try:
        yield lender
    finally:
        await lender.close()
