"""A hook's visit to the engine: its event comes in, one line goes back, and what is left to do is done without it."""

import json
from contextlib import suppress

from memos_mcp.engine.handshake import HookHandshake, Visitor
from memos_mcp.hooks.capture import Keeping
from memos_mcp.hooks.dispatch import Hooks
from memos_mcp.hooks.events import read_event

LONGEST_EVENT = 32 * 1024 * 1024  # bytes: a prompt and an answer, whole


async def serve_hook(visitor: Visitor, about: HookHandshake, hooks: Hooks, keeping: Keeping) -> None:
    """Serve a hook to its end."""

    async def answered(output: str, note: str) -> None:
        with suppress(OSError):  # it did not wait
            await visitor.send(json.dumps({"output": output, "note": note}).encode() + b"\n")

    payload = await visitor.read_all(LONGEST_EVENT)
    event = read_event(payload, event=about.event, host=about.host, folder=about.folder)
    if event is None:
        await answered("", "what the host sent is no event")
        return
    await hooks.serve(event, keeping, answered=answered)
