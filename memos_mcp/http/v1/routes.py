"""All routes of `/api/v1`."""

from starlette.responses import Response
from starlette.routing import Route

from memos_mcp.http.v1.changing import Changing
from memos_mcp.http.v1.events import Events
from memos_mcp.http.v1.imports import Imports
from memos_mcp.http.v1.machine import MachineRoutes
from memos_mcp.http.v1.openapi import describe
from memos_mcp.http.v1.operation import Call, Operation, json_response
from memos_mcp.http.v1.reading import Reading
from memos_mcp.http.v1.surroundings import Store, Surroundings
from memos_mcp.http.v1.transfer import Transfer


def operations(store: Store, surroundings: Surroundings) -> list[Operation]:
    """Give every operation, the description of them all last."""
    listed = [
        *Reading(store.browsing, surroundings).operations(),
        *Changing(store.backend, store.browsing, store.curating).operations(),
        *Imports(store.transferring, surroundings.start).operations(),
        *Transfer(store.transferring, store.browsing).operations(),
        *MachineRoutes(surroundings).operations(),
        *Events(surroundings).operations(),
    ]

    async def openapi(_: Call) -> Response:
        return json_response(describe(listed))

    listed.append(Operation("GET", "/openapi.json", openapi, "This description", "application/json"))
    return listed


def routes(store: Store, surroundings: Surroundings, *, default_user: str) -> list[Route]:
    """Give the routes; `default_user` is whom a call is for where there are no tokens."""
    return [one.route(default_user=default_user) for one in operations(store, surroundings)]
