"""The engine's app: MCP by two transports, the MemOS contract and a health check, behind one guard."""

from collections.abc import Sequence
from typing import Any

from mcp.server import MCPServer
from mcp.server.auth.middleware.auth_context import AuthContextMiddleware
from mcp.server.transport_security import TransportSecuritySettings
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from memos_mcp.backends.base import MemoryBackend
from memos_mcp.errors import MemosError
from memos_mcp.http.callers import Owners
from memos_mcp.http.chat import Answering, Chat
from memos_mcp.http.envelope import refusal_at
from memos_mcp.http.further import Further, Means
from memos_mcp.http.guard import LARGEST_BODY, Guard, Hosts
from memos_mcp.http.health import health
from memos_mcp.http.knowledge_bases import KnowledgeBaseRoutes, Library
from memos_mcp.http.page import Page
from memos_mcp.http.rate import Rate
from memos_mcp.http.rest import Rest
from memos_mcp.http.tokens import Tokens
from memos_mcp.http.v1 import routes as v1
from memos_mcp.http.v1.surroundings import Surroundings
from memos_mcp.http.visits import Visits

NOTHING_SECURED_TWICE = TransportSecuritySettings(enable_dns_rebinding_protection=False)
"""The guard checks Host and Origin before the transports see them."""


def build_app(
    backend: MemoryBackend,
    *,
    user_id: str,
    server: MCPServer[Any] | None = None,
    transports: frozenset[str] = frozenset({"streamable-http", "sse"}),
    tokens: Tokens | None = None,
    hosts: Hosts | None = None,
    owners: Owners | None = None,
    rate: Rate | None = None,
    extra: Sequence[BaseRoute] = (),
    means: Means | None = None,
    library: Library | None = None,
    chat_model: Answering | None = None,
    store: v1.Store | None = None,
    surroundings: Surroundings | None = None,
    visits: Visits | None = None,
) -> Starlette:
    """Put the app together over a memory that is open, and stays open for as long as the app runs.

    `user_id` is whom a call is for that names nobody, where there are no tokens. `server` is the MCP server over the
    same memory, served by the `transports` named; without one there is the contract alone. `extra` routes are behind
    the same guard. `means`, `library` and `chat_model` are for the routes of the contract that need them, `store`
    and `surroundings` for those of `/api/v1`, which the page calls; it is shown where there are `visits`.
    """
    tokens = tokens or Tokens(())
    routes: list[BaseRoute] = [
        Route("/health", health, methods=["GET"]),
        *extra,
        *(Page(visits, tokens=tokens, user_id=user_id, is_closed=False).routes() if visits else ()),
        *Rest(backend, default_user=user_id, owners=owners).routes(),
        *Further(backend, means, default_user=user_id, owners=owners).routes(),
        Chat(backend, chat_model, default_user=user_id).route(),
        *(KnowledgeBaseRoutes(library).routes() if library else ()),
        *(v1.routes(store, surroundings or Surroundings(), default_user=user_id) if store else ()),
    ]
    lifespan = None
    if server is not None:
        streamable = server.streamable_http_app(
            transport_security=NOTHING_SECURED_TWICE, max_request_body_size=LARGEST_BODY
        )
        sse = server.sse_app(transport_security=NOTHING_SECURED_TWICE, max_request_body_size=LARGEST_BODY)
        lifespan = streamable.router.lifespan_context
        routes += streamable.routes if "streamable-http" in transports else []
        routes += sse.routes if "sse" in transports else []
    guard = Middleware(Guard, hosts=hosts or Hosts(), tokens=tokens, rate=rate, visits=visits)
    return Starlette(
        routes=routes,
        middleware=[guard, Middleware(AuthContextMiddleware)],
        exception_handlers={HTTPException: no_such_route},
        lifespan=lifespan,
    )


def build_page(visits: Visits, *, user_id: str, routes: Sequence[BaseRoute]) -> Starlette:
    """Put the page together with the `routes` that it calls, for visits alone."""
    page = Page(visits, tokens=Tokens(()), user_id=user_id, is_closed=True)
    return Starlette(
        routes=[*page.routes(), *routes],
        middleware=[Middleware(Guard, hosts=Hosts(), tokens=Tokens(()), rate=None, visits=visits, is_closed=True)],
        exception_handlers={HTTPException: no_such_route},
    )


async def no_such_route(request: Request, exc: Exception) -> Response:
    """Answer what has no route, or not for this method, in the envelope."""
    status = exc.status_code if isinstance(exc, HTTPException) else 500
    error = MemosError(f"There is no {request.method} at this path: check path and method.")
    response = refusal_at(request.url.path, error, status=status)
    response.headers.update((exc.headers if isinstance(exc, HTTPException) else None) or {})
    return response
