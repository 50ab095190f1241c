"""What `/api/v1` shows beside the memory: the engine that it is in, and the machine."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from memos_mcp.backends.base import MemoryBackend
from memos_mcp.core.api_models import Client, SearchQuery, ShownHost, ShownSetting

if TYPE_CHECKING:
    from memos_mcp.backends.local.browsing import Browsing
    from memos_mcp.backends.local.curation.editing import Curating
    from memos_mcp.backends.local.curation.ledger_transfer import Transferring


@dataclass(frozen=True, slots=True)
class Store:
    """What the routes need of a store on this machine."""

    backend: MemoryBackend
    browsing: "Browsing"
    curating: "Curating"
    transferring: "Transferring"


TextForAgents = Callable[[SearchQuery, str], Awaitable[str]]
"""Gives the text that an agent of a user would read of a search."""


Watch = Callable[[str, Callable[[object], None]], Callable[[], None]]
"""Has a function called whenever the memory of a user changes, until what it returns is called."""


Start = Callable[[Callable[[], Awaitable[None]]], object]
"""Has something run in the background until it is done or the engine ends."""


class Machine(Protocol):
    """What the command line knows of the machine; each call may take a while."""

    def settings(self) -> tuple[ShownSetting, ...]:
        """Return every setting and where it comes from."""
        ...

    def hosts(self) -> tuple[ShownHost, ...]:
        """Return the hosts that are here."""
        ...

    def install(self, name: str, *, dry_run: bool) -> ShownHost:
        """Write us into a host's file, or in a dry run say what that would change."""
        ...


@dataclass(frozen=True, slots=True)
class Context:
    """Each is a way to ask; what is not given is not there.

    `clients` are the hosts that are connected for a user; `start` has what outlasts a call run in the background, and
    without it no file is taken in there; `watch` tells of changes of a user's memory. `machine` is called when
    somebody asks: it imports much.
    """

    text_for_agents: TextForAgents | None = None
    clients: Callable[[str], tuple[Client, ...]] = lambda _: ()
    machine: Callable[[], Machine] | None = None
    start: Start | None = None
    watch: Watch = lambda _user_id, _listener: lambda: None

    async def text(self, query: SearchQuery, user_id: str) -> str:
        """Return the text that an agent would read, none where there is no agent."""
        return await self.text_for_agents(query, user_id) if self.text_for_agents else ""
