"""Passing lines between a host and the engine, across the engine's restarts. Standard library only."""

import contextlib
import os
import signal
import socket
import sys
import threading
import time
from typing import Final

from memos_mcp.relay import launch, wire
from memos_mcp.relay.environment import data_dir_of, own_variables
from memos_mcp.relay.jsonrpc import ONCE, PendingRequest
from memos_mcp.relay.session_state import SessionState

PIECE: Final = 1 << 16
LONGEST_LINE: Final = 16 * 1024 * 1024
"""Bytes of a line that is kept to be sent again; the engine says of a longer one that it is too long."""

SILENCE: Final = 5.0
"""Seconds without a word over a request, after which the engine is asked whether it is well."""

SILENCE_PATIENCE: Final = 15.0
"""Seconds that it gets for the answer."""

END_PATIENCE: Final = 60.0
"""Seconds that what is under way gets when the host says no more."""

LOOK_EVERY: Final = 1.0
"""Seconds between two looks at how the engine is."""

FAILED_FOR: Final = 1.0
"""Seconds for which no engine is looked for after that has failed."""


def main() -> int:
    """Serve a host over standard input and output; return the exit status: 2 when the settings make no sense."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _exit)
    try:
        relay = Relay(data_dir_of(os.environ), sink=sys.stdout.fileno())
        relay.begin()
        relay.serve(sys.stdin.fileno())
    except (wire.Refused, ValueError) as exc:
        sys.stderr.write(f"memos-mcp: {exc}\n")
        return 2
    return 0


def _exit(*_: object) -> None:
    os._exit(0)


class Relay:
    """One host's way to the engine. `_lock` is held by whoever connects or sends, `_writing` by whoever writes."""

    def __init__(self, data_dir: str, *, sink: int) -> None:
        """Take where the engine is, and the descriptor at which the host reads."""
        self._data_dir = data_dir
        self._sink = sink
        self._hello = {
            "as": "host",
            "conversation": os.urandom(6).hex(),
            "settings": own_variables(),
        }
        self._exchange = SessionState()
        self._told: set[str] = set()
        self._lock = threading.RLock()
        self._writing = threading.Lock()
        self._connection: socket.socket | None = None
        self._heard = time.monotonic()
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
        is_part = False
        while piece := os.read(source, PIECE):
            *ends, rest = piece.split(b"\n")
            for end in ends:
                kept += end
                self._take(bytes(kept) + b"\n", is_part=is_part)
                kept.clear()
                is_part = False
            kept += rest
            if len(kept) > LONGEST_LINE:  # not held any longer
                is_part = True
                self._take(bytes(kept), is_part=is_part)
                kept.clear()
        if kept:
            self._take(bytes(kept) + b"\n", is_part=is_part)
        self._end()

    def _end(self) -> None:
        self._ended.set()
        with self._lock:
            if self._connection is None:
                return
            with contextlib.suppress(OSError):
                self._connection.shutdown(socket.SHUT_WR)
        self._done.wait(END_PATIENCE)

    def _take(self, line: bytes, *, is_part: bool) -> None:
        """Pass a line of the host on, or a part of one that is too long to be looked into."""
        if is_part:
            self._send(line, None)
            return
        if not self._exchange.waits():
            self._heard = time.monotonic()
        passed, asked, is_needed = self._exchange.from_host(line[:-1])
        if passed and (is_needed or self._connection is not None):
            self._send(passed + b"\n", asked)

    def _send(self, line: bytes, asked: PendingRequest | None) -> None:
        with self._lock:
            if self._connection is None and (not self._reconnect() or asked is not None):
                return  # it was answered, or sent with all that is under way
            if asked is not None:
                if asked.sent:
                    return  # another thread has found an engine meanwhile
                asked.tries, asked.sent = asked.tries + 1, True
            if self._connection is not None:
                with contextlib.suppress(OSError):  # who reads sees that it is gone, and sends again
                    self._connection.sendall(line)

    def _reconnect(self) -> bool:
        """Find or start an engine and tell it what it must know; where there is none, answer what is under way."""
        if time.monotonic() > self._failed_until:
            try:
                self._connect()
            except (wire.Absent, wire.Unresponsive, wire.Refused) as exc:
                self._fail(exc)
            else:
                return True
        self._write(*self._exchange.give_up(self._failure))
        return False

    def _fail(self, exc: Exception) -> None:
        """Keep a failure for the calls that are waiting already."""
        self._failure = str(exc) or "The engine cannot be reached. Run `memos-mcp doctor`, then repeat the call."
        self._failed_until = time.monotonic() + FAILED_FOR

    def _connect(self, *, start: bool = True) -> None:
        find = launch.find_or_start if start else wire.greet
        connection, answer = find(self._data_dir, self._hello)
        for line in answer.get("told", ()):
            if line not in self._told:
                self._told.add(line)
                sys.stderr.write(f"memos-mcp: {line}\n")
                sys.stderr.flush()
        self._exchange.once = ONCE.union(answer.get("once", ()))
        self._connection = connection
        self._heard = time.monotonic()
        threading.Thread(target=self._read, args=(connection,), daemon=True).start()
        with contextlib.suppress(OSError):
            connection.sendall(self._exchange.all_again())

    def _read(self, connection: socket.socket) -> None:
        """Pass on what an engine says until it is gone, then see to another where the host waits for an answer."""
        kept = bytearray()
        with contextlib.suppress(OSError):
            while piece := connection.recv(PIECE):
                self._heard = time.monotonic()
                *ends, rest = piece.split(b"\n")
                for end in ends:
                    self._write(self._exchange.from_engine(bytes(kept + end)))
                    kept.clear()
                kept += rest
        self._lost(connection)

    def _lost(self, connection: socket.socket) -> None:
        with self._lock:
            connection.close()
            if self._connection is not connection:
                return
            self._connection = None
            self._write(*self._exchange.engine_is_gone())
            if self._ended.is_set():
                self._done.set()
            elif self._exchange.waits():
                self._reconnect()

    def _watch(self) -> None:
        """Ask an engine that is silent over a request whether it is well, and join one that another host started."""
        while True:
            time.sleep(LOOK_EVERY)
            connection = self._connection
            if connection is None:
                self._join()
            elif self._exchange.waits() and time.monotonic() - self._heard > SILENCE:
                self._examine(connection)

    def _join(self) -> None:
        """Find an engine that runs, and start none, where the host has asked to be told what changes."""
        if self._ended.is_set() or not self._exchange.listens():
            return
        with self._lock, contextlib.suppress(wire.Absent, wire.Unresponsive, wire.Refused):
            if self._connection is None:
                self._connect(start=False)
                self._write(*self._exchange.changes())

    def _examine(self, connection: socket.socket) -> None:
        try:
            wire.greet(self._data_dir, {"as": "operator", "ask": "ping"}, patience=SILENCE_PATIENCE)[0].close()
            self._heard = time.monotonic()
        except (wire.Absent, wire.Refused):
            return  # it is gone: who reads from it sees that
        except wire.Unresponsive as exc:
            self._write(*self._exchange.give_up(str(exc)))
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def _write(self, *lines: bytes) -> None:
        with self._writing:
            for line in lines:
                rest = memoryview(line + b"\n" if line else b"")
                try:
                    while rest:
                        rest = rest[os.write(self._sink, rest) :]
                except OSError:
                    os._exit(0)  # the host is gone
