"""The guard stands before every route alike."""

from collections.abc import AsyncIterator
from typing import Any, cast

import httpx
import pytest
from starlette.types import Message, Receive, Scope, Send

from memos_mcp.api.app import build_app
from memos_mcp.api.contract.routes import endpoints
from memos_mcp.api.guard.guard import Guard, Hosts
from memos_mcp.api.guard.rate import Rate
from memos_mcp.api.guard.request_body import LARGEST_BODY
from memos_mcp.api.guard.tokens import Tokens
from memos_mcp.api.serve import check_binding, hosts_of
from memos_mcp.core.errors import ConfigurationError
from memos_mcp.core.models import GetMemory, MemoryPage
from memos_mcp.mcp.app import build_server
from tests.api.engine import REST, client_of
from tests.fakes.memory_backend import ListBackend

ROUTES = [
    ("GET", "/health"),
    *((one.method, f"{REST}/{one.path}") for one in endpoints(*[cast("Any", object())] * 4)),
    ("POST", "/mcp"),
    ("GET", "/sse"),
    ("POST", "/messages/"),
    ("GET", "/nowhere"),
]
TOKENED = [(method, path) for method, path in ROUTES if path != "/health"]
POSTS = [path for method, path in ROUTES if method == "POST"]
SAID = "what the user said"
KNOWN = {"authorization": "Bearer a-token", "content-type": "application/json"}


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with guarded() as opened:
        yield opened


def guarded(rate: Rate | None = None) -> httpx.AsyncClient:
    """An app with every route there is, over a memory that the guard is to keep everyone from."""
    memory = ListBackend()

    async def lend() -> ListBackend:
        return memory

    server = build_server(lend, user_id=lambda: "alice")
    tokens = Tokens([("a-token", "alice"), ("b-token", "bob")])
    return client_of(build_app(memory, server=server, user_id="alice", tokens=tokens, rate=rate))


@pytest.mark.parametrize(
    "host",
    [
        *("evil.example", "evil.example:8765", "127.0.0.1.evil.example", "10.0.0.1", "[", ""),
        *("evil.example@127.0.0.1", "127.0.0.1@evil.example", "127.0.0.1#evil.example", "127.0.0.1:8765#@evil.example"),
    ],
)
async def test_a_foreign_host_is_refused(client: httpx.AsyncClient, host: str) -> None:
    for method, path in ROUTES:
        answer = await client.request(method, path, headers=KNOWN | {"host": host})

        assert (answer.status_code, answer.json()["code"]) == (421, 40000), path


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:3000", "http://localhost:8765"])
async def test_a_foreign_origin_is_refused(client: httpx.AsyncClient, origin: str) -> None:
    for method, path in ROUTES:
        answer = await client.request(method, path, headers=KNOWN | {"origin": origin})

        assert (answer.status_code, answer.json()["code"]) == (403, 40103), path
        assert "access-control-allow-origin" not in answer.headers


async def test_a_page_of_our_own_may_call_us(client: httpx.AsyncClient) -> None:
    answer = await client.get("/health", headers=KNOWN | {"origin": "http://127.0.0.1:8765"})

    assert answer.status_code == 200


@pytest.mark.parametrize(("token", "code"), [("", 40100), ("Bearer wrong", 40132), ("Token wrong", 40132)])
async def test_no_or_a_wrong_token_is_refused(client: httpx.AsyncClient, token: str, code: int) -> None:
    for method, path in TOKENED:
        answer = await client.request(method, path, headers=KNOWN | {"authorization": token})

        assert (answer.status_code, answer.json()["code"]) == (401, code), path


@pytest.mark.parametrize("kind", ["", "text/plain", "application/x-www-form-urlencoded", "application/jsonish"])
async def test_a_body_that_is_not_called_json_is_refused(client: httpx.AsyncClient, kind: str) -> None:
    for path in POSTS:
        answer = await client.post(path, headers=KNOWN | {"content-type": kind}, content=b"{}")

        assert (answer.status_code, answer.json()["code"]) == (400, 40000), path


@pytest.mark.parametrize("chunked", [False, True])
async def test_a_body_over_the_limit_is_refused(client: httpx.AsyncClient, chunked: bool) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(LARGEST_BODY // 1_000_000 + 1):
            yield b" " * 1_000_000

    for path in POSTS:
        content = chunks() if chunked else b" " * (LARGEST_BODY + 1)
        answer = await client.post(path, headers=KNOWN, content=content)

        assert (answer.status_code, answer.json()["code"]) == (413, 40013), path


async def test_too_many_calls_with_a_token_have_to_wait() -> None:
    async with guarded(Rate("3 per hour")) as client:
        answers = [await client.get("/nowhere", headers=KNOWN) for _ in range(4)]
        other = await client.get("/nowhere", headers={"authorization": "Bearer b-token"})

    assert [answer.status_code for answer in answers] == [404, 404, 404, 429]
    assert answers[-1].json()["code"] == 40300
    assert 0 < int(answers[-1].headers["retry-after"]) <= 3600
    assert other.status_code == 404


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "memory.example"])  # noqa: S104  # is refused
def test_listening_for_others_without_tokens_is_refused(host: str) -> None:
    with pytest.raises(ConfigurationError, match="memos-mcp token add"):
        check_binding(host, tokens=Tokens(()))

    check_binding(host, tokens=Tokens([("a-token", "alice")]))


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "::1", "localhost"])
def test_listening_for_this_machine_needs_no_tokens(host: str) -> None:
    check_binding(host, tokens=Tokens(()))


def test_a_server_for_others_goes_by_addresses_and_the_names_it_was_given() -> None:
    hosts = hosts_of("0.0.0.0", named=["Memory.example"])  # noqa: S104  # only looked at

    assert [
        name for name in ["192.168.1.5:80", "[::1]:80", "memory.example", "evil.example"] if hosts.accept(name)
    ] == [
        "192.168.1.5:80",
        "[::1]:80",
        "memory.example",
    ]
    assert not Hosts().accept("192.168.1.5:80")


@pytest.mark.parametrize("name", ["https://memory.example", "memory.example:443"])
def test_a_name_that_no_caller_could_have_is_refused(name: str) -> None:
    with pytest.raises(ConfigurationError, match="is no name: give it as memory.example.org"):
        hosts_of("127.0.0.1", named=[name])


async def test_what_there_is_no_route_for_has_a_code_of_its_own_and_is_told_the_routes(
    client: httpx.AsyncClient,
) -> None:
    answers = [
        await client.get("/nowhere", headers=KNOWN),
        await client.get(f"{REST}/add/message", headers=KNOWN),
        await client.post(f"{REST}/add/nothing", headers=KNOWN, json={}),
    ]

    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [
        (404, 40400),
        (405, 40500),
        (404, 40400),
    ]
    for answer in answers:
        assert {f"POST {REST}/add/message", "GET /livez"} <= set(answer.json()["data"]["routes"])
    assert f"Did you mean POST {REST}/add/message?" in answers[1].json()["message"]
    assert answers[1].headers["allow"] == "POST"


async def test_a_body_that_is_declared_beyond_all_numbers_is_refused(client: httpx.AsyncClient) -> None:
    answer = await client.post("/mcp", headers=KNOWN | {"content-length": "9" * 5000}, content=b"{}")

    assert (answer.status_code, answer.json()["code"]) == (413, 40013)


async def test_a_client_that_leaves_within_its_body_is_forgotten() -> None:
    called: list[str] = []
    sent: list[Message] = []
    parts: list[Message] = [{"type": "http.request", "body": b"{", "more_body": True}, {"type": "http.disconnect"}]

    async def app(scope: Scope, _: Receive, __: Send) -> None:
        called.append(scope["path"])

    async def receive() -> Message:
        return parts.pop(0)

    async def send(message: Message) -> None:
        sent.append(message)

    headers = [(b"host", b"127.0.0.1"), (b"content-type", b"application/json")]
    guard = Guard(app, hosts=Hosts(), tokens=Tokens(()), rate=None)
    await guard({"type": "http", "method": "POST", "path": "/mcp", "headers": headers}, receive, send)

    assert (called, sent) == ([], [])


class Broken(ListBackend):
    async def get_memory(self, request: GetMemory, *, user_id: str) -> MemoryPage:
        raise RuntimeError(SAID, request, user_id)


async def test_what_goes_wrong_inside_is_an_envelope_and_the_log_holds_no_text(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with client_of(build_app(Broken(), user_id="alice")) as client:
        answer = await client.post(f"{REST}/get/memory", json={})

    assert (answer.status_code, answer.json()["code"]) == (500, 50000)
    assert SAID not in answer.text + caplog.text
    assert "RuntimeError" in caplog.text
    assert "Traceback" not in answer.text
