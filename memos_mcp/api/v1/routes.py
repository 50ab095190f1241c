"""All routes of `/api/v1`."""

from starlette.responses import Response
from starlette.routing import Route

from memos_mcp.api.v1.context import Context, Store
from memos_mcp.api.v1.description import describe
from memos_mcp.api.v1.editing_routes import EditingRoutes
from memos_mcp.api.v1.event_stream import EventStream
from memos_mcp.api.v1.import_routes import Imports
from memos_mcp.api.v1.machine_routes import MachineRoutes
from memos_mcp.api.v1.operation import Call, Operation, json_response
from memos_mcp.api.v1.reading_routes import ReadingRoutes
from memos_mcp.api.v1.transfer_routes import TransferRoutes


def operations(store: Store, surroundings: Context) -> list[Operation]:
    """Return every operation, the description of them all last."""
    listed = [
        *ReadingRoutes(store.browsing, surroundings).operations(),
        *EditingRoutes(store.backend, store.browsing, store.curating).operations(),
        *Imports(store.transferring, surroundings.start).operations(),
        *TransferRoutes(store.transferring, store.browsing).operations(),
        *MachineRoutes(surroundings).operations(),
        *EventStream(surroundings).operations(),
    ]

    async def openapi(_: Call) -> Response:
        return json_response(describe(listed))

    listed.append(Operation("GET", "/openapi.json", openapi, "This description", "application/json"))
    return listed


def routes(store: Store, surroundings: Context, *, default_user: str) -> list[Route]:
    """Return the routes; `default_user` is whom a call is for where there are no tokens."""
    return [one.route(default_user=default_user) for one in operations(store, surroundings)]
