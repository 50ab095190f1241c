"""Routes of the contract that read one memory, or use the store's own means on texts that are not stored."""

from functools import partial
from typing import Final, NoReturn, Protocol

from starlette.requests import Request
from starlette.routing import Route

from memos_mcp.api.contract import responses
from memos_mcp.api.contract.further_bodies import ExtractMemoryBody, RerankBody
from memos_mcp.api.contract.parsing import parse
from memos_mcp.api.contract.responses import Answer
from memos_mcp.api.contract.rest import PREFIX, answer
from memos_mcp.api.guard.identity import Identity, Owners
from memos_mcp.backends.base import MemoryBackend
from memos_mcp.core.errors import InvalidRequest
from memos_mcp.core.models import GetMemory, MemoryPage, Message
from memos_mcp.core.validation_messages import shown

EXTRACTED = {"memory": "memory_detail_list", "preference": "preference_detail_list"}


NO_TEMPLATES = (
    "There are no profile templates here, so nothing was done: search/memory and get/memory with include_memory_view "
    '["profile"] give what the user said of themself, and update/memory rewrites it.'
)
REFUSED: Final[dict[str, str]] = dict.fromkeys(
    (
        *(f"{verb}/profile_template" for verb in ("add", "bind", "delete", "get", "list", "update")),
        "edit/profile",
        "delete/profile",
    ),
    NO_TEMPLATES,
)
"""Routes of the contract that are not there, and what is answered."""


class Stateless(Protocol):
    """What a store can do with texts that it does not keep."""

    async def rerank(self, query: str, documents: tuple[str, ...]) -> list[tuple[int, float]]:
        """Return the position of each document and its relativity to the query, the best first."""
        ...

    async def extract_memory(self, messages: tuple[Message, ...]) -> MemoryPage:
        """Return the memories that messages would leave behind."""
        ...


class Further:
    """The routes. `default_user` is whom a call is for that names nobody, where there are no tokens."""

    def __init__(
        self, backend: MemoryBackend, means: Stateless | None, *, default_user: str, owners: Owners | None
    ) -> None:
        """Take the memory, and its means where it has them."""
        self._backend = backend
        self._means = means
        self._default_user = default_user
        self._owners = owners

    def routes(self) -> list[Route]:
        """Return the routes."""
        own = [
            Route(f"{PREFIX}/get/memory/{{memory_id}}", partial(answer, self.get_memory), methods=["GET"]),
            *(
                Route(f"{PREFIX}/{path}", partial(answer, _refuse), methods=["POST"], include_in_schema=False)
                for path in REFUSED
            ),
        ]
        if self._means is None:
            return own
        return [
            *own,
            Route(f"{PREFIX}/rerank", partial(answer, partial(self.rerank, self._means)), methods=["POST"]),
            Route(f"{PREFIX}/extract/memory", partial(answer, partial(self.extract, self._means)), methods=["POST"]),
        ]

    async def get_memory(self, request: Request) -> Answer:
        """Read one memory."""
        memory_id = request.path_params["memory_id"]
        caller = Identity.of(request, default_user=self._default_user, owners=self._owners)
        user_id = await caller.user_of_memories(None, (memory_id,))
        page = await self._backend.get_memory(GetMemory(memory_ids=(memory_id,)), user_id=user_id)
        (found,) = (*page.memory_detail_list, *page.preference_detail_list)
        return responses.known(found)

    async def rerank(self, means: Stateless, request: Request) -> Answer:
        """Rank documents by how they bear on a query."""
        body = await parse(request, RerankBody)
        ranked = await means.rerank(body.query, body.documents)
        results = [
            {"index": position, "document": {"text": body.documents[position]}, "relevance_score": relativity}
            for position, relativity in ranked[: body.top_n]
        ]
        return {"model": "memos-mcp", "results": results}

    async def extract(self, means: Stateless, request: Request) -> Answer:
        """Draft the memories of messages, which are not stored."""
        body = await parse(request, ExtractMemoryBody)
        if unknown := set(body.extraction_types) - EXTRACTED.keys():
            raise InvalidRequest(f"extraction_types are memory and preference, not {shown(min(unknown))}.")
        page = responses.drafts(await means.extract_memory(body.messages))
        return {"success": True} | {EXTRACTED[one]: page[EXTRACTED[one]] for one in body.extraction_types}


async def _refuse(request: Request) -> NoReturn:
    """Say what is not there, and what is in its place."""
    raise InvalidRequest(REFUSED[request.url.path.removeprefix(f"{PREFIX}/")])
