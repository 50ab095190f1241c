"""What is lent of a backend: opened once, taken back, closed, whoever calls meanwhile."""

from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import anyio
import pytest
from anyio.lowlevel import checkpoint

from memos_mcp.backends.base import MemoryBackend
from memos_mcp.backends.lazy import LazyBackend, lending
from memos_mcp.core.errors import MemosError, Unavailable
from memos_mcp.core.models import GetConversation
from tests.fakes.memory_backend import ListBackend


class Opening:
    """Counts how often it was opened and closed; fails as often as it is told to, and opens when it may."""

    def __init__(self, *, failures: int = 0) -> None:
        self.failures = failures
        self.opened = self.closed = 0
        self.may_open = anyio.Event()
        self.may_open.set()

    def __call__(self) -> AbstractAsyncContextManager[MemoryBackend]:
        return self._open()

    @asynccontextmanager
    async def _open(self) -> AsyncGenerator[MemoryBackend]:
        self.opened += 1
        await self.may_open.wait()
        if self.opened <= self.failures:
            raise Unavailable("It is away.")
        yield ListBackend()
        self.closed += 1


async def ask(lender: LazyBackend) -> None:
    await lender.lent().get_conversation(GetConversation(), user_id="u")


async def until_all_wait() -> None:
    for _ in range(20):
        await checkpoint()


async def test_many_calls_open_the_backend_once_and_it_is_closed_at_the_end() -> None:
    opening = Opening()
    async with lending(opening) as lender:
        assert not lender.is_open
        async with anyio.create_task_group() as group:
            for _ in range(5):
                group.start_soon(ask, lender)
        assert (opening.opened, opening.closed, lender.is_open) == (1, 0, True)
    assert opening.closed == 1
    with pytest.raises(MemosError, match="ending"):
        await ask(lender)


async def test_calls_that_wait_for_an_opening_that_fails_are_told_why_and_the_next_call_tries_again() -> None:
    opening, told = Opening(failures=1), list[str]()
    opening.may_open = anyio.Event()

    async def asked() -> None:
        with pytest.raises(Unavailable) as failed:
            await ask(lender)
        told.append(str(failed.value))

    async with lending(opening) as lender:
        async with anyio.create_task_group() as group:
            for _ in range(3):
                group.start_soon(asked)
            await until_all_wait()
            opening.may_open.set()
        await ask(lender)
    assert (told, opening.opened) == (["It is away."] * 3, 2)


async def test_an_opening_goes_on_for_others_where_its_caller_has_gone() -> None:
    opening = Opening()
    opening.may_open = anyio.Event()
    async with lending(opening) as lender:
        async with anyio.create_task_group() as group:
            group.start_soon(ask, lender)
            await until_all_wait()
            group.cancel_scope.cancel()
            opening.may_open.set()
        assert (opening.opened, lender.is_open) == (1, True)


async def test_commands_that_take_the_backend_back_wait_for_each_other_and_calls_for_both() -> None:
    opening, order = Opening(), list[str]()

    async def take(name: str) -> None:
        async with lender.taken_back():
            assert not lender.is_open
            order.append(f"{name} has it")
            await until_all_wait()
            order.append(f"{name} gives it back")

    async def call() -> None:
        await ask(lender)
        order.append("called")

    async with lending(opening) as lender:
        await ask(lender)
        with anyio.fail_after(20):
            async with anyio.create_task_group() as group:
                for name in ("one", "two"):
                    group.start_soon(take, name)
                await checkpoint()
                group.start_soon(call)
        assert lender.is_open
    assert order[:4] in (
        ["one has it", "one gives it back", "two has it", "two gives it back"],
        ["two has it", "two gives it back", "one has it", "one gives it back"],
    )
    assert order[4:] == ["called"]
