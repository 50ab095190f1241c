"""What no backend takes, checked before anything is stored or sent; each refusal names the limit and the next step."""

import math

from pydantic import JsonValue

from memos_mcp.core.errors import InvalidRequest, TooLarge
from memos_mcp.core.models import (
    MAX_CONTENT_BYTES,
    MAX_MESSAGES,
    MAX_QUERY_TOKENS,
    PUBLIC_KEY,
    AddMessage,
    SearchMemory,
)

CHARACTERS_A_TOKEN = 4
"""MemOS's own rule of thumb."""


MAX_DEPTH = 50
"""How deep the values of `info` may be nested."""

_INVISIBLE = "\u00ad\u180e\u200b\u200c\u200d\u200e\u200f\u2060\u2061\u2062\u2063\u2064\ufeff"


def is_blank(text: str) -> bool:
    """Say whether a text has nothing to be read in it: white space and characters without a width at most."""
    return not text.translate(dict.fromkeys(map(ord, _INVISIBLE))).strip()


def check_info(value: JsonValue, depth: int = 0) -> None:
    """Refuse an `info` that could not be read back.

    Raises:
        InvalidRequest: it is nested too deep, or holds a number that is not finite or a key that is not to be set.
    """
    if depth > MAX_DEPTH:
        raise InvalidRequest(f"info is nested deeper than {MAX_DEPTH} levels. Nothing was stored; make it flatter.")
    if isinstance(value, float) and not math.isfinite(value):
        raise InvalidRequest(
            "info holds a number beyond what can be kept (1e308). Nothing was stored; send it as text."
        )
    if isinstance(value, dict) and PUBLIC_KEY in value:
        raise InvalidRequest(f'info may not have the key "{PUBLIC_KEY}": send allow_public. Nothing was stored.')
    if isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            check_info(inner, depth + 1)


def check_add(request: AddMessage) -> None:
    """Refuse an add that cannot be kept word for word.

    Raises:
        InvalidRequest: no messages, one without a character that shows, half a character (a lone surrogate), or an
            `info` that could not be read back.
        TooLarge: too many messages, or one that is too long.
    """
    if not request.messages:
        raise InvalidRequest("messages is empty; pass at least one message. Nothing was stored.", code=40003)
    if len(request.messages) > MAX_MESSAGES:
        raise TooLarge(
            f"{len(request.messages):,} messages in one call; at most {MAX_MESSAGES:,} are taken. "
            "Nothing was stored; add them in several calls."
        )
    check_info(request.info)
    for number, message in enumerate(request.messages, start=1):
        _check_content(message.content, number)


def _check_content(content: str, number: int) -> None:
    if is_blank(content):
        raise InvalidRequest(
            f"The content of message {number} is empty. Nothing was stored; leave it out and repeat.", code=40002
        )
    size = len(encoded(content, f"the content of message {number}"))
    if size > MAX_CONTENT_BYTES:
        raise TooLarge(
            f"The content of message {number} has {size:,} bytes; at most {MAX_CONTENT_BYTES:,} are taken. "
            "Nothing was stored; shorten it or split it into several messages."
        )


def check_search(request: SearchMemory) -> None:
    """Refuse a query that cannot be answered.

    Raises:
        InvalidRequest: it is empty, or holds half a character.
        TooLarge: it is too long.
    """
    if is_blank(request.query):
        raise InvalidRequest("query is empty; say in words what to look for.", code=40002)
    encoded(request.query, "query")
    tokens = len(request.query) // CHARACTERS_A_TOKEN
    if tokens > MAX_QUERY_TOKENS:
        raise TooLarge(
            f"query has about {tokens:,} tokens; at most {MAX_QUERY_TOKENS:,} are taken. Shorten it to what matters.",
            code=40305,
        )


def encoded(text: str, name: str) -> bytes:
    """Encode a text as UTF-8.

    Raises:
        InvalidRequest: it holds half of a surrogate pair, which no file or wire can keep.
    """
    try:
        return text.encode()
    except UnicodeEncodeError as exc:
        raise InvalidRequest(
            f"{name[0].upper()}{name[1:]} holds half a character (a lone surrogate, {exc.object[exc.start]!a}) at "
            f"position {exc.start}: send whole characters."
        ) from exc
