"""What passes between a host and its engine, as far as another engine has to be told of it. Standard library only."""

import json
import os
import threading
from typing import TYPE_CHECKING, Any, Final

from memos_mcp.relay.jsonrpc import (
    ENDLESS,
    ONCE,
    PendingRequest,
    failure,
    keyed,
    mapping,
    notification,
    parse,
    request_id,
)

if TYPE_CHECKING:
    from collections.abc import Callable

ENGINES_A_CALL: Final = 5
"""Engines that die over the same request before it is given up."""

REPEAT_BY_HAND: Final = (
    "The engine went away while it worked on this call. Look whether it was done before you repeat it; "
    "`memos-mcp doctor` says what is wrong."
)


class SessionState:
    """The handshake, the subscriptions and the requests under way, in both directions; any thread may use it."""

    def __init__(self) -> None:
        """Begin with nothing said; calls of the tools in `once` are not made again by themselves."""
        self._name = os.urandom(8).hex()
        self._adds = 0
        self._generation = 0
        self._initialize: tuple[str | int, bytes] | None = None
        self._initialized = b""
        self._subscriptions: dict[str, tuple[str | int, bytes]] = {}
        self._asked: dict[str | int, PendingRequest] = {}
        self._asks: dict[str | int, str | int] = {}
        self._swallowed: set[str | int] = set()
        self._given_up: set[str | int] = set()
        self.once = ONCE
        self._lock = threading.Lock()

    def from_host(self, line: bytes) -> tuple[bytes, PendingRequest | None, bool]:
        """Take a line of the host; return it as the engine gets it, its request, and whether any engine needs it.

        The line is empty where it is meant for an engine that is gone.
        """
        message = parse(line)
        number = request_id(message)
        with self._lock:
            if isinstance(method := message.get("method"), str):
                return self._said(method, line, message, number)
            if number is not None and ("result" in message or "error" in message):
                asked_as = self._asks.pop(number, None)
                return (b"" if asked_as is None else _numbered(line, message, number, asked_as)), None, False
        return line, None, True

    def _said(
        self, method: str, line: bytes, message: dict[str, Any], number: "str | int | None"
    ) -> tuple[bytes, PendingRequest | None, bool]:
        params = mapping(message.get("params"))
        if number is None:
            if method == "notifications/initialized":
                self._initialized = line
            elif method == "notifications/cancelled" and (gone := request_id(params, "requestId")) is not None:
                self._asked.pop(gone, None)
            return line, None, False
        if method == "tools/call" and params.get("name") == "add_message":
            self._adds += 1
            line = keyed(message, f"{self._name}-{self._adds}")
        self._keep(method, str(params.get("uri")), (number, line))
        asked = self._asked[number] = PendingRequest(line, message)
        return line, asked, True

    def _keep(self, method: str, uri: str, request: "tuple[str | int, bytes]") -> None:
        """Keep what is said to every engine."""
        if method == "initialize":
            self._initialize = request
        elif method == "resources/subscribe":
            self._subscriptions[uri] = request
        elif method == "resources/unsubscribe":
            self._subscriptions.pop(uri, None)

    def from_engine(self, line: bytes) -> bytes:
        """Take a line of the engine; return it as the host gets it, empty where it must not."""
        message = parse(line)
        number = request_id(message)
        with self._lock:
            if number is None:
                return line
            if "method" in message:
                shown = f"{self._generation}:{number}" if self._generation else number
                self._asks[shown] = number
                return _numbered(line, message, number, shown)
            if number in self._swallowed or number in self._given_up:
                self._swallowed.discard(number)
                return b""
            self._asked.pop(number, None)
        return line

    def all_again(self) -> bytes:
        """Return what an engine has to be told that knows nothing yet."""
        with self._lock:
            handshake = [self._initialize] if self._initialize else []
            known = [one for one in (*handshake, *self._subscriptions.values()) if one[0] not in self._asked]
            self._swallowed = {number for number, _ in known}
            self._given_up.clear()
            again = [line for _, line in known]
            if self._initialized:
                again.insert(1, self._initialized)
            for asked in self._asked.values():
                asked.tries, asked.sent = asked.tries + 1, True
                again.append(asked.line)
            return b"".join(line + b"\n" for line in again)

    def engine_is_gone(self) -> list[bytes]:
        """Return what the host is told then: what the engine asked is void, and some requests are not made again."""
        with self._lock:
            self._generation += 1
            void = [
                notification("notifications/cancelled", {"requestId": number, "reason": "The engine was replaced."})
                for number in self._asks
            ]
            self._asks.clear()
            for asked in self._asked.values():
                asked.sent = False
            return void + self._failed(
                lambda one: one.tries > (0 if one.tool in self.once else ENGINES_A_CALL - 1), REPEAT_BY_HAND
            )

    def give_up(self, sentence: str) -> list[bytes]:
        """Return the answers to all requests under way that no engine answers."""
        with self._lock:
            return self._failed(lambda asked: asked.method != ENDLESS, sentence)

    def _failed(self, which: "Callable[[PendingRequest], bool]", sentence: str) -> list[bytes]:
        failed = {number: asked for number, asked in self._asked.items() if which(asked)}
        for number in failed:
            del self._asked[number]
            self._given_up.add(number)
        return [failure(number, asked, sentence) for number, asked in failed.items()]

    def waits(self) -> bool:
        """Say whether the host waits for an answer."""
        with self._lock:
            return any(asked.method != ENDLESS for asked in self._asked.values())

    def listens(self) -> bool:
        """Say whether the host wants to be told of changes, or waits for an answer."""
        return bool(self._subscriptions or self._asked)

    def changes(self) -> list[bytes]:
        """Return what has the host read again what it watches."""
        with self._lock:
            return [notification("notifications/resources/updated", {"uri": uri}) for uri in self._subscriptions]


def _numbered(line: bytes, message: dict[str, Any], now: "str | int", then: "str | int") -> bytes:
    return line if now == then else json.dumps(message | {"id": then}).encode()
