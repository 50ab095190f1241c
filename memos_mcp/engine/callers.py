"""On whose behalf the engine acts: each relay's session has a user, a conversation and a memory of its own."""

from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from dataclasses import dataclass

from mcp.server.auth.middleware.auth_context import get_access_token

from memos_mcp.backends.base import MemoryBackend

LOCAL = "local"
"""The account of the store on this machine; others are those of hosted services."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls. Notices go to callers of the same account and user."""

    account: str
    user_id: str
    conversation_id: str
    backend: Callable[[], Awaitable[MemoryBackend]]

    def whose(self) -> str:
        """Return a name of the memory that nobody else's has."""
        return whose_at(self.account, self.user_id)


class Callers:
    """Tells who makes the current request: the relay whose session it is, or who came over HTTP with a token."""

    def __init__(self, store: Callable[[], Awaitable[MemoryBackend]], *, default_user: str) -> None:
        """Take the store on this machine, and the user of a call over HTTP without a token."""
        self._store = store
        self._default_user = default_user
        self._relay: ContextVar[Caller | None] = ContextVar("relay", default=None)

    def enter(self, caller: Caller) -> None:
        """Make all requests of the current task, and of those that it starts, this caller's."""
        self._relay.set(caller)

    def current(self) -> Caller:
        """Return who makes the current request."""
        relay = self._relay.get()
        if relay is not None:
            return relay
        token = get_access_token()
        return Caller(LOCAL, (token and token.subject) or self._default_user, "", self._store)

    async def backend(self) -> MemoryBackend:
        """Return the memory of the current caller."""
        return await self.current().backend()


def whose_at(account: str, user_id: str) -> str:
    """Return the name of a user's memory at an account."""
    return f"{account}\n{user_id}"
