"""A process that opens a store and closes it when its index has followed: `python -m tests.local.reopened FOLDER`."""

import sys
from pathlib import Path

import anyio

from memos_mcp.backends.local.backend import LocalBackend
from tests.local.stores import find, store


async def followed(backend: LocalBackend) -> None:
    """Wait until the vector index is open and has followed."""
    with anyio.fail_after(60):
        while (await find(backend, "walrus")).notice or (await backend.status()).waiting_for_vectors:
            await anyio.sleep(0.02)


async def open_and_close(folder: Path) -> None:
    async with store(folder) as backend:
        await followed(backend)


if __name__ == "__main__":
    anyio.run(open_and_close, Path(sys.argv[1]))
