"""The access log: a line a request, as text or as JSON, without queries, bodies and tokens."""

import json
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Literal
from urllib.parse import quote

from mcp.server.auth.middleware.bearer_auth import AuthenticatedUser
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from memos_mcp.api.monitoring.audit import address_of

Form = Literal["text", "json"]


def to_stderr(line: str) -> None:
    """Write a line where the engine's other logs go."""
    sys.stderr.write(f"{line}\n")


class AccessLog:
    """ASGI middleware around the whole app, the guard too: what is refused is logged as well."""

    def __init__(self, app: ASGIApp, *, form: Form, write: Callable[[str], None] = to_stderr) -> None:
        self._app = app
        self._form: Form = form
        self._write = write

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and write its line once it is answered."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        status = 500

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        path = quote(scope["path"])  # the guard may write it anew
        try:
            await self._app(scope, receive, noting)
        finally:
            self._write(self._line(scope, path, status, time.perf_counter() - started))

    def _line(self, scope: Scope, path: str, status: int, seconds: float) -> str:
        user = scope.get("user")
        fields = {
            "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "client": address_of(scope),
            "user_id": (user.access_token.subject or "*") if isinstance(user, AuthenticatedUser) else "",
            "method": scope["method"],
            "path": path,
            "status": status,
            "seconds": round(seconds, 4),
        }
        if self._form == "json":
            return json.dumps(fields)
        return " ".join(
            str(value) if name != "user_id" else quote(str(value), safe="*@") or "-" for name, value in fields.items()
        )
