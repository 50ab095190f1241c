"""What changes while somebody looks, as server-sent events: that it did, not what."""

from collections.abc import AsyncGenerator

import anyio
from starlette.responses import Response, StreamingResponse

from memos_mcp.api.v1.context import Context
from memos_mcp.api.v1.operation import Call, Operation

HEARTBEAT = 15.0
"""Seconds after which a line is sent to nobody, so that nothing between takes the connection for dead."""

CHANGED = "event: changed\ndata: {}\n\n"
ALIVE = ": alive\n\n"


class EventStream:
    """The route that tells of changes."""

    def __init__(self, surroundings: Context) -> None:
        """Take what knows of changes."""
        self._surroundings = surroundings

    def operations(self) -> list[Operation]:
        """Return the route."""
        return [Operation("GET", "/events", self.events, "Tell of changes as they happen", "text/event-stream")]

    async def events(self, call: Call) -> Response:
        """Tell of every change of the user's memory, several at once where they come together."""
        return StreamingResponse(
            self._told(call.user_id), media_type="text/event-stream", headers={"cache-control": "no-store"}
        )

    async def _told(self, user_id: str) -> AsyncGenerator[str]:
        changed = anyio.Event()

        def listener(_: object) -> None:
            changed.set()

        unwatch = self._surroundings.watch(user_id, listener)
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
