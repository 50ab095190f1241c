"""A server over a list, as a host starts it: `python -m tests.mcp.stdio_server [GATE]`.

Opening the list waits until the file GATE exists; at the end the server then has as long for its last answers as a busy
machine needs.
"""

from memos_mcp.mcp.standard_streams import take_wire

WIRE = take_wire()

import os  # noqa: E402 - the wire comes first
import sys  # noqa: E402

import anyio  # noqa: E402

from memos_mcp.backends.base import MemoryBackend  # noqa: E402
from memos_mcp.mcp import stdio  # noqa: E402
from memos_mcp.mcp.app import build_server  # noqa: E402
from tests.fakes.memory_backend import ListBackend  # noqa: E402

print("this must not reach the wire")  # noqa: T201


async def main() -> None:
    backend = ListBackend()

    if sys.argv[1:]:
        stdio._LIMIT = 60

    async def opened() -> MemoryBackend:
        for gate in sys.argv[1:]:
            while not await anyio.Path(gate).exists():
                await anyio.sleep(0.01)
        return backend

    await stdio.serve(
        build_server(opened, user_id=lambda: "ann", conversation_id=lambda: "0610"), wire=WIRE, warm=opened
    )


anyio.run(main)
os._exit(0)
