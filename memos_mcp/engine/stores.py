"""The memories that an engine holds open: the store of its data directory, and one hosted service a key."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial

from anyio import create_task_group

from memos_mcp.backends.base import MemoryBackend
from memos_mcp.backends.lazy import Call, LazyBackend
from memos_mcp.backends.selection import backend_kind, open_store
from memos_mcp.core.models import TaskState
from memos_mcp.core.settings import Settings, read_settings
from memos_mcp.engine.callers import LOCAL

PATIENCE_FOR_THE_STORE = 12.0
"""Seconds for which the engine waits for a process that is just closing the store."""


Observer = Callable[[str, Call], Awaitable[None]]
"""Is told of each call that is over, and of the account whose memory it was made of."""


class Stores:
    """Opens each memory for the first call that needs it, and closes them all at the end.

    `observers` are told of every call, whoever made it.
    """

    def __init__(self, learnt: Callable[[str], None]) -> None:
        """Take whom to tell when memories have changed in the background."""
        self._learnt = learnt
        self._hosted: dict[str, LazyBackend] = {}
        self.observers: list[Observer] = []
        self.local = self._lend(LOCAL, self._open_store)

    def of(self, settings: Settings) -> tuple[str, Callable[[], Awaitable[MemoryBackend]]]:
        """Return the account that a host's settings name, and the way to its memory."""
        if backend_kind(settings) == "local":
            return LOCAL, self.local
        from memos_mcp.backends.hosted.connect import open_hosted  # noqa: PLC0415 - the local store needs no httpx
        from memos_mcp.backends.hosted.outbox import account_of  # noqa: PLC0415

        url, key = str(settings.base_url), settings.api_key.get_secret_value()
        account = account_of(url, key)
        if account not in self._hosted:
            self._hosted[account] = self._lend(
                account,
                partial(open_hosted, url, key, data_dir=settings.data_dir, dialect=settings.spoken),
            )
        return account, self._hosted[account]

    async def status(self, account: str, task_id: str, user_id: str) -> TaskState:
        """Return where a task of a user at a hosted service has got to."""
        return await self._hosted[account].task_state(task_id, user_id)

    async def close(self) -> None:
        """Close all of them, once their calls are answered."""
        async with create_task_group() as group:
            for lender in (self.local, *self._hosted.values()):
                group.start_soon(lender.close)

    def _open_store(self) -> AbstractAsyncContextManager[MemoryBackend]:
        # Read anew each time: a command may have changed `config.toml` while it had the store.
        return open_store(read_settings(), patience=PATIENCE_FOR_THE_STORE, learnt=self._learnt)

    async def _observe(self, account: str, call: Call) -> None:
        for observer in self.observers:
            await observer(account, call)

    def _lend(self, account: str, opening: Callable[[], AbstractAsyncContextManager[MemoryBackend]]) -> LazyBackend:
        return LazyBackend(opening, observe=partial(self._observe, account))


@asynccontextmanager
async def holding(learnt: Callable[[str], None]) -> AsyncGenerator[Stores]:
    """Hold memories open while the block runs."""
    stores = Stores(learnt)
    try:
        yield stores
    finally:
        await stores.close()
