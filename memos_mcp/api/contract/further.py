"""Endpoints that use the store's own means on texts that are not stored, and routes that are not there."""

from typing import TYPE_CHECKING, Final

from pydantic import JsonValue, create_model
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from memos_mcp.api.contract import responses
from memos_mcp.api.contract.endpoint import PREFIX, Call, Endpoint, Endpoints
from memos_mcp.api.contract.envelope import refusal
from memos_mcp.api.contract.further_bodies import ExtractMemoryBody, RerankBody
from memos_mcp.api.contract.responses import Answer
from memos_mcp.core.errors import InvalidRequest
from memos_mcp.core.validation_messages import shown

if TYPE_CHECKING:
    from memos_mcp.backends.local.stateless import LocalStateless

EXTRACTED = {"memory": "memory_detail_list", "preference": "preference_detail_list"}

NO_TEMPLATES = (
    "There are no profile templates here, so nothing was done: search/memory and get/memory with include_memory_view "
    '["profile"] give what the user said of themself, and update/memory rewrites it.'
)
REFUSED: Final = (
    *(f"{verb}/profile_template" for verb in ("add", "bind", "delete", "get", "list", "update")),
    "edit/profile",
    "delete/profile",
)
"""Routes of the contract that are not there."""

_Ranked = create_model("Ranked", model=(str, ...), results=(list[dict[str, JsonValue]], ...))
_Extracted = create_model("Extracted", success=(bool, ...))


class Further:
    """Ranking, and drafting memories."""

    def __init__(self, means: "LocalStateless") -> None:
        """Take the store's means."""
        self._means = means

    def endpoints(self) -> Endpoints:
        """Return the endpoints."""
        return [
            Endpoint("rerank", self.rerank, RerankBody, (_Ranked,)),
            Endpoint("extract/memory", self.extract, ExtractMemoryBody, (_Extracted,)),
        ]

    async def rerank(self, call: Call[RerankBody]) -> Answer:
        """Rank documents by how they bear on a query."""
        body = await call.body()
        ranked = await self._means.rerank(body.query, body.documents)
        results = [
            {"index": position, "document": {"text": body.documents[position]}, "relevance_score": relativity}
            for position, relativity in ranked[: body.top_n]
        ]
        return {"model": "memos-mcp", "results": results}

    async def extract(self, call: Call[ExtractMemoryBody]) -> Answer:
        """Draft the memories of messages, which are not stored."""
        body = await call.body()
        if unknown := set(body.extraction_types) - EXTRACTED.keys():
            raise InvalidRequest(f"extraction_types are memory and preference, not {shown(min(unknown))}.")
        page = responses.drafts(await self._means.extract_memory(body.messages))
        return {"success": True} | {EXTRACTED[one]: page[EXTRACTED[one]] for one in body.extraction_types}


def refused_routes() -> list[Route]:
    """Return the routes that say what is not there, and what is in its place."""

    async def refuse(_: Request) -> Response:
        return refusal(InvalidRequest(NO_TEMPLATES))

    return [Route(f"{PREFIX}/{path}", refuse, methods=["POST"], include_in_schema=False) for path in REFUSED]
