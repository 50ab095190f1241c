# ruff: noqa: ANN401, C901 - an id is of any type; one function a route
"""A Streamable HTTP server before relays, for a suite that takes an address: it passes what each says to the other.

A session of the older era has a relay of its own; each request of the newer era, which has no sessions, has one too.
"""

import json
import os
import socket
import subprocess
import sys
import uuid
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import uvicorn
from anyio.abc import Process
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

BAD_REQUESTS = {-32021, -32020, -32004, -32022, -32602, -32600}
UNKNOWN_METHOD = -32601
READY = 4
"""Relays that are started before they are asked for: the suite waits half a second for what a session is answered."""


class Relayed:
    """A relay and who waits for which of its answers; what answers nobody goes to who has waited longest."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self._part = b""
        self._reading = anyio.Lock()
        self._waiting: dict[Any, deque[dict[str, Any]]] = {}

    @classmethod
    async def start(cls, data_dir: Path) -> "Relayed":
        environment = os.environ | {"MEMOS_DATA_DIR": str(data_dir)}
        return cls(
            await anyio.open_process([sys.executable, "-m", "memos_mcp"], env=environment, stderr=subprocess.DEVNULL)
        )

    async def say(self, message: dict[str, Any]) -> None:
        assert self._process.stdin is not None
        await self._process.stdin.send(json.dumps(message).encode() + b"\n")

    async def until(self, request_id: Any) -> AsyncIterator[dict[str, Any]]:
        """Yield what the relay says until the answer to a request."""
        mine = self._waiting[request_id] = deque()
        try:
            while True:
                async with self._reading:
                    if not mine:
                        await self._read()
                while mine:
                    yield (message := mine.popleft())
                    if _answers(message) == request_id:
                        return
        finally:
            del self._waiting[request_id]

    async def _read(self) -> None:
        assert self._process.stdout is not None
        while b"\n" not in self._part:
            self._part += await self._process.stdout.receive()
        line, _, self._part = self._part.partition(b"\n")
        message = json.loads(line)
        self._waiting.get(_answers(message), next(iter(self._waiting.values()))).append(message)

    def end(self) -> None:
        self._process.kill()


def _answers(message: dict[str, Any]) -> Any:
    return None if "method" in message else message.get("id")


def app(data_dir: Path) -> Starlette:
    """Build the server before the relays of a data directory."""
    sessions: dict[str, Relayed] = {}
    ready: deque[Relayed] = deque()

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        yield
        for relayed in ready:
            relayed.end()

    async def new_relay() -> Relayed:
        while len(ready) <= READY:  # from the first request on, when there is an engine
            ready.append(await Relayed.start(data_dir))
        return ready.popleft()

    async def post(request: Request) -> Response:
        message = await request.json()
        session_id = request.headers.get("mcp-session-id")
        if session_id in sessions:
            relayed, headers = sessions[session_id], {}
        elif session_id:
            return Response(status_code=404)
        else:
            relayed, headers = await new_relay(), {}
            if message.get("method") == "initialize":
                headers = {"mcp-session-id": uuid.uuid4().hex}
                sessions[headers["mcp-session-id"]] = relayed
        await relayed.say(message)
        if "id" not in message or "method" not in message:
            return Response(status_code=202)
        answers = relayed.until(message["id"])
        is_kept = bool(session_id or headers)
        first = await anext(answers)
        if first.get("id") == message["id"] and "method" not in first:
            if not is_kept:
                relayed.end()
            return JSONResponse(first, status_code=_status(first), headers=headers)

        async def stream() -> AsyncIterator[bytes]:
            try:
                yield _event(first)
                async for answer in answers:
                    yield _event(answer)
            finally:
                if not is_kept:
                    relayed.end()

        return StreamingResponse(stream(), media_type="text/event-stream", headers=headers)

    async def delete(request: Request) -> Response:
        sessions.pop(request.headers.get("mcp-session-id", ""), None)
        return Response()

    routes = [Route("/mcp", post, methods=["POST"]), Route("/mcp", delete, methods=["DELETE"])]
    return Starlette(routes=routes, lifespan=lifespan)


def _event(message: dict[str, Any]) -> bytes:
    return f"event: message\ndata: {json.dumps(message)}\n\n".encode()


def _status(answer: dict[str, Any]) -> int:
    code = answer.get("error", {}).get("code")
    if code == UNKNOWN_METHOD:
        return 404
    return 400 if code in BAD_REQUESTS else 200


async def serve(data_dir: Path) -> None:
    """Serve on a free port and print the address."""
    server = uvicorn.Server(uvicorn.Config(app(data_dir), log_level="warning"))
    listener = socket.create_server(("127.0.0.1", 0))
    sys.stdout.write(f"http://127.0.0.1:{listener.getsockname()[1]}/mcp\n")
    sys.stdout.flush()
    await server.serve([listener])


if __name__ == "__main__":
    anyio.run(serve, Path(sys.argv[1]))
