"""A chat model behind an OpenAI-compatible endpoint: OpenAI, Ollama, LM Studio, vLLM, llama.cpp."""

import json
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from http import HTTPStatus
from typing import Any, Final

import anyio
import httpx

from memos_mcp.core.errors import InvalidRequest, Unavailable

logger = logging.getLogger(__name__)

ChatMessages = Sequence[Mapping[str, str]]

ANSWER_TOKENS: Final = 1_024
"""Asked for at most of an answer by schema: some twenty memories."""

ANSWER_SECONDS: Final = 120.0
"""For an answer by schema: `ANSWER_TOKENS` at 10 a second, as a small model on a processor writes."""

PATIENCE: Final = 300.0
"""Seconds in which an answer that comes in pieces must be whole; nothing bounds its length."""

_ANSWER_BYTES: Final = 1_000_000  # read at most: `ANSWER_TOKENS` have some 5,000
_SILENCE: Final = httpx.Timeout(60, connect=10)  # seconds to connect, and to wait for each next piece
_REFUSES_A_SCHEMA: Final = frozenset({400, 404, 422, 500, 501})


class ChatRefused(Exception):
    """The endpoint is there, and does not want this request; to repeat it is of no use."""


class ChatModel:
    """Asks a model: for one answer in the form of a JSON schema, or for one that comes in pieces."""

    def __init__(
        self,
        base_url: str,
        *,
        model: str,
        api_key: str,
        connect: Callable[[], httpx.AsyncClient] = httpx.AsyncClient,
        timeout: float = ANSWER_SECONDS,
    ) -> None:
        """Take where the model is; nothing is called yet. `timeout` are the seconds of an answer by schema."""
        self._url = f"{base_url.rstrip('/')}/chat/completions"
        self._model = model
        self._headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
        self._connect = connect
        self._timeout = timeout
        self._takes_a_schema = True

    async def complete(self, messages: ChatMessages, *, schema: Mapping[str, Any]) -> str:
        """Return the model's answer, by the schema where the endpoint can do that.

        Raises:
            Unavailable: the endpoint is away, busy or takes too long, or does not accept the key or the model.
            ChatRefused: the endpoint refuses the request as such.
        """
        body: dict[str, Any] = {"messages": messages, "temperature": 0, "max_tokens": ANSWER_TOKENS}
        form = {"type": "json_schema", "json_schema": {"name": "memories", "strict": True, "schema": schema}}
        if self._takes_a_schema:
            status, text, pause = await self._post(body | {"response_format": form})
            if status not in _REFUSES_A_SCHEMA:
                return _content(status, text, pause)
        content = _content(*await self._post(body))
        if self._takes_a_schema:
            logger.info("the model's endpoint takes no JSON schema; it is asked without from now on")
            self._takes_a_schema = False
        return content

    async def answer(self, messages: ChatMessages, options: Mapping[str, object]) -> AsyncGenerator[str]:
        """Yield the pieces of the answer; `options` are further fields of the request, such as temperature.

        Raises:
            Unavailable: the endpoint is away, busy or takes too long, or does not accept the key or the model.
            InvalidRequest: it refuses the request as such.
        """
        body = {"messages": list(messages), "stream": True, **options}
        deadline = anyio.current_time() + PATIENCE
        try:
            async with self._connect() as client, self._request(client, body, _SILENCE) as response:
                async for piece in _pieces(response):
                    if anyio.current_time() > deadline:
                        raise Unavailable(f"The model did not end its answer within {PATIENCE:g} s.")
                    yield piece
        except ChatRefused as exc:
            raise InvalidRequest(f"The chat model refused the request ({exc}): change what is asked.") from exc
        except httpx.TimeoutException as exc:
            raise Unavailable("The chat model did not answer in time: try again in a minute.") from exc
        except (httpx.HTTPError, httpx.InvalidURL) as exc:
            raise Unavailable("The chat model cannot be reached. Check that it runs, and MEMOS_LLM_BASE_URL.") from exc

    async def _post(self, body: Mapping[str, Any]) -> tuple[int, bytes, float | None]:
        limits = httpx.Timeout(self._timeout, connect=_SILENCE.connect)
        try:
            with anyio.fail_after(self._timeout):
                async with self._connect() as client, self._request(client, body, limits) as response:
                    return response.status_code, await _read(response), _pause(response)
        except (TimeoutError, httpx.ReadTimeout) as exc:
            raise Unavailable(f"The model did not answer within {self._timeout:g} s.") from exc
        except (httpx.HTTPError, httpx.InvalidURL) as exc:
            raise Unavailable(
                "The model's endpoint cannot be reached. Check that it runs, and MEMOS_LLM_BASE_URL."
            ) from exc

    def _request(
        self, client: httpx.AsyncClient, body: Mapping[str, Any], limits: httpx.Timeout
    ) -> AbstractAsyncContextManager[httpx.Response]:
        json_body = {"model": self._model, **body}
        return client.stream("POST", self._url, json=json_body, headers=self._headers, timeout=limits)


async def _read(response: httpx.Response) -> bytes:
    parts = bytearray()
    async for part in response.aiter_bytes():
        parts += part
        if len(parts) > _ANSWER_BYTES:
            raise ChatRefused("the answer is too long")
    return bytes(parts)


async def _pieces(response: httpx.Response) -> AsyncIterator[str]:
    streamed = response.headers.get("content-type", "").startswith("text/event-stream")
    if response.status_code != HTTPStatus.OK or not streamed:
        yield _content(response.status_code, await response.aread(), _pause(response))
        return
    async for line in response.aiter_lines():
        if line.startswith("data:") and (piece := _text_of(line.removeprefix("data:").strip(), "delta")):
            yield piece


def _pause(response: httpx.Response) -> float | None:
    """Return the seconds that the endpoint asks to wait."""
    text = response.headers.get("Retry-After", "")
    return float(text) if text.isdecimal() else None


def _content(status: int, text: bytes, pause: float | None) -> str:
    """Take the answer out of its envelope."""
    match status:
        case 200:
            content = _text_of(text, "message")
            if content is None:
                raise ChatRefused("the answer is no chat completion")
            return content
        case 401 | 403:
            raise Unavailable("The model's endpoint does not accept the key. Set MEMOS_LLM_API_KEY.")
        case 404:
            raise Unavailable("The endpoint does not know the model. Check MEMOS_LLM_MODEL and MEMOS_LLM_BASE_URL.")
        case _ if 400 <= status < 500 and status not in (408, 429):
            raise ChatRefused(f"HTTP status {status}")
        case _:
            raise Unavailable(f"The model's endpoint answered with HTTP status {status}.", retry_after=pause)


def _text_of(data: str | bytes, field: str) -> str | None:
    """Return the content of a message or of a piece of one, empty where it has none; None where `data` is neither."""
    try:
        content: object = json.loads(data)["choices"][0][field].get("content")
    except (ValueError, LookupError, TypeError, AttributeError):
        return None
    return content if isinstance(content, str) else ""
