"""Passing lines between a host and the engine, across the engine's restarts. Standard library only."""

import json
import os
import signal
import socket
import sys
import threading
import time
from typing import TYPE_CHECKING, Any, Final

from memos_mcp.relay import starting, wire
from memos_mcp.relay.messages import ENDLESS, ONCE, Asked, failure, keyed, parse, request_id
from memos_mcp.relay.values import data_dir_of

if TYPE_CHECKING:
    from collections.abc import Callable

PIECE: Final = 1 << 16
LONGEST_LINE: Final = 16 * 1024 * 1024
"""Bytes of a line that is kept to be sent again; the engine says of a longer one that it is too long."""

SILENCE: Final = 5.0
"""Seconds without a word over a request, after which the engine is asked whether it is well."""

SILENCE_PATIENCE: Final = 15.0
"""Seconds that it gets for the answer."""

JOIN_EVERY: Final = 1.0
"""Seconds between two looks for an engine, where the host waits for notices and there is none."""

FAILED_FOR: Final = 1.0
"""Seconds for which no engine is looked for after that has failed."""

ENGINES_A_CALL: Final = 5
"""Engines that die over the same requests before these are given up."""

REPEAT_BY_HAND: Final = (
    "The engine went away while it worked on this call. Look whether it was done before you repeat it; "
    "`memos-mcp doctor` says what is wrong."
)


def main() -> int:
    """Serve a host over standard input and output; return the exit status: 2 when the settings make no sense."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: os._exit(0))
    try:
        data_dir = data_dir_of(os.environ)
        relay = Relay(data_dir, sink=sys.stdout.fileno())
        relay.begin()
        relay.serve(sys.stdin.fileno())
    except (wire.Refused, ValueError) as exc:
        sys.stderr.write(f"memos-mcp: {exc}\n")
        return 2
    return 0


class Relay:
    """One host's way to the engine.

    `_lock` is held by whoever connects or sends; `_state` by whoever changes what is known of the messages, for a
    moment. Who has `_lock` may take `_state`, never the other way round.
    """

    def __init__(self, data_dir: str, *, sink: int) -> None:
        """Take where the engine is, and the descriptor at which the host reads."""
        self._data_dir = data_dir
        self._sink = sink
        self._name = os.urandom(8).hex()
        self._hello = {
            "as": "host",
            "conversation": os.urandom(6).hex(),
            "settings": {name: value for name, value in os.environ.items() if name.upper().startswith("MEMOS_")},
        }
        self._told: set[str] = set()
        self._lock = threading.RLock()
        self._state = threading.RLock()
        self._connection: socket.socket | None = None
        self._generation = 0
        self._adds = 0
        self._initialize: tuple[str | int, bytes] | None = None
        self._initialized = b""
        self._subscriptions: dict[str, tuple[str | int, bytes]] = {}
        self._asked: dict[str | int, Asked] = {}
        self._swallowed: set[str | int] = set()
        self._asks: dict[str | int, str | int] = {}
        self._heard = time.monotonic()
        self._given_up: set[str | int] = set()
        self._failure = ""
        self._failed_until = 0.0
        self._ended = threading.Event()
        self._done = threading.Event()

    def begin(self) -> None:
        """Find or start the engine before the host says anything; what goes wrong, its first request will say.

        Raises:
            Refused: the engine does not take this process.
        """
        try:
            with self._lock:
                self._connect()
        except (wire.Absent, wire.Unresponsive) as exc:
            self._fail(exc)
        threading.Thread(target=self._watch, daemon=True).start()

    def serve(self, source: int) -> None:
        """Pass on what the host says until it ends, then what the engine still answers."""
        kept = bytearray()
        whole = True
        while piece := os.read(source, PIECE):
            *ends, rest = piece.split(b"\n")
            for end in ends:
                kept += end
                self._take(bytes(kept), whole=whole, end=b"\n")
                kept.clear()
                whole = True
            kept += rest
            if len(kept) > LONGEST_LINE:  # not held any longer: the engine says that it is too long
                self._take(bytes(kept), whole=False, end=b"")
                kept.clear()
                whole = False
        if kept:
            self._take(bytes(kept), whole=whole, end=b"\n")
        self._end()

    def _end(self) -> None:
        self._ended.set()
        with self._lock:
            if self._connection is None:
                return
            try:
                self._connection.shutdown(socket.SHUT_WR)
            except OSError:
                return
        self._done.wait(SILENCE_PATIENCE)

    def _take(self, line: bytes, *, whole: bool, end: bytes) -> None:
        """Pass a line of the host on, or a piece of one that is too long to be looked into."""
        message = parse(line) if whole and end else {}
        number = request_id(message)
        with self._state:
            if isinstance(message.get("method"), str):
                line = self._note(line, message, number)
            elif number is not None and ("result" in message or "error" in message):
                if number not in self._asks:
                    return  # the answer to an engine that is gone
                line = json.dumps(message | {"id": self._asks.pop(number)}).encode()
            asked = None if number is None else self._asked.get(number)
        if asked is None and message and self._connection is None:
            return  # a notification for an engine that there is not
        self._send(line + end, asked)

    def _note(self, line: bytes, message: dict[str, Any], number: "str | int | None") -> bytes:
        """Keep in mind what has to be said again to another engine; return the line as it is sent."""
        method, params = message["method"], message.get("params")
        params = params if isinstance(params, dict) else {}
        if method == "notifications/initialized":
            self._initialized = line
        elif method == "notifications/cancelled" and (gone := request_id(params, "requestId")) is not None:
            self._asked.pop(gone, None)
        if number is None:
            return line
        if method == "initialize":
            self._initialize = (number, line)
        elif method == "resources/subscribe":
            self._subscriptions[str(params.get("uri"))] = (number, line)
        elif method == "resources/unsubscribe":
            self._subscriptions.pop(str(params.get("uri")), None)
        elif method == "tools/call" and params.get("name") == "add_message":
            self._adds += 1
            line = keyed(message, f"{self._name}-{self._adds}")
        if not self._waits():
            self._heard = time.monotonic()
        self._asked[number] = Asked.of(line, message)
        return line

    def _send(self, line: bytes, asked: Asked | None) -> None:
        with self._lock:
            if self._connection is None:
                if not self._reconnect() or asked is not None:
                    return  # it was sent with all that is under way, or answered
            connection = self._connection
            if asked is not None:
                asked.tries += 1
            try:
                if connection is not None:
                    connection.sendall(line)
            except OSError:
                pass  # the thread that reads from it sees that too, and sends again what is under way

    def _reconnect(self) -> bool:
        """Find or start an engine and say to it again what matters; where there is none, answer what is under way."""
        if time.monotonic() > self._failed_until:
            try:
                self._connect()
                return True
            except (wire.Absent, wire.Unresponsive, wire.Refused) as exc:
                self._fail(exc)
        self._give_up(self._failure)
        return False

    def _fail(self, exc: Exception) -> None:
        """Keep a failure for the calls that are waiting already."""
        self._failure = str(exc) or "The engine cannot be reached. Run `memos-mcp doctor`, then repeat the call."
        self._failed_until = time.monotonic() + FAILED_FOR

    def _connect(self, *, start: bool = True) -> None:
        find = starting.find_or_start if start else wire.greet
        connection, answer = find(self._data_dir, self._hello)
        for line in answer.get("told", ()):
            if line not in self._told:
                self._told.add(line)
                sys.stderr.write(f"memos-mcp: {line}\n")
                sys.stderr.flush()
        self._connection = connection
        try:
            connection.sendall(self._all_again())
        except OSError:
            pass
        threading.Thread(target=self._read, args=(connection,), daemon=True).start()

    def _all_again(self) -> bytes:
        """Return the handshake, the subscriptions and the requests under way, for an engine that knows none of it."""
        with self._state:
            handshake = [self._initialize] if self._initialize else []
            known = [one for one in (*handshake, *self._subscriptions.values()) if one[0] not in self._asked]
            self._swallowed = {number for number, _ in known}
            again = [line for _, line in known]
            again[len(handshake) : len(handshake)] = [self._initialized] if self._initialized else []
            for asked in self._asked.values():
                asked.tries += 1
                again.append(asked.line)
            self._heard = time.monotonic()
            return b"".join(line + b"\n" for line in again)

    def _read(self, connection: socket.socket) -> None:
        """Pass on what an engine says until it is gone, then see to another where the host waits for an answer."""
        kept = bytearray()
        try:
            while piece := connection.recv(PIECE):
                self._heard = time.monotonic()
                *ends, rest = piece.split(b"\n")
                for end in ends:
                    kept += end
                    self._deliver(bytes(kept))
                    kept.clear()
                kept += rest
        except OSError:
            pass
        self._lost(connection)

    def _deliver(self, line: bytes) -> None:
        message = parse(line)
        number = request_id(message)
        with self._state:
            if "method" in message:
                if number is not None:
                    shown = number if not self._generation else f"{self._generation}:{number}"
                    self._asks[shown] = number
                    line = line if shown == number else json.dumps(message | {"id": shown}).encode()
            elif number is not None:
                if number in self._swallowed or number in self._given_up:
                    self._swallowed.discard(number)
                    return
                self._asked.pop(number, None)
            self._write(line)

    def _lost(self, connection: socket.socket) -> None:
        with self._lock:
            if self._connection is not connection:
                connection.close()
                return
            self._connection = None
            connection.close()
            self._forget_the_engine()
            if self._waits() and not self._ended.is_set():
                self._reconnect()
            elif self._ended.is_set():
                self._done.set()

    def _forget_the_engine(self) -> None:
        """Take back what it asked the host, and answer what must not be asked of another."""
        with self._state:
            self._generation += 1
            self._given_up.clear()
            for number in self._asks:
                told = {"requestId": number, "reason": "The engine was replaced."}
                cancelled = {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": told}
                self._write(json.dumps(cancelled).encode())
            self._asks.clear()
            self._answer(lambda one: one.tries > (0 if one.tool in ONCE else ENGINES_A_CALL - 1), REPEAT_BY_HAND)

    def _waits(self) -> bool:
        return any(asked.method != ENDLESS for asked in self._asked.values())

    def _watch(self) -> None:
        """Ask an engine that is silent over a request whether it is well, and join one that another host started."""
        while True:
            time.sleep(JOIN_EVERY)
            if self._connection is None:
                self._join()
            elif self._waits() and time.monotonic() - self._heard > SILENCE:
                self._examine(self._connection)

    def _join(self) -> None:
        """Find an engine that runs, and start none, where the host has asked to be told what changes."""
        if self._ended.is_set() or not (self._subscriptions or self._asked):
            return
        with self._lock:
            if self._connection is None:
                try:
                    self._connect(start=False)
                except (wire.Absent, wire.Unresponsive, wire.Refused):
                    return
                self._tell_of_changes()

    def _tell_of_changes(self) -> None:
        """Have the host read again what it watches: nobody told it meanwhile."""
        with self._state:
            for uri in self._subscriptions:
                told = {"jsonrpc": "2.0", "method": "notifications/resources/updated", "params": {"uri": uri}}
                self._write(json.dumps(told).encode())

    def _examine(self, connection: socket.socket) -> None:
        try:
            wire.greet(self._data_dir, {"as": "operator", "ask": "ping"}, patience=SILENCE_PATIENCE)[0].close()
            self._heard = time.monotonic()
        except (wire.Absent, wire.Refused):
            pass  # it is gone: who reads from it sees that
        except wire.Unresponsive as exc:
            self._give_up(str(exc))
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def _give_up(self, sentence: str) -> None:
        with self._state:
            self._answer(lambda asked: asked.method != ENDLESS, sentence)

    def _answer(self, which: "Callable[[Asked], bool]", sentence: str) -> None:
        for number, asked in list(self._asked.items()):
            if which(asked):
                del self._asked[number]
                self._given_up.add(number)
                self._write(failure(number, asked, sentence))

    def _write(self, line: bytes) -> None:
        rest = memoryview(line + b"\n")
        try:
            while rest:
                rest = rest[os.write(self._sink, rest) :]
        except OSError:
            os._exit(0)  # the host is gone
