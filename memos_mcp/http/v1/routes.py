"""All routes of `/api/v1`."""

from starlette.responses import Response
from starlette.routing import Route

from memos_mcp.backends.base import Browsing
from memos_mcp.http.v1.events import Events
from memos_mcp.http.v1.openapi import describe
from memos_mcp.http.v1.operation import Call, Operation, json_response
from memos_mcp.http.v1.reading import Reading
from memos_mcp.http.v1.surroundings import Surroundings


def operations(browsing: Browsing, surroundings: Surroundings) -> list[Operation]:
    """Give every operation, the description of them all last."""
    listed = [*Reading(browsing, surroundings).operations(), *Events(surroundings).operations()]

    async def openapi(_: Call) -> Response:
        return json_response(describe(listed))

    listed.append(Operation("GET", "/openapi.json", openapi, "This description", "application/json"))
    return listed


def routes(browsing: Browsing, surroundings: Surroundings, *, default_user: str) -> list[Route]:
    """Give the routes; `default_user` is whom a call is for where there are no tokens."""
    return [one.route(default_user=default_user) for one in operations(browsing, surroundings)]
