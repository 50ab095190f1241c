"""The engine's app over a real store, called in process."""

import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import httpx
from anyio import create_task_group
from starlette.types import ASGIApp

from memos_mcp.api.app import build_app
from memos_mcp.api.guard.rate import Rate
from memos_mcp.api.guard.tokens import Tokens
from memos_mcp.api.v1.context import Context, Store
from memos_mcp.backends.local.backend import LocalBackend
from memos_mcp.backends.local.extraction.chat import ChatModel
from memos_mcp.backends.local.text.redaction import Redact
from memos_mcp.mcp.results.search import text_for_agents
from tests.local.stores import store

REST = "/api/openmem/v1"
Json = dict[str, Any]


class Engine:
    """A client of the app; `post` gives the status and the envelope."""

    def __init__(self, client: httpx.AsyncClient, backend: LocalBackend) -> None:
        self.client = client
        self.backend = backend

    async def post(self, operation: str, body: object, **headers: str) -> tuple[int, Json]:
        content = json.dumps(body).encode("ascii")  # httpx cannot write half a character
        sent = {"content-type": "application/json"} | headers
        answer = await self.client.post(f"{REST}/{operation}", content=content, headers=sent)
        return answer.status_code, answer.json()

    async def data(self, operation: str, body: object, **headers: str) -> Json:
        status, envelope = await self.post(operation, body, **headers)
        assert (status, envelope["code"]) == (200, 0), envelope
        return envelope["data"]


@asynccontextmanager
async def engine(
    folder: Path,
    *,
    tokens: Tokens | None = None,
    rate: Rate | None = None,
    user_id: str = "default",
    chat_model: ChatModel | None = None,
    redact: Redact | None = None,
) -> AsyncGenerator[Engine]:
    async with store(folder, redact=redact) as backend, create_task_group() as group:
        app = build_app(
            backend,
            user_id=user_id,
            owners=backend,
            tokens=tokens,
            rate=rate,
            means=backend.means,
            library=backend.library,
            chat_model=chat_model,
            store=Store(backend, backend.browsing, backend.curating, backend.transferring),
            surroundings=Context(text_for_agents=partial(text_for_agents, backend), start=group.start_soon),
        )
        async with client_of(app) as client:
            yield Engine(client, backend)
        group.cancel_scope.cancel()


def client_of(app: ASGIApp) -> httpx.AsyncClient:
    """Call an app in process; what it raises becomes its answer, as over the wire."""
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8765")
