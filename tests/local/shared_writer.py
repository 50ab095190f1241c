"""A process that adds to a shared ledger until it is killed: `python -m tests.local.shared_writer FOLDER URL CHROMA`.

It prints the number of each add once that is acknowledged, `opened` first.
"""

import sys
from pathlib import Path

import anyio

from tests.consolidation.conversation import add
from tests.local.stores import place_on, store


async def write(folder: Path, url: str, chroma: str) -> None:
    async with store(folder, url=url, place=place_on(chroma)) as backend:
        print("opened", flush=True)
        number = 1
        while True:
            await backend.add_message(add(f"My cousin number {number} lives in Town{number}."), user_id="u")
            print(number, flush=True)
            number += 1


if __name__ == "__main__":
    anyio.run(write, Path(sys.argv[1]), sys.argv[2], sys.argv[3])
