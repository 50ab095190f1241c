"""One endpoint of the contract: its route, what it takes and gives, and how a request becomes a call of it."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar

from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from memos_mcp.api.contract.base_body import Body
from memos_mcp.api.contract.envelope import Envelope, log_failure, refusal
from memos_mcp.api.contract.parsing import parse
from memos_mcp.api.contract.responses import Answer
from memos_mcp.api.guard.identity import Identity
from memos_mcp.core.errors import MemosError
from memos_mcp.core.validation_messages import shown

if TYPE_CHECKING:
    from memos_mcp.backends.local.backend import LocalBackend

PREFIX = "/api/openmem/v1"

Taken = TypeVar("Taken", bound=Body)


@dataclass(frozen=True, slots=True)
class Call(Generic[Taken]):
    """A request and who makes it; `words` say in the answer's `message` what was not done as asked."""

    request: Request
    caller: Identity
    model: type[Taken]
    words: list[str] = field(default_factory=list[str])

    async def body(self) -> Taken:
        """Read the body.

        Raises:
            InvalidRequest: it is no JSON object, or not what the endpoint takes.
        """
        body, words = await parse(self.request, self.model)
        self.words.extend(words)
        return body

    def note_unknown(self, fields: Sequence[str]) -> None:
        """Name the fields of a filter that nothing has."""
        if fields:
            self.words.append(f"the filter names {', '.join(map(shown, fields))}, which nothing stored has")


@dataclass(frozen=True, slots=True)
class Endpoint(Generic[Taken]):
    """A route of the contract; `answers` are the models of its `data`, one of which it is, or none for a list."""

    path: str
    run: Callable[[Call[Taken]], Awaitable[Answer | list[Answer] | BaseModel | Response]]
    body: type[Taken]
    answers: tuple[type[BaseModel], ...] = ()
    method: Literal["POST", "GET"] = "POST"

    def route(self, *, default_user: str, owners: "LocalBackend | None") -> Route:
        """Make the route; `default_user` is whom a call is for that names nobody, where there are no tokens."""

        async def answer(request: Request) -> Response:
            call = Call(request, Identity.of(request, default_user=default_user, owners=owners), self.body)
            try:
                data = await self.run(call)
            except MemosError as exc:
                return refusal(exc)
            except Exception as exc:  # noqa: BLE001  # the edge: a caller gets an envelope
                log_failure(exc, request.url.path)
                return refusal(
                    MemosError("The engine failed; its log says where. Nothing that was acknowledged is lost.")
                )
            if isinstance(data, Response):
                return data
            if isinstance(data, BaseModel):
                data = data.model_dump(mode="json")
            return Envelope(data, message=f"ok ({'; '.join(call.words)})" if call.words else "ok")

        return Route(f"{PREFIX}/{self.path}", answer, methods=[self.method])


Endpoints = list[Endpoint[Any]]
