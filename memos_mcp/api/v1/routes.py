"""All routes of `/api/v1`."""

from starlette.responses import Response
from starlette.routing import Route

from memos_mcp.api.contract.envelope import json_response
from memos_mcp.api.v1.context import Context, Store
from memos_mcp.api.v1.description import describe
from memos_mcp.api.v1.editing_routes import editing_operations
from memos_mcp.api.v1.event_stream import event_operation
from memos_mcp.api.v1.import_routes import Imports
from memos_mcp.api.v1.machine_routes import machine_operations
from memos_mcp.api.v1.operation import Call, Operation
from memos_mcp.api.v1.reading_routes import Reading
from memos_mcp.api.v1.transfer_routes import transfer_operations


def operations(store: Store, surroundings: Context) -> list[Operation]:
    """Return every operation, the description of them all last."""
    listed = [
        *Reading(store.browsing, surroundings).operations(),
        *editing_operations(store.backend, store.browsing, store.curating),
        *Imports(store.transferring, surroundings.start).operations(),
        *transfer_operations(store.transferring, store.browsing),
        *machine_operations(surroundings.machine),
        event_operation(surroundings.watch),
    ]

    async def openapi(_: Call) -> Response:
        """This description."""
        return json_response(describe(listed))

    listed.append(Operation("GET", "/openapi.json", openapi, "application/json"))
    return listed


def routes(store: Store, surroundings: Context, *, default_user: str) -> list[Route]:
    """Return the routes; `default_user` is whom a call is for where there are no tokens."""
    return [one.route(default_user=default_user) for one in operations(store, surroundings)]
