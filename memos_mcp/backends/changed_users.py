"""Users whose memories a store has changed in the background: from its threads to the event loop."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress

import anyio
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream

MOST_WAITING = 1_000
"""Changes that wait to be told; where there are more, one may go untold."""


@asynccontextmanager
async def changed_users() -> AsyncGenerator[tuple[Callable[[str], None], MemoryObjectReceiveStream[str]]]:
    """Yield what any thread calls with the id of a user, and the stream from which the event loop reads these ids."""
    loop = asyncio.get_running_loop()
    changed, heard = anyio.create_memory_object_stream[str](MOST_WAITING)

    def tell(user_id: str) -> None:
        with suppress(RuntimeError):  # the loop has ended
            loop.call_soon_threadsafe(_put, changed, user_id)

    async with changed, heard:
        yield tell, heard


def _put(stream: MemoryObjectSendStream[str], user_id: str) -> None:
    with suppress(anyio.WouldBlock, anyio.BrokenResourceError, anyio.ClosedResourceError):
        stream.send_nowait(user_id)
