"""Opening a backend at its first use and keeping it until the end."""

import logging
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import anyio

from memos_mcp.backends.base import MemoryBackend
from memos_mcp.errors import MemosError

logger = logging.getLogger(__name__)

Open = Callable[[], AbstractAsyncContextManager[MemoryBackend]]


class Lender:
    """Lends one backend to all who call it; opens it for the first, and anew after an opening that failed.

    A host gets its first answers before anything heavy is loaded, and a store that cannot be opened says why in each
    call until it can.
    """

    def __init__(self, open_backend: Open) -> None:
        """Take what opens the backend; nothing is opened before the first call."""
        self._open = open_backend
        self._wanted = anyio.Event()
        self._answered = anyio.Event()
        self._closing = anyio.Event()
        self._backend: MemoryBackend | None = None
        self._failure: MemosError | None = None

    async def __call__(self) -> MemoryBackend:
        """Give the backend, opening it where it is not open yet.

        Raises:
            MemosError: it could not be opened, now; the next call tries again.
        """
        if self._backend is not None:
            return self._backend
        answered = self._answered
        self._wanted.set()
        await answered.wait()
        if self._backend is None:
            raise self._failure or MemosError("The server is ending; start it again.")
        return self._backend

    def warm(self) -> None:
        """Begin to open the backend without waiting for it."""
        self._wanted.set()

    async def run(self) -> None:
        """Own the backend: open it when it is wanted, close it when `close` was called."""
        while not self._closing.is_set():
            await self._wanted.wait()
            self._wanted = anyio.Event()
            if self._closing.is_set():
                break
            try:
                async with self._open() as backend:
                    self._answer(backend, None)
                    await self._closing.wait()
            except MemosError as exc:
                self._answer(None, exc)
            except Exception as exc:
                logger.exception("the memory could not be opened")
                failure = f"The memory could not be opened ({type(exc).__name__}). Run `memos-mcp doctor`."
                self._answer(None, MemosError(failure))
        self._answer(None, None)

    def close(self) -> None:
        """End `run`."""
        self._closing.set()
        self._wanted.set()

    def _answer(self, backend: MemoryBackend | None, failure: MemosError | None) -> None:
        self._backend, self._failure = backend, failure
        self._answered.set()
        self._answered = anyio.Event()


@asynccontextmanager
async def lending(open_backend: Open) -> AsyncGenerator[Lender]:
    """Lend a backend while the block runs."""
    lender = Lender(open_backend)
    async with anyio.create_task_group() as group:
        group.start_soon(lender.run)
        try:
            yield lender
        finally:
            lender.close()
