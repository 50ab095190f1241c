"""Endpoints that use the store's own means on texts that are not stored: ranking, and drafting memories."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import BeforeValidator, Field, JsonValue, StringConstraints, create_model

from memos_mcp.api.contract import responses
from memos_mcp.api.contract.base_body import MODEL_OF_OURS, Body, Filled
from memos_mcp.api.contract.endpoint import Call, Endpoint, Endpoints
from memos_mcp.api.contract.responses import Answer
from memos_mcp.core.errors import InvalidRequest
from memos_mcp.core.message_shapes import GivenMessage, read_messages
from memos_mcp.core.validation_messages import shown

if TYPE_CHECKING:
    from memos_mcp.backends.local.stateless import LocalStateless

EXTRACTED = {"memory": "memory_detail_list", "preference": "preference_detail_list"}
MOST_DOCUMENTS = 500  # ours: the contract has no limit
Document = Annotated[str, StringConstraints(min_length=1, max_length=100_000)]


class RerankBody(Body):
    """rerank."""

    without_effect: ClassVar[Mapping[str, str]] = {"model": MODEL_OF_OURS}

    query: Filled
    documents: Annotated[tuple[Document, ...], Field(min_length=1, max_length=MOST_DOCUMENTS)]
    top_n: Annotated[int, Field(ge=1)] | None = None


class ExtractMemoryBody(Body):
    """extract/memory."""

    without_effect: ClassVar[Mapping[str, str]] = {"model": MODEL_OF_OURS}

    messages: Annotated[tuple[GivenMessage, ...], BeforeValidator(read_messages), Field(min_length=1, max_length=200)]
    extraction_types: Annotated[tuple[str, ...], Field(min_length=1)] = ("memory", "preference")


_Ranked = create_model("Ranked", model=(str, ...), results=(list[dict[str, JsonValue]], ...))
_Extracted = create_model("Extracted", success=(bool, ...))


@dataclass(frozen=True, slots=True)
class TextEndpoints:
    """Ranking, and drafting memories."""

    means: "LocalStateless"

    def endpoints(self) -> Endpoints:
        """Return the endpoints."""
        return [
            Endpoint("rerank", self.rerank, RerankBody, (_Ranked,)),
            Endpoint("extract/memory", self.extract, ExtractMemoryBody, (_Extracted,)),
        ]

    async def rerank(self, call: Call[RerankBody]) -> Answer:
        """Rank documents by how they bear on a query."""
        body = await call.body()
        ranked = await self.means.rerank(body.query, body.documents)
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
        page = responses.drafts(await self.means.extract_memory(body.messages))
        return {"success": True} | {EXTRACTED[one]: page[EXTRACTED[one]] for one in body.extraction_types}
