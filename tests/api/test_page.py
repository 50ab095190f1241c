"""The page's door: a link that works once or a token becomes a cookie; it and the page's token are asked for."""

from collections.abc import AsyncIterator

import httpx
import pytest

from memos_mcp.api.app import build_app, build_page
from memos_mcp.api.guard.page_sessions import LINK_LASTS, VISIT_LASTS, PageSessions, cookie_name
from memos_mcp.api.guard.tokens import Tokens
from memos_mcp.api.page_files import is_public
from tests.api.engine import REST, client_of
from tests.fakes.memory_backend import ListBackend

JSON = {"content-type": "application/json"}
TOKENS = Tokens([("a-token", "alice"), ("any-token", "*")])


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def visits(clock: Clock) -> PageSessions:
    return PageSessions(clock)


@pytest.fixture
async def closed(visits: PageSessions) -> AsyncIterator[httpx.AsyncClient]:
    """The page as `memos-mcp open` has it served."""
    memory = build_app(ListBackend(), user_id="alice").routes
    async with client_of(build_page(visits, user_id="alice", routes=memory)) as client:
        yield client


@pytest.fixture
async def signed(visits: PageSessions) -> AsyncIterator[httpx.AsyncClient]:
    """The page as `memos-mcp serve` with tokens has it served."""
    async with client_of(build_app(ListBackend(), user_id="alice", tokens=TOKENS, visits=visits)) as client:
        yield client


async def enter(
    client: httpx.AsyncClient, by: str = "", *, link: str = "", user_id: str | None = None
) -> httpx.Response:
    """Open a link, or sign in by a token."""
    return await client.post("/sign-in", json={"link": link, "token": by, "user_id": user_id})


async def read(client: httpx.AsyncClient, **headers: str) -> int:
    return (await client.post(f"{REST}/get/memory", json={}, headers=headers)).status_code


async def test_a_link_lets_one_browser_in_and_works_once(closed: httpx.AsyncClient, visits: PageSessions) -> None:
    link = visits.link("alice")
    assert await read(closed) == 401

    told = (await enter(closed, link=link)).json()

    assert told["user_id"] == "alice"
    assert await read(closed, **{"x-memos-page": told["page_token"]}) == 200
    assert (await closed.get("/sign-in", headers={"x-memos-page": told["page_token"]})).json()["signed_in"] is True
    again = await enter(closed, link=link)
    assert (again.status_code, "once" in again.text or "already" in again.text) == (401, True)
    assert "set-cookie" not in again.headers


async def test_the_cookie_is_strict_and_no_script_reads_it(closed: httpx.AsyncClient, visits: PageSessions) -> None:
    cookie = (await enter(closed, link=visits.link("alice"))).headers["set-cookie"].lower()

    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert cookie.startswith("memos_8765=")


async def test_the_cookie_alone_and_the_token_of_the_page_alone_open_nothing(
    closed: httpx.AsyncClient, visits: PageSessions
) -> None:
    told = (await enter(closed, link=visits.link("alice"))).json()

    assert await read(closed) == 401
    assert await read(closed, **{"x-memos-page": "guessed"}) == 401
    closed.cookies.clear()
    assert await read(closed, **{"x-memos-page": told["page_token"]}) == 401


async def test_an_old_link_and_an_old_visit_are_over(
    closed: httpx.AsyncClient, visits: PageSessions, clock: Clock
) -> None:
    link = visits.link("alice")
    clock.now = LINK_LASTS + 1
    assert (await enter(closed, link=link)).status_code == 401

    told = (await enter(closed, link=visits.link("alice"))).json()
    clock.now += VISIT_LASTS + 1
    assert await read(closed, **{"x-memos-page": told["page_token"]}) == 401


async def test_a_foreign_page_and_a_rebound_name_are_refused(closed: httpx.AsyncClient, visits: PageSessions) -> None:
    told = (await enter(closed, link=visits.link("alice"))).json()
    known = {"x-memos-page": told["page_token"]}

    for path in ("/", "/page/app.js", "/sign-in", f"{REST}/get/memory"):
        method = "POST" if path.startswith("/api") else "GET"
        rebound = await closed.request(method, path, headers=known | JSON | {"host": "evil.example:8765"})
        foreign = await closed.request(method, path, headers=known | JSON | {"origin": "http://evil.example"})
        assert (rebound.status_code, foreign.status_code) == (421, 403), path
    link = visits.link("alice")
    assert (await closed.post("/sign-in", json={"link": link}, headers={"origin": "null"})).status_code == 403
    assert (await enter(closed, link=link)).status_code == 200


async def test_a_form_of_another_page_is_refused(closed: httpx.AsyncClient) -> None:
    assert (await closed.post("/sign-in", data={"link": "x"})).status_code == 400


async def test_a_token_signs_its_user_in_and_no_other(signed: httpx.AsyncClient) -> None:
    assert (await signed.get("/sign-in")).json() == {"signed_in": False, "way": "token"}
    assert (await enter(signed, "wrong")).status_code == 401
    assert (await enter(signed, "a-token", user_id="bob")).status_code == 401

    told = (await enter(signed, "a-token")).json()

    shown = {"x-memos-page": told["page_token"]}
    assert told["user_id"] == "alice"
    assert await read(signed, **shown) == 200
    other = await signed.post(f"{REST}/get/memory", json={"user_id": "bob"}, headers=shown)
    assert other.status_code == 403


async def test_a_token_for_any_user_is_asked_whose(signed: httpx.AsyncClient) -> None:
    assert (await enter(signed, "any-token")).status_code == 400
    assert (await enter(signed, "any-token", user_id="bob")).json()["user_id"] == "bob"


async def test_signing_out_ends_the_visit(signed: httpx.AsyncClient) -> None:
    told = (await enter(signed, "a-token")).json()
    shown = {"x-memos-page": told["page_token"]}
    cookies = dict(signed.cookies)

    await signed.post("/sign-out", json={}, headers=shown)

    signed.cookies.update(cookies)
    assert await read(signed, **shown) == 401


async def test_guessing_is_slowed_down(signed: httpx.AsyncClient) -> None:
    answers = [(await enter(signed, f"guess-{number}")).status_code for number in range(40)]

    assert answers[-1] == 429


@pytest.mark.parametrize("path", ["/page/../guard.py", "/page/%2e%2e/guard.py", "/page//etc/passwd", "/page/vendor"])
async def test_the_page_gives_its_own_files_alone(closed: httpx.AsyncClient, path: str) -> None:
    assert (await closed.get(path)).status_code in (401, 404)


async def test_every_file_of_the_page_comes_with_a_strict_policy(closed: httpx.AsyncClient) -> None:
    for path in ("/", "/page/app.js", "/page/css/base.css", "/page/icon.svg", "/page/vendor/preact.js"):
        answer = await closed.get(path)
        policy = answer.headers["content-security-policy"]

        assert answer.status_code == 200
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert (await closed.get(path, headers={"if-none-match": answer.headers["etag"]})).status_code == 304


def test_nothing_of_anybody_is_public() -> None:
    assert not any(is_public(path) for path in ("/api/v1/home", "/mcp", "/pages", "//", "/sign-out", "/health"))


def test_an_engine_that_shows_its_page_is_not_idle(visits: PageSessions, clock: Clock) -> None:
    clock.now = 100
    with visits.during():
        clock.now = 500
        assert visits.idle_for() == 0
    clock.now = 520
    assert visits.idle_for() == 20


def test_each_port_has_a_cookie_of_its_own() -> None:
    names = {cookie_name(httpx.Headers({"host": host})) for host in ("127.0.0.1:1", "127.0.0.1:2", "memory.example")}  # pyright: ignore[reportArgumentType]

    assert names == {"memos_1", "memos_2", "memos"}


async def test_settings_are_shown_to_the_user_of_the_machine_alone(
    closed: httpx.AsyncClient, visits: PageSessions
) -> None:
    assert (await enter(closed, link=visits.link("alice"))).json()["at_machine"] is True
    assert (await enter(closed, link=visits.link("bob"))).json()["at_machine"] is False
