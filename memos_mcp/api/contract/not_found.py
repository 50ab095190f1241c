"""What is answered where there is no route: which there are, or what is in its place."""

import difflib
from http import HTTPStatus
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from memos_mcp.api.contract.endpoint import PREFIX
from memos_mcp.api.contract.envelope import Envelope, refusal, refusal_at
from memos_mcp.core.errors import InvalidRequest, NotFound

NO_ROUTE = 40400  # ours, as is the next: MemOS answers with a bare status
NO_METHOD = 40500  # see above

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


async def no_such_route(request: Request, exc: Exception) -> Response:
    """Answer what has no route, or not for this method, with the routes that there are."""
    status = exc.status_code if isinstance(exc, HTTPException) else HTTPStatus.INTERNAL_SERVER_ERROR
    asked = f"{request.method} {request.url.path[:100]}"
    served = _routes(request)
    near = difflib.get_close_matches(asked, served, n=1)
    guess = f" Did you mean {near[0]}?" if near else ""
    if request.url.path.startswith("/api/v1/"):
        return _with_headers(
            refusal_at(request.url.path, NotFound(f"There is no {asked} here.{guess}"), status=status), exc
        )
    response = Envelope(
        {"routes": served},
        code=NO_METHOD if status == HTTPStatus.METHOD_NOT_ALLOWED else NO_ROUTE,
        message=f"There is no {asked} here.{guess} The routes that there are stand in data.routes.",
        status=status,
    )
    return _with_headers(response, exc)


def _with_headers(response: Response, exc: Exception) -> Response:
    response.headers.update((exc.headers if isinstance(exc, HTTPException) else None) or {})
    return response


def _routes(request: Request) -> list[str]:
    """Return the routes of the app as `METHOD path`."""
    return [
        f"{method} {route.path}"
        for route in request.app.routes
        if isinstance(route, Route) and route.include_in_schema
        for method in sorted((route.methods or {"GET", "POST"}) - {"HEAD", "OPTIONS"})
    ]


def refused_routes() -> list[Route]:
    """Return the routes that say what is not there, and what is in its place."""

    async def refuse(_: Request) -> Response:
        return refusal(InvalidRequest(NO_TEMPLATES))

    return [Route(f"{PREFIX}/{path}", refuse, methods=["POST"], include_in_schema=False) for path in REFUSED]
