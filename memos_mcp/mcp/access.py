"""Whose memory a request is about, and the way to it."""

import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from mcp.server.session import ServerSession

from memos_mcp.backends.base import MemoryBackend
from memos_mcp.core.models import MAX_ID_LENGTH
from memos_mcp.mcp.notifications import Notifications
from memos_mcp.mcp.sdk import connection_of
from memos_mcp.relay.jsonrpc import KEY

_KEY = "memos_mcp.conversation_id"


def new_conversation_id() -> str:
    """Make an id for a conversation: short, for an agent pays by the token."""
    return uuid.uuid4().hex[:12]


def repeat_key(meta: Mapping[str, Any] | None) -> str:
    """Return the key by which a relay makes an add known that it sends again; a host's own is as good."""
    key = (meta or {}).get(KEY, "")
    return key if isinstance(key, str) and len(key) <= MAX_ID_LENGTH else ""


@dataclass(frozen=True, slots=True)
class Access:
    """What every tool, resource and prompt needs; the SDK hands it to them as the lifespan context.

    `backend` opens the store when it is first awaited and may raise a `MemosError`. `conversation_id` is that of
    a client that has one process to itself; without it, each session of the older era has its own.
    """

    backend: Callable[[], Awaitable[MemoryBackend]]
    user_id: Callable[[], str]
    notices: Notifications
    conversation_id: Callable[[], str] = str

    def conversation(self, session: ServerSession, *, given: str) -> str:
        """Return the conversation of a call: the one named, else this session's, made when first asked for."""
        state = connection_of(session).state
        return given or self.conversation_id() or state.setdefault(_KEY, new_conversation_id())
