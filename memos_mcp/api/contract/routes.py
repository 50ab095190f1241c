"""All routes of the contract."""

from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from memos_mcp.api.contract.chat import Chat
from memos_mcp.api.contract.endpoint import PREFIX, Endpoints
from memos_mcp.api.contract.knowledge_base_endpoints import KnowledgeBaseEndpoints
from memos_mcp.api.contract.memory_endpoints import MemoryEndpoints
from memos_mcp.api.contract.message_endpoints import MessageEndpoints
from memos_mcp.api.contract.not_found import refused_routes
from memos_mcp.api.contract.openapi import describe
from memos_mcp.api.contract.text_endpoints import TextEndpoints
from memos_mcp.backends.base import MemoryBackend

if TYPE_CHECKING:
    from memos_mcp.backends.local.backend import LocalBackend
    from memos_mcp.backends.local.extraction.chat import ChatModel
    from memos_mcp.backends.local.knowledge.library import Library
    from memos_mcp.backends.local.stateless import LocalStateless


def endpoints(
    backend: MemoryBackend, means: "LocalStateless | None", library: "Library | None", chat_model: "ChatModel | None"
) -> Endpoints:
    """Return every endpoint; without `means` or a `library` those that need them are left out."""
    return [
        *MessageEndpoints(backend).endpoints(),
        *MemoryEndpoints(backend).endpoints(),
        *(TextEndpoints(means).endpoints() if means else ()),
        *Chat(backend, chat_model).endpoints(),
        *(KnowledgeBaseEndpoints(library).endpoints() if library else ()),
    ]


def routes(served: Endpoints, *, default_user: str, owners: "LocalBackend | None") -> list[Route]:
    """Return the routes of endpoints, those that say what is not there, and that of their description."""

    async def openapi(_: Request) -> Response:
        return JSONResponse(describe(served))

    return [
        *(one.route(default_user=default_user, owners=owners) for one in served),
        *refused_routes(),
        Route(f"{PREFIX}/openapi.json", openapi, methods=["GET"]),
    ]
