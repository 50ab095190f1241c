"""One operation of `/api/v1`: its route, what it takes and answers, and how a request becomes a call of it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ValidationError
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from memos_mcp.api.contract import envelope
from memos_mcp.api.contract.envelope import json_response, log_failure
from memos_mcp.api.contract.parsing import json_object
from memos_mcp.api.guard.identity import Identity
from memos_mcp.core.errors import InvalidRequest, MemosError
from memos_mcp.core.validation_messages import problem

PREFIX = "/api/v1"
BYTES = "application/octet-stream"
FAILED = "The engine failed; its log says where."
Method = Literal["GET", "POST", "PATCH", "DELETE"]
Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Call:
    """A request, and the user whose memory it is about; `is_bound` tells that it can be about no other's.

    `is_owner` tells that the caller may act for the user whom the settings name.
    """

    request: Request
    user_id: str
    is_bound: bool = False
    is_owner: bool = False

    @property
    def path(self) -> dict[str, str]:
        """What the path names."""
        return self.request.path_params

    def query(self, model: type[Model]) -> Model:
        """Read the parameters of the query.

        Raises:
            InvalidRequest: one is unknown, or does not fit.
        """
        given = {name: value for name, value in self.request.query_params.items() if value and name != "user_id"}
        unknown = sorted(given.keys() - model.model_fields.keys())
        if unknown:
            known = ", ".join(model.model_fields) or "none"
            raise InvalidRequest(f"{unknown[0][:40]} is no parameter of this route; there are {known}.")
        return _validated(model, given)

    async def body(self, model: type[Model]) -> Model:
        """Read the body, a JSON object.

        Raises:
            InvalidRequest: it is none, or does not fit.
        """
        given = json_object(await self.request.body())
        known = {field.alias or name: name for name, field in model.model_fields.items()}
        unknown = sorted(given.keys() - known)
        if unknown:
            raise InvalidRequest(f"{unknown[0][:40]} is no field of this route; there are {', '.join(known)}.")
        return _validated(model, given)


Run = Callable[[Call], Awaitable[BaseModel | Response]]


@dataclass(frozen=True, slots=True)
class Operation:
    """A route: `query` and `body` are what it takes, `answer` is what it gives; the docstring of `run` describes it."""

    method: Method
    path: str
    run: Run
    answer: type[BaseModel] | str
    query: type[BaseModel] | None = None
    body: type[BaseModel] | str | None = None

    @property
    def summary(self) -> str:
        """What the route does."""
        return " ".join((self.run.__doc__ or "").split()).removesuffix(".")

    def route(self, *, default_user: str) -> Route:
        """Make the route; `default_user` is whom a call is for where there are no tokens."""

        async def endpoint(request: Request) -> Response:
            try:
                caller = Identity.of(request, default_user=default_user, owners=None)
                user_id = caller.user(request.query_params.get("user_id") or None)
                call = Call(
                    request,
                    user_id,
                    is_bound=caller.own is not None,
                    is_owner=caller.own is None or caller.own == default_user,
                )
                answered = await self.run(call)
            except MemosError as exc:
                return envelope.problem(exc)
            except Exception as exc:  # noqa: BLE001  # the edge: a caller gets a sentence
                log_failure(exc, self.path)
                return envelope.problem(MemosError(FAILED))
            return answered if isinstance(answered, Response) else json_response(answered.model_dump(mode="json"))

        return Route(f"{PREFIX}{self.path}", endpoint, methods=[self.method], name=f"{self.method} {self.path}")


def _validated(model: type[Model], given: dict[str, Any]) -> Model:
    try:
        return model.model_validate(given)
    except ValidationError as exc:
        raise InvalidRequest(problem(exc.errors(include_url=False)[0])) from exc
