"""Serving the host that started this process, over stdio, with everything in this process."""

import logging
import os
import sys
from contextlib import suppress
from functools import partial

import anyio
from anyio.streams.memory import MemoryObjectReceiveStream
from mcp.server.subscriptions import ResourceUpdated

from memos_mcp.backends.changed_users import changed_users
from memos_mcp.backends.lazy import Call, lending
from memos_mcp.backends.selection import backend_kind, open_backend
from memos_mcp.core.errors import MemosError
from memos_mcp.core.settings import Settings, read_settings
from memos_mcp.mcp.access import new_conversation_id
from memos_mcp.mcp.app import build_server
from memos_mcp.mcp.notifications import Notifications
from memos_mcp.mcp.standard_streams import Wire
from memos_mcp.mcp.stdio import serve
from memos_mcp.mcp.uris import PROFILE


def serve_host(wire: Wire) -> int:
    """Serve until the host ends; give the exit status: 2 when the settings make no sense."""
    try:
        settings = read_settings()
        backend_kind(settings)
    except MemosError as exc:
        sys.stderr.write(f"memos-mcp: {exc}\n")
        return 2
    logging.basicConfig(level=settings.log_level, format="%(levelname)s %(name)s: %(message)s")
    with suppress(OSError):  # the store says in its own words what is wrong with the folder
        settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.chdir(settings.data_dir)  # Chroma reads `.env` of the current directory, which is the host's
    anyio.run(_serve, settings, wire)
    return 0


async def _serve(settings: Settings, wire: Wire) -> None:
    conversation = new_conversation_id()
    notices = Notifications(lambda: settings.user_id)

    is_hosted = backend_kind(settings) == "hosted"

    async def observe(call: Call) -> None:
        await notices.of(call, whom=call.user_id, status=lender.task_state if is_hosted else None)

    async def tell_of(learnt: MemoryObjectReceiveStream[str]) -> None:
        async for user_id in learnt:
            await notices.tell(user_id, ResourceUpdated(uri=PROFILE))

    async with (
        changed_users() as (tell, learnt),
        lending(partial(open_backend, settings, learnt=tell), observe=observe) as lender,
        anyio.create_task_group() as telling,
    ):
        telling.start_soon(tell_of, learnt)
        server = build_server(
            lender, user_id=lambda: settings.user_id, conversation_id=lambda: conversation, notices=notices
        )
        await serve(server, wire=wire, warm=lender)
        telling.cancel_scope.cancel()
