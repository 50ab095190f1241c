"""Doing what a user asked for, in a thread that sees what is theirs."""

from collections.abc import Callable
from functools import partial, wraps
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, Protocol, TypeVar

from anyio.to_thread import run_sync

from memos_mcp.backends.local.ledger.ledger import Ledger

if TYPE_CHECKING:
    from types import CoroutineType

P = ParamSpec("P")
T = TypeVar("T")


class OverLedger(Protocol):
    """What works on a ledger."""

    @property
    def ledger(self) -> Ledger:
        """The ledger."""
        ...


S = TypeVar("S", bound=OverLedger)


async def acting_for(user_id: str, ledger: Ledger, call: Callable[[], T], *, abandon: bool = False) -> T:
    """Run a call in a thread; with `abandon` it is not waited for where the caller has gone."""

    def as_asked() -> T:
        with ledger.database.of_user(user_id):
            return call()

    return await run_sync(as_asked, abandon_on_cancel=abandon)


def in_user_thread(method: Callable[Concatenate[S, P], T]) -> "Callable[Concatenate[S, P], CoroutineType[Any, Any, T]]":
    """Make a method to be awaited of one that blocks and has the argument `user_id`, given by name."""

    @wraps(method)
    async def called(self: S, /, *arguments: P.args, **named: P.kwargs) -> T:
        return await acting_for(str(named["user_id"]), self.ledger, partial(method, self, *arguments, **named))

    return called
