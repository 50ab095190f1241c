"""A process that stores messages until it is killed: `python -m tests.local.writer FOLDER FIRST`.

It prints the number of each add once that is acknowledged, `opened` first.
"""

import sys
from pathlib import Path

import anyio

from memos_mcp.core.models import AddMessage, Message
from tests.local.stores import store

A_CALL = 10
"""Messages an add."""


def texts(number: int) -> list[str]:
    return [f"Add {number} line {line}: a note about badger{number}x{line}." for line in range(A_CALL)]


async def write(folder: Path, first: int) -> None:
    async with store(folder) as backend:
        print("opened", flush=True)
        number = first
        while True:
            messages = tuple(Message(role="user", content=text) for text in texts(number))
            await backend.add_message(AddMessage(messages=messages, conversation_id="c"), user_id="u")
            print(number, flush=True)
            number += 1


if __name__ == "__main__":
    anyio.run(write, Path(sys.argv[1]), int(sys.argv[2]))
