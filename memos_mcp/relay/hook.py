"""`memos-mcp hook EVENT`: a host's hook. It hands the event to the engine and prints the answer, or says nothing.

It never fails a turn: its exit status is 0, what goes wrong is one line on standard error, and it gives up in time.
What is to be kept is handed to a process of its own where no engine runs yet. Standard library only.
"""

import json
import os
import socket
import sys
import threading
from typing import Any, Final

from memos_mcp.relay import launch, wire
from memos_mcp.relay.environment import data_dir_of, own_variables
from memos_mcp.relay.jsonrpc import mapping

KINDS: Final = {
    "sessionstart": "start",
    "userpromptsubmit": "prompt",
    "beforesubmitprompt": "prompt",
    "beforeagent": "prompt",
    "stop": "turn",
    "afteragent": "turn",
    "afteragentresponse": "turn",
    "precompact": "compact",
    "precompress": "compact",
    "sessionend": "end",
}
"""What each host's events are to a memory, by their names in lower case and without signs."""

PATIENCE: Final = {"start": 3.0, "prompt": 2.0, "turn": 3.0, "compact": 3.0, "end": 1.0}
"""Seconds that a hook takes at most."""

PATIENCE_APART: Final = 60.0
"""Seconds that a process takes at most which no host waits for."""

APART: Final = "--apart"
LONGEST_ANSWER: Final = 1 << 20


def kind_of(event: str) -> str:
    """Return what an event of a host is to a memory; empty for one that is nothing to it."""
    return KINDS.get("".join(letter for letter in event.lower() if letter.isalpha()), "")


def main(arguments: list[str]) -> int:
    """Run the hook of `EVENT [--host NAME]`; the exit status is always 0."""
    event, host = _read(arguments)
    kind, is_apart = kind_of(event), APART in arguments
    if not kind:
        return _say(f"there is no hook for an event {event!r}")
    threading.Thread(target=_give_up, args=(PATIENCE_APART if is_apart else PATIENCE[kind],), daemon=True).start()
    try:
        payload = sys.stdin.buffer.read()
        data_dir = data_dir_of(os.environ)
        if kind in ("start", "prompt") or is_apart:
            return _tell(*launch.find_or_start(data_dir, _hello(event, host)), payload)
        try:
            return _tell(*wire.greet(data_dir, _hello(event, host)), payload)
        except wire.Absent:
            return _hand_over(arguments, payload)
    except wire.Absent:
        return _say("no engine could be started; run `memos-mcp doctor`")
    except (wire.Refused, wire.Unresponsive, OSError, ValueError) as exc:
        return _say(str(exc))


def _read(arguments: list[str]) -> tuple[str, str]:
    host, event = "", ""
    words = iter(arguments)
    for word in words:
        if word == "--host":
            host = next(words, "")
        elif word.startswith("--host="):
            host = word.removeprefix("--host=")
        elif not word.startswith("-"):
            event = event or word
    return event, host


def _hello(event: str, host: str) -> dict[str, Any]:
    folder = os.environ.get("CLAUDE_PROJECT_DIR") or os.environ.get("CURSOR_PROJECT_DIR") or ""
    return {
        "as": "hook",
        "hook": {"event": event, "host": host, "folder": folder},
        "settings": own_variables(),
    }


def _tell(connection: socket.socket, greeting: dict[str, Any], payload: bytes) -> int:
    """Send the event, and print what the engine has to say to it."""
    del greeting
    with connection:
        connection.sendall(payload)
        connection.shutdown(socket.SHUT_WR)
        told = bytearray()
        while not told.endswith(b"\n") and len(told) < LONGEST_ANSWER:
            piece = connection.recv(1 << 16)
            if not piece:
                break
            told += piece
    answer = mapping(json.loads(told)) if told else {}
    if output := answer.get("output"):
        sys.stdout.buffer.write(f"{output}\n".encode())
        sys.stdout.flush()
    return _say(str(answer["note"])) if answer.get("note") else 0


def _hand_over(arguments: list[str], payload: bytes) -> int:
    """Leave the event to a process that starts an engine and waits for it."""
    keeper = launch.start_apart(["hook", *arguments, APART])
    if keeper.stdin is not None:
        keeper.stdin.write(payload)
        keeper.stdin.close()
    return 0


def _give_up(seconds: float) -> None:
    threading.Event().wait(seconds)
    _say(f"no answer within {seconds:.0f} s; going on without memory")
    os._exit(0)


def _say(sentence: str) -> int:
    line = " ".join(sentence.split())
    sys.stderr.write(f"memos-mcp hook: {line}\n")
    sys.stderr.flush()
    return 0
