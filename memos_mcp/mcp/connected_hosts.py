"""Which hosts are connected, to whose memory, and since when."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from mcp.server import MCPServer
from mcp.server.connection import Connection
from mcp.server.context import CallNext, HandlerResult, ServerRequestContext

from memos_mcp.core.api_models import Client
from memos_mcp.mcp.sdk import connection_of

_LONGEST_NAME = 100  # characters of what a host calls itself and its version


@dataclass(slots=True)
class _Seen:
    since: str
    connections: set[Connection] = field(default_factory=set[Connection])


class ConnectedHosts:
    """Remembers each host from its first request until its last connection closes.

    Hosts of the newer protocol have a connection for each request; those count as connected while one is under way.
    """

    def __init__(self, whose: Callable[[], str]) -> None:
        self._whose = whose
        self._seen: dict[tuple[str, str, str], _Seen] = {}

    def attach(self, server: MCPServer[Any]) -> None:
        """Learn of the clients of a server."""
        server.middleware.append(self._remember)

    def clients(self, whom: str) -> tuple[Client, ...]:
        """Return the hosts that are connected to the memory of this name, the longest connected first."""
        listed = [
            Client(name=name, version=version, since=seen.since)
            for (whose, name, version), seen in self._seen.items()
            if whose == whom
        ]
        return tuple(sorted(listed, key=lambda client: client.since))

    async def _remember(self, ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
        connection = connection_of(ctx.session)
        if connection.client_params is not None:
            info = connection.client_params.client_info
            key = (self._whose(), info.name[:_LONGEST_NAME], info.version[:_LONGEST_NAME])
            now = datetime.now(UTC).isoformat(timespec="seconds")
            seen = self._seen.setdefault(key, _Seen(now))
            if connection not in seen.connections:
                seen.connections.add(connection)
                connection.exit_stack.callback(self._forget, key, connection)
        return await call_next(ctx)

    def _forget(self, key: tuple[str, str, str], connection: Connection) -> None:
        self._seen[key].connections.discard(connection)
        if not self._seen[key].connections:
            del self._seen[key]
