"""Opening a backend at its first use, keeping it until the end, and taking it back for a while."""

import logging
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
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
        self._wanted = anyio.Event()
        self._answered = anyio.Event()
        self._closing = anyio.Event()
        self._unused = anyio.Event()
        self._resumed = anyio.Event()
        self._closed = anyio.Event()
        self._resumed.set()
        self._closed.set()
        self._ending = False
        self._users = 0
        self._backend: MemoryBackend | None = None
        self._failure: MemosError | None = None

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
                result = await self._call(method, *arguments, **named)
        except BaseException as exc:
            await self._observe(Call(method, arguments, named, time.perf_counter() - started, error=exc))
            raise
        await self._observe(Call(method, arguments, named, time.perf_counter() - started, result=result))
        return result

    async def _call(self, method: str, *arguments: object, **named: object) -> object:
        backend = await self._opened()
        self._users += 1
        try:
            return await attrgetter(method)(backend)(*arguments, **named)
        finally:
            self._users -= 1
            if not self._users:
                self._unused.set()

    @asynccontextmanager
    async def taken_back(self) -> AsyncGenerator[None]:
        """Have the backend closed while the block runs; calls wait meanwhile."""
        self._resumed = anyio.Event()
        self._closing.set()
        try:
            await self._closed.wait()
            yield
        finally:
            self._resumed.set()

    async def run(self) -> None:
        """Own the backend: open it when it is wanted, close it when `close` was called or it is taken back."""
        while not self._ending:
            await self._wanted.wait()
            await self._resumed.wait()
            self._wanted, self._closing, self._closed = anyio.Event(), anyio.Event(), anyio.Event()
            if self._ending:
                break
            await self._own()
            self._closed.set()
        self._closed.set()
        self._answer(None, None)

    async def _own(self) -> None:
        try:
            async with self._open() as backend:
                self._answer(backend, None)
                await self._closing.wait()
                self._backend = None
                while self._users:
                    self._unused = anyio.Event()
                    await self._unused.wait()
        except MemosError as exc:
            self._answer(None, exc)
        except Exception as exc:
            logger.exception("the memory could not be opened")
            failure = f"The memory could not be opened ({type(exc).__name__}). Run `memos-mcp doctor`."
            self._answer(None, MemosError(failure))

    def close(self) -> None:
        """End `run`."""
        self._ending = True
        self._closing.set()
        self._wanted.set()
        self._resumed.set()

    async def _opened(self) -> MemoryBackend:
        with anyio.move_on_after(PATIENCE):
            await self._resumed.wait()
        if not self._resumed.is_set():
            raise Unavailable("A command (restore, import, reindex) has the store; repeat the call when it is done.")
        if self._backend is not None:
            return self._backend
        answered = self._answered
        self._wanted.set()
        await answered.wait()
        if self._backend is None:
            raise self._failure or MemosError("The server is ending; start it again.")
        return self._backend

    def _answer(self, backend: MemoryBackend | None, failure: MemosError | None) -> None:
        self._backend, self._failure = backend, failure
        self._answered.set()
        self._answered = anyio.Event()


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
    async with anyio.create_task_group() as group:
        group.start_soon(lender.run)
        try:
            yield lender
        finally:
            lender.close()
