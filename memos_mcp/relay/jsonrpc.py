"""What a relay knows of the messages that pass through it. Standard library only."""

import json
from typing import Any, Final, cast

KEY: Final = "memos-mcp/key"
"""The name in `_meta` of what makes an add known when it is sent again."""

MODERN: Final = "io.modelcontextprotocol/protocolVersion"
"""What the requests of the newer protocol era have in `_meta`."""

INTERNAL_ERROR: Final = -32603  # of JSON-RPC 2.0

ENDLESS: Final = "subscriptions/listen"
"""A request that is answered when the connection ends, and not before."""

ONCE: Final = frozenset({"delete_memory", "add_feedback"})
"""Tools whose calls are not made again by themselves: doing them twice is not doing them once."""


class PendingRequest:
    """A request that waits for its answer, and the line that it came in.

    `tries` counts the engines that may have it; `sent` says whether the present one has.
    """

    def __init__(self, line: bytes, message: dict[str, Any]) -> None:
        """Take what matters from a request."""
        params = mapping(message.get("params"))
        name = params.get("name") if message["method"] == "tools/call" else ""
        self.line = line
        self.method = str(message["method"])
        self.tool = name if isinstance(name, str) else ""
        self.modern = MODERN in mapping(params.get("_meta"))
        self.tries = 0
        self.sent = False


def parse(line: bytes) -> dict[str, Any]:
    """Return a message, or nothing of what is none: the engine says what is wrong with it."""
    try:
        message = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return mapping(message)


def mapping(value: object) -> dict[str, Any]:
    """Return a JSON object, an empty one in place of anything else."""
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def request_id(message: dict[str, Any], name: str = "id") -> "str | int | None":
    """Return the id of a request, or of its answer."""
    found = message.get(name)
    return found if isinstance(found, str | int) and not isinstance(found, bool) else None


def keyed(message: dict[str, Any], key: str) -> bytes:
    """Return the line of an add with a key in its `_meta`."""
    params = message["params"] | {"_meta": mapping(message["params"].get("_meta")) | {KEY: key}}
    return json.dumps(message | {"params": params}).encode()


def notification(method: str, params: dict[str, Any]) -> bytes:
    """Return the line of a notification."""
    return json.dumps({"jsonrpc": "2.0", "method": method, "params": params}).encode()


def failure(number: "str | int", asked: PendingRequest, sentence: str) -> bytes:
    """Return the answer to a request that no engine answers."""
    if asked.tool:
        result: dict[str, Any] = {"content": [{"type": "text", "text": sentence}], "isError": True}
        answer = {"result": result | ({"resultType": "complete"} if asked.modern else {})}
    else:
        answer = {"error": {"code": INTERNAL_ERROR, "message": sentence}}
    return json.dumps({"jsonrpc": "2.0", "id": number} | answer).encode()
