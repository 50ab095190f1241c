"""A chat model behind an OpenAI-compatible endpoint: OpenAI, Ollama, LM Studio, vLLM, llama.cpp."""

import json
import logging
from collections.abc import Callable
from typing import Any

import anyio
import httpx

from memos_mcp.backends.local.extraction.prompt import ChatMessages
from memos_mcp.core.errors import Unavailable

logger = logging.getLogger(__name__)

ANSWER_TOKENS = 1_024  # asked for at most
_ANSWER_BYTES = 1_000_000  # read at most
_CONNECT_SECONDS = 10.0
_REFUSES_A_SCHEMA = frozenset({400, 404, 422, 500, 501})


class ChatRefused(Exception):
    """The endpoint is there, and does not want this request; to repeat it is of no use."""


class Chat:
    """Asks a model for one answer at a time, in the form of a JSON schema where the endpoint can do that."""

    def __init__(
        self, base_url: str, *, model: str, api_key: str, connect: Callable[[], httpx.AsyncClient], timeout: float
    ) -> None:
        """Take where the model is; `timeout` are the seconds in which a whole answer must be there."""
        self._url = f"{base_url.rstrip('/')}/chat/completions"
        self._model = model
        self._headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
        self._connect = connect
        self._timeout = timeout
        self._takes_a_schema = True

    async def complete(self, messages: ChatMessages, *, schema: dict[str, Any]) -> str:
        """Return the model's answer.

        Raises:
            Unavailable: the endpoint is away, busy or takes too long, or does not accept the key or the model.
            ChatRefused: the endpoint refuses the request as such.
        """
        body: dict[str, Any] = {
            "model": self._model,
            "messages": messages,
            "temperature": 0,
            "max_tokens": ANSWER_TOKENS,
        }
        form = {"type": "json_schema", "json_schema": {"name": "memories", "strict": True, "schema": schema}}
        if self._takes_a_schema:
            status, text, pause = await self._post(body | {"response_format": form})
            if status not in _REFUSES_A_SCHEMA:
                return content_of(status, text, pause)
        status, text, pause = await self._post(body)
        content = content_of(status, text, pause)
        if self._takes_a_schema:
            logger.info("the model's endpoint takes no JSON schema; it is asked without from now on")
            self._takes_a_schema = False
        return content

    async def _post(self, body: dict[str, Any]) -> tuple[int, bytes, float | None]:
        try:
            with anyio.fail_after(self._timeout):
                async with (
                    self._connect() as client,
                    client.stream(
                        "POST",
                        self._url,
                        json=body,
                        headers=self._headers,
                        timeout=httpx.Timeout(self._timeout, connect=_CONNECT_SECONDS),
                    ) as response,
                ):
                    return response.status_code, await _read(response), pause_of(response)
        except (TimeoutError, httpx.ReadTimeout) as exc:
            raise Unavailable(f"The model did not answer within {self._timeout:g} s.") from exc
        except (httpx.HTTPError, httpx.InvalidURL) as exc:
            raise Unavailable(
                "The model's endpoint cannot be reached. Check that it runs, and MEMOS_LLM_BASE_URL."
            ) from exc


async def _read(response: httpx.Response) -> bytes:
    parts: list[bytes] = []
    size = 0
    async for part in response.aiter_bytes():
        size += len(part)
        if size > _ANSWER_BYTES:
            raise ChatRefused("the answer is too long")
        parts.append(part)
    return b"".join(parts)


def pause_of(response: httpx.Response) -> float | None:
    """Return the seconds that the endpoint asks to wait."""
    text = response.headers.get("Retry-After", "")
    return float(text) if text.isdecimal() else None


def content_of(status: int, text: bytes, pause: float | None) -> str:
    """Take the answer out of its envelope."""
    match status:
        case 200:
            return _message(text)
        case 401 | 403:
            raise Unavailable("The model's endpoint does not accept the key. Set MEMOS_LLM_API_KEY.")
        case 404:
            raise Unavailable("The endpoint does not know the model. Check MEMOS_LLM_MODEL and MEMOS_LLM_BASE_URL.")
        case _ if 400 <= status < 500 and status not in (408, 429):
            raise ChatRefused(f"HTTP status {status}")
        case _:
            raise Unavailable(f"The model's endpoint answered with HTTP status {status}.", retry_after=pause)


def _message(text: bytes) -> str:
    try:
        content = json.loads(text)["choices"][0]["message"]["content"]
    except (ValueError, LookupError, TypeError) as exc:
        raise ChatRefused("the answer is no chat completion") from exc
    return content if isinstance(content, str) else ""
