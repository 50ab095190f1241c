"""A chat model to script: an OpenAI-compatible endpoint in this process, reached through `httpx.ASGITransport`."""

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

Answer = str | Response | Callable[[], Awaitable[Response]]

URL = "http://model.test/v1"


class FakeChat:
    """Gives its answers one after another, the last again and again, and keeps what it was asked."""

    def __init__(self, *answers: Answer, takes_a_schema: bool = True, refusal: int = 400) -> None:
        """Take the answers: the model's text, a response as it is, or what makes one."""
        self.asked: list[dict[str, Any]] = []
        self.keys: list[str] = []
        self._answers = list(answers)
        self._takes_a_schema = takes_a_schema
        self._refusal = refusal
        self._app = Starlette(routes=[Route("/v1/chat/completions", self._complete, methods=["POST"])])

    def connect(self) -> httpx.AsyncClient:
        """Make a client whose every call ends here."""
        return httpx.AsyncClient(transport=httpx.ASGITransport(self._app))

    async def _complete(self, request: Request) -> Response:
        body = await request.json()
        self.asked.append(body)
        self.keys.append(request.headers.get("Authorization", ""))
        if "response_format" in body and not self._takes_a_schema:
            return JSONResponse({"error": {"message": "response_format is not supported"}}, self._refusal)
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        match answer:
            case str():
                return completion(answer)
            case Response():
                return answer
            case _:
                return await answer()


class RepeatingChat(FakeChat):
    """A model that proposes every new message as a memory, in its own words."""

    def __init__(self) -> None:
        """Take no script."""
        super().__init__("")

    async def _complete(self, request: Request) -> Response:
        asked = (await request.json())["messages"][1]["content"]  # after the instructions, whatever a repair adds
        told = [json.loads(line) for line in asked.split("\n")]
        memories = [
            {
                "title": line["content"][:40],
                "value": line["content"],
                "perspective": "assistant" if line["role"] == "assistant" else "user",
                "sources": [line["id"]],
                "tags": [],
            }
            for line in told
            if line["new"]
        ]
        return completion(proposal(*memories))


def completion(text: str | None) -> Response:
    """Put a model's text into the envelope of a chat completion."""
    return JSONResponse({"object": "chat.completion", "choices": [{"message": {"role": "assistant", "content": text}}]})


def proposal(
    *memories: Mapping[str, object], preferences: tuple[Mapping[str, object], ...] = (), **value: object
) -> str:
    """Write an answer with these memories; `value=..., sources=...` for a single one."""
    return json.dumps({"memories": [*memories, *([value] if value else [])], "preferences": list(preferences)})
