"""The engine's app: MCP by two transports, the MemOS contract and a health check, behind one guard."""

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from mcp.server import MCPServer
from mcp.server.auth.middleware.auth_context import AuthContextMiddleware
from mcp.server.transport_security import TransportSecuritySettings
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.routing import BaseRoute

from memos_mcp.api.contract import routes as contract
from memos_mcp.api.contract.not_found import no_such_route
from memos_mcp.api.guard.guard import Guard, Hosts
from memos_mcp.api.guard.page_sessions import PageSessions
from memos_mcp.api.guard.rate import Counting
from memos_mcp.api.guard.request_body import LARGEST_BODY
from memos_mcp.api.guard.tokens import Tokens
from memos_mcp.api.monitoring.access_log import AccessLog, Form
from memos_mcp.api.monitoring.audit import Audit
from memos_mcp.api.monitoring.health import Opening, probes
from memos_mcp.api.monitoring.metrics import Metrics
from memos_mcp.api.page_files import Page
from memos_mcp.api.v1 import routes as v1
from memos_mcp.api.v1.context import Context, Store
from memos_mcp.backends.base import MemoryBackend

if TYPE_CHECKING:
    from memos_mcp.api.signin.routes import SignIn
    from memos_mcp.backends.local.backend import LocalBackend
    from memos_mcp.backends.local.extraction.chat import ChatModel
    from memos_mcp.backends.local.knowledge.library import Library
    from memos_mcp.backends.local.stateless import LocalStateless

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
    owners: "LocalBackend | None" = None,
    rate: Counting | None = None,
    means: "LocalStateless | None" = None,
    library: "Library | None" = None,
    chat_model: "ChatModel | None" = None,
    store: Store | None = None,
    surroundings: Context | None = None,
    visits: PageSessions | None = None,
    opening: Opening | None = None,
    audit: Audit | None = None,
    access_log: Form | None = None,
    metrics: Metrics | None = None,
    sign_in: "SignIn | None" = None,
) -> Starlette:
    """Put the app together over a memory that is open, and stays open for as long as the app runs.

    `user_id` is whom a call is for that names nobody, where there are no tokens. `server` is the MCP server over the
    same memory, served by the `transports` named; without one there is the contract alone. `means`, `library` and
    `chat_model` are for the endpoints of the contract that need them, `store` and `surroundings` for those of
    `/api/v1`, which the page calls; it is shown where there are `visits`. `opening` is awaited by the probes, to tell
    whether the store can be had. `audit` is told of refused tokens, and `access_log` is the form of a line a request.
    """
    tokens = tokens or Tokens(())
    routes: list[BaseRoute] = [
        *probes(opening),
        *([metrics.route()] if metrics else ()),
        *(sign_in.routes() if sign_in else ()),
        *(Page(visits, tokens=tokens, user_id=user_id, is_closed=False).routes() if visits else ()),
        *contract.routes(contract.endpoints(backend, means, library, chat_model), default_user=user_id, owners=owners),
        *(v1.routes(store, surroundings or Context(), default_user=user_id) if store else ()),
    ]
    lifespan = None
    if server is not None:
        streamable = server.streamable_http_app(
            transport_security=NOTHING_SECURED_TWICE, max_request_body_size=LARGEST_BODY
        )
        logging.getLogger("mcp.server.sse").addFilter(_without_traceback)
        sse = server.sse_app(transport_security=NOTHING_SECURED_TWICE, max_request_body_size=LARGEST_BODY)
        lifespan = streamable.router.lifespan_context
        routes += streamable.routes if "streamable-http" in transports else []
        routes += sse.routes if "sse" in transports else []
    guard = Middleware(
        Guard, hosts=hosts or Hosts(), tokens=tokens, rate=rate, visits=visits, audit=audit, sign_in=sign_in
    )
    logged = [Middleware(AccessLog, form=access_log)] if access_log else []
    return Starlette(
        routes=routes,
        middleware=[*logged, guard, Middleware(AuthContextMiddleware)],
        exception_handlers={HTTPException: no_such_route},
        lifespan=lifespan,
    )


def _without_traceback(record: logging.LogRecord) -> bool:
    """Leave out why a message could not be read: the validator's words quote it."""
    record.exc_info = None
    return True


def build_page(visits: PageSessions, *, user_id: str, routes: Sequence[BaseRoute]) -> Starlette:
    """Put the page together with the `routes` that it calls, for visits alone."""
    page = Page(visits, tokens=Tokens(()), user_id=user_id, is_closed=True)
    return Starlette(
        routes=[*page.routes(), *routes],
        middleware=[Middleware(Guard, hosts=Hosts(), tokens=Tokens(()), rate=None, visits=visits, is_closed=True)],
        exception_handlers={HTTPException: no_such_route},
    )
