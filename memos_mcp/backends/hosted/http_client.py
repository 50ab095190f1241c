"""The wire: one JSON body out, one envelope in, and the one policy by which a call is repeated."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from typing import Any, Final, TypeVar, cast

import httpx
import stamina

from memos_mcp.backends.hosted.call_errors import CallFailed, of_answer, of_transport, wrong_address
from memos_mcp.core.errors import InvalidRequest
from memos_mcp.core.models import ENGINE_HEADER

ADD_MESSAGE: Final = "add/message"

_SUCCESSES: Final = frozenset({0, 200})
"""The codes by which the cloud and MemOS's own server say that all went well: the other's is a wrong address."""

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Retry:
    """How often a call is tried, and how long to wait in between, in seconds.

    Waits grow from `first` to `longest`, with jitter; after `within` nothing is tried again, for hosts give a tool
    about a minute. A `Retry-After` of up to `patience` is waited for; a longer one is passed on to the caller.
    """

    attempts: int = 4
    first: float = 0.25
    longest: float = 4.0
    jitter: float = 0.5
    within: float = 20.0
    patience: float = 10.0


class HttpClient:
    """A server that speaks the MemOS contract: the cloud, or an engine of ours.

    `client` has the base URL (without a slash at its end), the key and the time-outs.
    """

    def __init__(
        self, client: httpx.AsyncClient, *, retry: Retry, is_engine: bool | None = None, success: int = 0
    ) -> None:
        """Take a client; what the server is, where that is not known, is learnt from its first answer.

        `success` is the code of an envelope that says that all went well.
        """
        self._client = client
        self._retry = retry
        self._success = success
        self._is_engine = is_engine
        self._host = client.base_url.netloc.decode("ascii")

    @property
    def is_engine(self) -> bool | None:
        """Whether the server is an engine of ours; None if not yet known."""
        return self._is_engine

    async def post(self, path: str, body: dict[str, Any], *, harmless: bool = True, key: str = "") -> dict[str, Any]:
        """Call an endpoint and give the `data` of its envelope; a list of one object is that object.

        A call that is not `harmless` when done twice is repeated only where the service cannot have done it.

        Raises:
            CallFailed: it did not work, or not within the policy.
        """
        return await self.repeated(partial(self.post_once, path, body, key=key), harmless=harmless)

    async def repeated(self, call: Callable[[], Awaitable[Result]], *, harmless: bool) -> Result:
        """Make a call, again where it failed and the policy allows it."""

        def patience(failed: Exception) -> bool | float:
            if not isinstance(failed, CallFailed) or not failed.temporary:
                return False
            if failed.unsure and not harmless:
                return False
            wait = failed.error.retry_after
            return True if wait is None else wait <= self._retry.patience and wait

        async for attempt in stamina.retry_context(
            on=patience,
            attempts=self._retry.attempts,
            timeout=self._retry.within,
            wait_initial=self._retry.first,
            wait_max=self._retry.longest,
            wait_jitter=self._retry.jitter,
        ):
            with attempt:
                return await call()
        raise AssertionError

    async def post_once(self, path: str, body: dict[str, Any], *, key: str = "") -> dict[str, Any]:
        """Call an endpoint without repeating anything."""
        return _object(await self.send(path, body, key=key))

    async def get_once(self, path: str, parameters: dict[str, str]) -> dict[str, Any]:
        """Read what is at a path, without repeating anything."""
        return _object(await self._answer(self._client.build_request("GET", path, params=parameters)))

    async def send(self, path: str, body: dict[str, Any], *, key: str = "") -> object:
        """Call an endpoint without repeating anything, and give the `data` of its envelope as it is."""
        headers = {"content-type": "application/json"} | ({"idempotency-key": key} if key else {})
        return await self._answer(self._client.build_request("POST", path, content=_encode(body), headers=headers))

    async def _answer(self, request: httpx.Request) -> object:
        try:
            response = await self._client.send(request)
        except httpx.HTTPError as exc:
            raise of_transport(exc, self._host) from exc
        if ENGINE_HEADER in response.headers:
            self._is_engine = True
        return self._data(response)

    def _data(self, response: httpx.Response) -> object:
        if response.is_success and not response.content:
            return {}
        envelope = _decode(response)
        code = _code(envelope)
        if code == self._success and response.is_success:
            self._is_engine = self._is_engine or False  # what stands in between may answer errors in its place
            return envelope.get("data")
        if response.is_success and (code is None or code in _SUCCESSES):
            raise wrong_address(self._host, response, code)
        if code == HTTPStatus.NOT_FOUND and not self._success:  # no code of the cloud's
            raise wrong_address(self._host, response, code)
        quote = str(envelope.get("message", "")) if self._is_engine else ""
        raise of_answer(code, response, host=self._host, quote=quote)


def _encode(body: dict[str, Any]) -> bytes:
    """Write JSON in ASCII: a lone surrogate, which UTF-8 has no bytes for, travels as its escape."""
    try:
        return json.dumps(body, allow_nan=False).encode("ascii")
    except ValueError as exc:
        raise CallFailed(InvalidRequest("A number is infinite or none at all: JSON cannot write it.")) from exc


def _decode(response: httpx.Response) -> dict[str, Any]:
    try:
        answer = json.loads(response.content)
    except (ValueError, RecursionError):
        return {}
    return _object(answer)


def _object(value: object) -> dict[str, Any]:
    if isinstance(value, list):
        entries = cast("list[object]", value)
        value = entries[0] if len(entries) == 1 else None
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def _code(envelope: dict[str, Any]) -> int | None:
    code = envelope.get("code")
    try:
        return None if isinstance(code, bool) or code is None else int(code)
    except (TypeError, ValueError):
        return None
