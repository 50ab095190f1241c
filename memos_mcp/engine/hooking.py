"""A hook's visit to the engine: its event comes in, one line goes back, and what is left to do is done without it."""

import json
from contextlib import suppress

from memos_mcp.backends.base import MemoryBackend
from memos_mcp.engine.hellos import HookHello, Visitor
from memos_mcp.hooks.events import read_event
from memos_mcp.hooks.handling import Hooks
from memos_mcp.hooks.keeping import Keeping
from memos_mcp.settings import Settings

LONGEST_EVENT = 32 * 1024 * 1024


async def serve_hook(
    visitor: Visitor, about: HookHello, hooks: Hooks, backend: MemoryBackend, settings: Settings
) -> None:
    """Serve a hook to its end."""
    from memos_mcp.backends.local.extractors.secrets import redact  # noqa: PLC0415 - an engine without hooks needs none

    async def answered(output: str, note: str) -> None:
        with suppress(OSError):  # it did not wait
            await visitor.send(json.dumps({"output": output, "note": note}).encode() + b"\n")

    payload = await visitor.read_all(LONGEST_EVENT)
    event = read_event(payload, event=about.event, host=about.host, folder=about.folder)
    if event is None:
        await answered("", "what the host sent is no event")
        return
    keeping = Keeping(backend, settings.user_id, redact if settings.secrets == "redact" else None)
    await hooks.serve(event, keeping, answered=answered)
