"""A client of `/api/v1` over a real store."""

from typing import Any

import httpx

from memos_mcp.core.models import AddMessage
from tests.api.engine import Engine

V1 = "/api/v1"
Json = dict[str, Any]


class Api:
    """Calls routes and gives what they answer."""

    def __init__(self, engine: Engine, **headers: str) -> None:
        self.engine = engine
        self.headers = headers

    async def call(self, method: str, path: str, body: Json | None = None, **query: object) -> httpx.Response:
        sent = {"json": body} if body is not None else {}
        headers = {"content-type": "application/json"} | self.headers
        params = {name: str(value) for name, value in query.items()}
        return await self.engine.client.request(method, f"{V1}{path}", params=params, headers=headers, **sent)

    async def get(self, path: str, **query: object) -> Json:
        return read(await self.call("GET", path, **query))

    async def post(self, path: str, body: Json | None = None, **query: object) -> Json:
        return read(await self.call("POST", path, body or {}, **query))

    async def say(
        self, *texts: str, conversation_id: str = "c", user_id: str = "default", start: str = "", **more: object
    ) -> None:
        """Add what the user said, and wait for its memories."""
        messages = [{"role": "user", "content": text} | ({"chat_time": start} if start else {}) for text in texts]
        fields = {"messages": messages, "conversation_id": conversation_id, "wait": True}
        request = AddMessage.model_validate(fields | more)
        await self.engine.backend.add_message(request, user_id=user_id)


def read(answer: httpx.Response) -> Json:
    assert answer.status_code == 200, answer.text
    return answer.json()


def refused(answer: httpx.Response, status: int) -> str:
    assert answer.status_code == status, answer.text
    assert list(answer.json()) == ["error"]
    return answer.json()["error"]
