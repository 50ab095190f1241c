"""A request that its client cancels over HTTP stops, and its result is not sent.

In the older era a stream ends with a message for its request only, so the SDK says there that it was cancelled.
"""

import json
from functools import partial
from typing import Any

import anyio
import httpx

from memos_mcp.api.app import build_app
from memos_mcp.api.serve import listen, serve, url_of
from memos_mcp.core.models import SearchMemory, SearchResult
from memos_mcp.mcp.app import build_server
from tests.fakes.memory_backend import ListBackend

HEADERS = {"accept": "application/json, text/event-stream", "content-type": "application/json"}
HELLO = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}}


class Slow(ListBackend):
    def __init__(self) -> None:
        super().__init__()
        self.asked, self.given_up = anyio.Event(), anyio.Event()

    async def search_memory(self, request: SearchMemory, *, user_id: str) -> SearchResult:
        self.asked.set()
        try:
            await anyio.sleep_forever()
        finally:
            self.given_up.set()
        raise AssertionError(request, user_id)


def request(number: int | None, method: str, **params: Any) -> dict[str, Any]:  # noqa: ANN401  # JSON
    numbered = {} if number is None else {"id": number}
    return {"jsonrpc": "2.0", "method": method, "params": params} | numbered


async def test_a_cancelled_request_ends_without_its_result() -> None:
    backend, got = Slow(), list[str]()

    async def lend() -> Slow:
        return backend

    app = build_app(backend, user_id="u", server=build_server(lend, user_id=lambda: "u"))
    started, ending = anyio.Event(), anyio.Event()
    with anyio.fail_after(60), listen("127.0.0.1", 0) as listener:
        async with anyio.create_task_group() as group:
            group.start_soon(partial(serve, app, listener, started=started, ending=ending))
            await started.wait()
            async with httpx.AsyncClient(base_url=url_of(listener), headers=HEADERS, timeout=30) as http:
                opened = await http.post("/mcp", json=request(1, "initialize", **HELLO))
                http.headers["mcp-session-id"] = opened.headers["mcp-session-id"]
                await http.post("/mcp", json=request(None, "notifications/initialized"))

                async def search() -> None:
                    call = request(2, "tools/call", name="search_memory", arguments={"query": "x"})
                    got.append((await http.post("/mcp", json=call)).text)

                async with anyio.create_task_group() as calls:
                    calls.start_soon(search)
                    await backend.asked.wait()
                    await http.post("/mcp", json=request(None, "notifications/cancelled", requestId=2))
                alive = await http.post("/mcp", json=request(3, "ping"))
            ending.set()

    assert backend.given_up.is_set()
    assert "result" not in json.loads(got[0].split("data: ")[1])
    assert "Request cancelled" in got[0]
    assert json.loads(alive.text.split("data: ")[1])["id"] == 3
