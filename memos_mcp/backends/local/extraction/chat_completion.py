"""A chat model that answers, piece by piece, behind an OpenAI-compatible endpoint."""

import json
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Final

import anyio
import httpx

from memos_mcp.backends.local.extraction.chat_client import ChatRefused, content_of, pause_of
from memos_mcp.core.errors import InvalidRequest, Unavailable

PATIENCE: Final = 300.0
"""Seconds in which a whole answer must be there."""

_SILENCE: Final = httpx.Timeout(60, connect=10)
"""Seconds to connect, and to wait for each next piece."""

ChatMessages = Sequence[Mapping[str, str]]


class ChatModel:
    """Asks a model and gives its answer as it comes."""

    def __init__(
        self,
        base_url: str,
        *,
        model: str,
        api_key: str,
        connect: Callable[[], httpx.AsyncClient] = httpx.AsyncClient,
    ) -> None:
        """Take where the model is; nothing is called yet."""
        self._url = f"{base_url.rstrip('/')}/chat/completions"
        self._model = model
        self._headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
        self._connect = connect

    async def answer(self, messages: ChatMessages, options: Mapping[str, object]) -> AsyncGenerator[str]:
        """Yield the pieces of the answer; `options` are further fields of the request, such as temperature.

        Raises:
            Unavailable: the endpoint is away, busy or takes too long, or does not accept the key or the model.
            InvalidRequest: it refuses the request as such.
        """
        body = {"model": self._model, "messages": list(messages), "stream": True, **options}
        deadline = anyio.current_time() + PATIENCE
        try:
            async with (
                self._connect() as client,
                client.stream("POST", self._url, json=body, headers=self._headers, timeout=_SILENCE) as response,
            ):
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


async def _pieces(response: httpx.Response) -> AsyncIterator[str]:
    streamed = response.headers.get("content-type", "").startswith("text/event-stream")
    if response.status_code != HTTPStatus.OK or not streamed:
        yield content_of(response.status_code, await response.aread(), pause_of(response))
        return
    async for line in response.aiter_lines():
        if line.startswith("data:") and (piece := _delta(line.removeprefix("data:").strip())):
            yield piece


def _delta(data: str) -> str:
    """Read a piece from an event; the last event has none."""
    try:
        content: object = json.loads(data)["choices"][0]["delta"].get("content")
    except (ValueError, LookupError, TypeError, AttributeError):
        return ""
    return content if isinstance(content, str) else ""
