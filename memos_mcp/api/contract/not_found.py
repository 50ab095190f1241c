"""What is answered where there is no route: which there are."""

import difflib
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from memos_mcp.api.contract.envelope import Envelope, refusal_at
from memos_mcp.core.errors import NotFound

NO_ROUTE = 40400  # ours, as is the next: MemOS answers with a bare status
NO_METHOD = 40500  # see above


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
