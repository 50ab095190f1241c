"""What the SDK does not offer in public: the connection behind a session, the server behind `MCPServer`."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from mcp.server import MCPServer
from mcp.server.connection import Connection
from mcp.server.context import HandlerResult, ServerRequestContext
from mcp.server.lowlevel import NotificationOptions
from mcp.server.lowlevel.server import Server
from mcp.server.session import ServerSession
from mcp.types import ServerCapabilities
from pydantic import BaseModel

_Params = TypeVar("_Params", bound=BaseModel)


def lowlevel(server: MCPServer[Any]) -> Server[Any]:
    """Return the server that an `MCPServer` is made of."""
    return server._lowlevel_server  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]


def connection_of(session: ServerSession) -> Connection:
    """Return the connection that a request came by: one a session in the older era, one a request in the newer."""
    return session._connection  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]


def answer(
    server: MCPServer[Any],
    method: str,
    params: type[_Params],
    handler: Callable[[ServerRequestContext[Any, Any], _Params], Awaitable[HandlerResult]],
) -> None:
    """Answer a method of the protocol with our own handler."""
    lowlevel(server).add_request_handler(method, params, handler)


def advertise_list_changes(server: MCPServer[Any]) -> None:
    """Say in both eras, on every transport, that the list of resources changes and is told; tools and prompts stay."""
    inner = lowlevel(server)
    found = inner.get_capabilities

    def told(_: NotificationOptions | None = None, *given: Any, **named: Any) -> ServerCapabilities:  # noqa: ANN401
        capabilities = found(NotificationOptions(resources_changed=True), *given, **named)
        for unchanging in (capabilities.tools, capabilities.prompts):
            if unchanging is not None:
                unchanging.list_changed = False
        return capabilities

    inner.get_capabilities = told  # pyright: ignore[reportAttributeAccessIssue]
