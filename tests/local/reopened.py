"""A process that opens a store and closes it when its index has followed: `python -m tests.local.reopened FOLDER`."""

import sys
from pathlib import Path

import anyio

from tests.local.stores import followed, store


async def open_and_close(folder: Path) -> None:
    async with store(folder) as backend:
        await followed(backend)


if __name__ == "__main__":
    anyio.run(open_and_close, Path(sys.argv[1]))
