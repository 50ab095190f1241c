"""What can go wrong between us and the memory service, each as one sentence for the model.

Nothing that the cloud writes is repeated in a sentence, so no key, address or stack of its can get there; only an
engine of ours, whose messages are such sentences already, is quoted.
"""

import email.utils
from collections.abc import Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Final, NamedTuple

import httpx

from memos_mcp.core.errors import (
    ConfigurationError,
    Forbidden,
    InvalidRequest,
    MemosError,
    NotFound,
    RateLimited,
    TooLarge,
    Unauthorised,
    Unavailable,
)

LONGEST_QUOTE: Final = 400
"""Characters of an engine's message that are passed on."""


class CallFailed(Exception):
    """One attempt that failed.

    `again`: the service did nothing and may do it later. `unsure`: it may have done it all the same, so that only
    what is harmless when done twice may be repeated.
    """

    def __init__(self, error: MemosError, *, again: bool = False, unsure: bool = False) -> None:
        """Keep the error that the caller is to see, should nobody repeat the attempt."""
        super().__init__(str(error))
        self.error = error
        self.again = again
        self.unsure = unsure

    @property
    def temporary(self) -> bool:
        """Whether the same call may work later."""
        return self.again or self.unsure


class _Meaning(NamedTuple):
    error: type[MemosError]
    sentence: str
    again: bool = False
    unsure: bool = False


_BUSY = "The memory service takes no more calls for now"
_AWAY = "The memory service is not available: try again in a minute."
_KEY = "The memory service does not accept the API key: check MEMOS_API_KEY."
_NOT_KEPT = "The memory service could not do it and nothing was changed: say so to the user."

_CODES: Final[Mapping[int, _Meaning]] = {
    40000: _Meaning(InvalidRequest, "The memory service did not understand the request: check the arguments."),
    40001: _Meaning(NotFound, "The memory service knows nothing by that name: check the id."),
    40002: _Meaning(InvalidRequest, "A required argument is empty: fill it in."),
    40003: _Meaning(InvalidRequest, "A list that may not be empty is: give it one entry at least."),
    40010: _Meaning(InvalidRequest, "The user id is longer than 100 characters: shorten MEMOS_USER_ID."),
    40011: _Meaning(InvalidRequest, "The conversation_id is longer than 100 characters: shorten it."),
    40012: _Meaning(InvalidRequest, "relativity is a number from 0 to 1: correct it."),
    40013: _Meaning(TooLarge, "The messages are too long together: shorten them or send them in several calls."),
    40100: _Meaning(Unauthorised, "The memory service was shown no API key: set MEMOS_API_KEY."),
    40130: _Meaning(Unauthorised, "The memory service was shown no API key: set MEMOS_API_KEY."),
    40103: _Meaning(Forbidden, "The API key has no access to this project: check MEMOS_API_KEY."),
    40132: _Meaning(Unauthorised, "The API key is not valid, or has expired: check MEMOS_API_KEY."),
    40300: _Meaning(RateLimited, _BUSY, again=True),
    40304: _Meaning(RateLimited, "The account's quota at the memory service is used up: say so to the user."),
    40305: _Meaning(TooLarge, "The text is over the service's limit for one call: shorten the message."),
    40306: _Meaning(Forbidden, "This may not be done to that memory: check the id."),
    40307: _Meaning(NotFound, "There is no such memory: look for its id with get_memory."),
    40308: _Meaning(NotFound, "The memory service does not know this user: nothing is stored yet."),
    40309: _Meaning(RateLimited, _BUSY, again=True),
    50000: _Meaning(Unavailable, "The memory service failed: try again in a minute.", again=True, unsure=True),
    50002: _Meaning(MemosError, _NOT_KEPT),
    50004: _Meaning(Unavailable, _AWAY, again=True),
    50005: _Meaning(Unavailable, _AWAY, again=True),
    50131: _Meaning(NotFound, "There is no such task: check the task_id."),
    50143: _Meaning(MemosError, _NOT_KEPT),
    50144: _Meaning(MemosError, _NOT_KEPT),
    50145: _Meaning(MemosError, _NOT_KEPT),
}

_STATUSES: Final[Mapping[int, _Meaning]] = {
    400: _CODES[40000],
    401: _Meaning(Unauthorised, _KEY),
    403: _CODES[40103],
    408: _Meaning(Unavailable, _AWAY, again=True),
    413: _CODES[40013],
    422: _CODES[40000],
    425: _Meaning(Unavailable, _AWAY, again=True),
    429: _CODES[40300],
    503: _CODES[50004],
}

_FAMILIES: Final[Mapping[int, _Meaning]] = {
    400: _CODES[40000],
    401: _Meaning(Unauthorised, _KEY),
    403: _CODES[40103],
}
"""By the first three digits, for codes that the contract does not list."""


def wrong_address(host: str, response: httpx.Response | None = None, code: int | None = None) -> CallFailed:
    """What answers there does not speak the contract; say what it is."""
    match code:
        case 200:
            sentence = f"{host} answers as MemOS's own server does: let MEMOS_BASE_URL end in /product."
        case 0:
            sentence = f"{host} answers as MemOS Cloud does: let MEMOS_BASE_URL end in /api/openmem/v1."
        case _:
            sentence = (
                f"What answers at {host} is not a memory service{_kind(response)}: check MEMOS_BASE_URL, which ends in "
                "/api/openmem/v1 for MemOS Cloud, and in /product for MemOS's own server."
            )
    return CallFailed(ConfigurationError(sentence))


def _kind(response: httpx.Response | None) -> str:
    """Name what came instead of an envelope, without quoting it."""
    if response is None:
        return ""
    form = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    kinds = {"text/html": "a web page", "application/json": "JSON of another kind", "text/plain": "plain text"}
    return f" but {kinds.get(form, 'something else')} (HTTP {response.status_code})"


def of_transport(exc: httpx.HTTPError, host: str) -> CallFailed:
    """Name a failure of the connection; before anything was sent it is safe to try again."""
    match exc:
        case httpx.ConnectError() | httpx.ConnectTimeout() | httpx.PoolTimeout():
            sentence = f"The memory service at {host} cannot be reached: check the network and MEMOS_BASE_URL."
            return CallFailed(Unavailable(sentence), again=True)
        case httpx.TimeoutException():
            sentence = f"The memory service at {host} did not answer in time: try again in a minute."
            return CallFailed(Unavailable(sentence), unsure=True)
        case httpx.UnsupportedProtocol() | httpx.TooManyRedirects():
            return wrong_address(host)
        case _:
            sentence = f"The connection to the memory service at {host} broke: try again in a minute."
            return CallFailed(Unavailable(sentence), unsure=True)


def of_answer(code: int | None, response: httpx.Response, *, host: str, quote: str = "") -> CallFailed:
    """Name a failure that the service reported: by its code where it gave one, else by the HTTP status."""
    meaning = _meaning(code, response.status_code)
    if meaning is None:
        return wrong_address(host, response)
    wait = _retry_after(response.headers.get("retry-after", ""))
    known = code if code is not None and code in _CODES else None
    error = meaning.error(_sentence(meaning, wait, quote), code=known, retry_after=wait)
    return CallFailed(error, again=meaning.again, unsure=meaning.unsure)


def _meaning(code: int | None, status: int) -> _Meaning | None:
    if code == status == HTTPStatus.NOT_FOUND:
        return _CODES[40001]
    if code is not None and code not in (0, status):
        return _CODES.get(code) or _FAMILIES.get(code // 100) or _STATUSES.get(status) or _CODES[50002]
    if status in _STATUSES:
        return _STATUSES[status]
    return _CODES[50000] if status >= HTTPStatus.INTERNAL_SERVER_ERROR else None


def _sentence(meaning: _Meaning, wait: float | None, quote: str) -> str:
    if quote:
        return quote[:LONGEST_QUOTE]
    if meaning.sentence is _BUSY:
        return f"{_BUSY}: wait {f'{wait:.0f} seconds' if wait else 'a minute'}, then try again."
    return meaning.sentence


def _retry_after(header: str) -> float | None:
    """Read `Retry-After`: seconds, or a date."""
    if header.strip().isdecimal():
        return float(header)
    try:
        when = email.utils.parsedate_to_datetime(header)
    except ValueError:
        return None
    if when.tzinfo is None:
        when = when.replace(tzinfo=UTC)
    return max(0.0, (when - datetime.now(UTC)).total_seconds())
