"""What changes while somebody looks, as server-sent events: that it did, not what."""

from collections.abc import AsyncGenerator

import anyio
from starlette.responses import Response, StreamingResponse

from memos_mcp.api.v1.context import Watch
from memos_mcp.api.v1.operation import Call, Operation

HEARTBEAT = 15.0
"""Seconds after which a line is sent to nobody, so that nothing between takes the connection for dead."""

CHANGED = "event: changed\ndata: {}\n\n"
ALIVE = ": alive\n\n"


def event_operation(watch: Watch) -> Operation:
    """Return the route that tells of every change of the user's memory, several at once where they come together."""

    async def told(user_id: str) -> AsyncGenerator[str]:
        changed = anyio.Event()

        def listener(_: object) -> None:
            changed.set()

        unwatch = watch(user_id, listener)
        try:
            yield ALIVE
            while True:
                with anyio.move_on_after(HEARTBEAT):
                    await changed.wait()
                said = CHANGED if changed.is_set() else ALIVE
                changed = anyio.Event()
                yield said
        finally:
            unwatch()

    async def events(call: Call) -> Response:
        """Tell of changes as they happen."""
        return StreamingResponse(
            told(call.user_id), media_type="text/event-stream", headers={"cache-control": "no-store"}
        )

    return Operation("GET", "/events", events, "text/event-stream")
