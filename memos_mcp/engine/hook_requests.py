"""A hook's visit to the engine: its event comes in, one line goes back, and what is left to do is done without it."""

import json
from collections.abc import Awaitable, Callable
from contextlib import suppress

from memos_mcp.backends.base import MemoryBackend
from memos_mcp.backends.local.text.secrets import redact
from memos_mcp.core.errors import MemosError
from memos_mcp.core.settings import Settings
from memos_mcp.engine.handshake import HookHandshake, Visitor
from memos_mcp.hooks.capture import Keeping
from memos_mcp.hooks.dispatch import Hooks
from memos_mcp.hooks.events import read_event

LONGEST_EVENT = 32 * 1024 * 1024  # bytes: a prompt and an answer, whole


async def serve_hook(
    visitor: Visitor,
    about: HookHandshake,
    hooks: Hooks,
    settings: Settings,
    backend: Callable[[], Awaitable[MemoryBackend]],
) -> None:
    """Serve a hook to its end, with the memory of its user."""

    async def answered(output: str, note: str) -> None:
        with suppress(OSError):  # it did not wait
            await visitor.send(json.dumps({"output": output, "note": note}).encode() + b"\n")

    try:
        keeping = Keeping(await backend(), settings.user_id, redact if settings.secrets == "redact" else None)
        payload = await visitor.read_all(LONGEST_EVENT)
        event = read_event(payload, event=about.event, host=about.host, folder=about.folder)
        if event is None:
            await answered("", "what the host sent is no event")
            return
        await hooks.serve(event, keeping, answered=answered)
    except MemosError as exc:
        await answered("", str(exc))
