"""The parts of the sign-in: client documents, passwords, the limits on attempts, addresses."""

import json
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from urllib.parse import urlencode

import httpx
import pytest

from memos_mcp.api.app import build_app
from memos_mcp.api.guard.tokens import Tokens
from memos_mcp.api.monitoring.audit import Audit
from memos_mcp.api.serve import check_binding, issuer_of
from memos_mcp.api.signin.accounts import Accounts
from memos_mcp.api.signin.clients import LARGEST_DOCUMENT, Documents
from memos_mcp.api.signin.passwords import NOBODYS, hashed, matches
from memos_mcp.api.signin.routes import SignIn
from memos_mcp.core.errors import ConfigurationError
from tests.api.engine import client_of
from tests.cli.machine import memos
from tests.fakes.memory_backend import ListBackend

ISSUER = "http://127.0.0.1:8765"
BACK = "http://127.0.0.1:9/callback"
ASKED = {"response_type": "code", "code_challenge": "x", "redirect_uri": BACK}


@contextmanager
def document(**fields: object) -> Iterator[str]:
    """Serve a client's document on this machine, and give its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            own = f"http://127.0.0.1:{self.server.server_port}{self.path}"
            described = {"client_id": own, "client_name": "documented", "redirect_uris": [BACK]} | fields
            self.send_response(302 if self.path == "/moved" else 200)
            self.send_header("location", "/client.json")
            self.end_headers()
            self.wfile.write(json.dumps(described).encode())

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/client.json"
        server.shutdown()


@pytest.fixture
def accounts(tmp_path: Path) -> Iterator[Accounts]:
    opened = Accounts(tmp_path / "accounts.sqlite3")
    yield opened
    opened.close()


@pytest.fixture
async def client(accounts: Accounts) -> AsyncIterator[httpx.AsyncClient]:
    sign_in = SignIn(accounts, issuer=ISSUER, audit=Audit(), attempts="3 per day")
    async with client_of(build_app(ListBackend(), user_id="u", sign_in=sign_in)) as opened:
        yield opened


async def test_a_client_is_known_by_its_document_without_registering(client: httpx.AsyncClient) -> None:
    with document() as address:
        answer = await client.get(f"/authorize?{urlencode(ASKED | {'client_id': address})}")
        page = await client.get(answer.headers["location"])

    assert answer.status_code == 302
    assert "documented" in page.text


@pytest.mark.parametrize(
    "fields",
    [
        {"client_id": "https://somebody.else/client.json"},
        {"redirect_uris": ["https://evil.example/callback", "javascript:x"]},
        {"redirect_uris": []},
        {"client_name": "x" * LARGEST_DOCUMENT},
    ],
)
async def test_a_document_that_does_not_say_who_it_is_names_no_client(fields: dict[str, object]) -> None:
    with document(**fields) as address:
        assert await Documents(local_too=True).client(address) is None


async def test_a_document_that_is_elsewhere_is_not_followed() -> None:
    with document() as address:
        assert await Documents(local_too=True).client(address.replace("client.json", "moved")) is None


@pytest.mark.parametrize(
    "address",
    [
        "https://127.0.0.1/client.json",
        "https://localhost/client.json",
        "https://169.254.169.254/latest/meta-data",
        "https://[::1]/client.json",
        "https://10.0.0.1/client.json",
        "http://example.org/client.json",
        "https://user@example.org/client.json",
        "https://example.org/",
        "https://example.org:99999/x",
        "file:///etc/passwd",
        "an-id",
    ],
)
async def test_nothing_within_this_network_is_read(address: str) -> None:
    assert await Documents().client(address) is None


async def test_a_public_server_reads_no_document_of_its_own_machine() -> None:
    with document() as address:
        assert await Documents().client(address) is None


@pytest.mark.long
async def test_passwords_can_be_tried_a_few_times_only(client: httpx.AsyncClient, accounts: Accounts) -> None:
    accounts.put_user("anna", hashed("the right one"))
    registered = (await client.post("/register", json={"redirect_uris": [BACK]})).json()
    asked = await client.get(f"/authorize?{urlencode(ASKED | {'client_id': registered['client_id']})}")
    page = await client.get(asked.headers["location"])

    statuses = []
    for password in ("a", "b", "c", "the right one"):
        proof = next(iter(client.cookies.values()))
        request = httpx.URL(asked.headers["location"]).params["request"]
        form = {"request": request, "proof": proof, "user": "anna", "password": password, "decision": "allow"}
        statuses.append((await client.post("/authorize/sign-in", data=form)).status_code)

    assert page.status_code == 200
    assert statuses == [403, 403, 403, 429]


async def test_what_is_sent_to_the_sign_in_is_small(client: httpx.AsyncClient) -> None:
    answer = await client.post("/token", data={"client_id": "x" * 100_001})

    assert answer.status_code == 413


async def test_a_token_of_a_file_goes_on_beside_the_sign_in(accounts: Accounts) -> None:
    sign_in = SignIn(accounts, issuer=ISSUER, audit=Audit())
    app = build_app(ListBackend(), user_id="u", tokens=Tokens([("a-token", "u")]), sign_in=sign_in)
    async with client_of(app) as client:
        known = await client.get("/nowhere", headers={"authorization": "Bearer a-token"})
        unknown = await client.get("/nowhere", headers={"authorization": "Bearer b-token"})

    assert (known.status_code, unknown.status_code) == (404, 401)


@pytest.mark.long
def test_a_password_is_kept_with_a_salt_of_its_own() -> None:
    kept = hashed("correct horse")

    assert kept != hashed("correct horse")
    assert (matches("correct horse", kept), matches("wrong horse", kept), matches("", NOBODYS)) == (True, False, False)


@pytest.mark.parametrize(
    ("url", "issuer"),
    [
        ("https://Memory.Example.org/", "https://memory.example.org"),
        ("https://memory.example.org:8443", "https://memory.example.org:8443"),
        ("http://127.0.0.1:8765", "http://127.0.0.1:8765"),
    ],
)
def test_an_address_is_an_issuer(url: str, issuer: str) -> None:
    assert issuer_of(url) == issuer


@pytest.mark.parametrize(
    "url", ["http://memory.example.org", "memory.example.org", "https://a/b", "https://a?b", "https://", "https://["]
)
def test_an_address_at_which_a_token_could_be_read_is_none(url: str) -> None:
    with pytest.raises(ConfigurationError, match="--url"):
        issuer_of(url)


def test_a_sign_in_lets_a_server_listen_for_others() -> None:
    check_binding("192.0.2.7", tokens=Tokens(()), signs_in=True)


@pytest.mark.processes
def test_a_user_has_a_password_of_some_length_and_exists_once(tmp_path: Path) -> None:
    def user(*arguments: str, given: str = "") -> tuple[int, str]:
        done = memos("user", *arguments, given=given, MEMOS_DATA_DIR=str(tmp_path))
        return done.returncode, done.stdout + done.stderr

    short = user("add", "anna", "--password-stdin", given="short\n")
    added = user("add", "anna", "--password-stdin", given="long enough\n")
    again = user("add", "anna", "--password-stdin", given="long enough\n")

    assert (short[0], added[0], again[0]) == (1, 0, 1)
    assert "8 to 1000 characters" in short[1]
    assert "is a user already" in again[1]
    assert user("list", "--json")[1].strip() == '[\n  "anna"\n]'
    assert user("remove", "anna")[0] == 0
    assert user("remove", "anna")[0] == 1
