"""Users who sign in at an OpenID provider: a real one in a process of its own, and one that sends wrong tokens."""

import base64
import hashlib
import html
import json
import re
import secrets
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from memos_mcp.api.signin.upstream import OpenIdProvider
from memos_mcp.core.errors import ConfigurationError, Forbidden
from tests.api.browser import answers_in
from tests.api.process import Running, running

BACK = "http://127.0.0.1:9/callback"
VERIFIER = secrets.token_urlsafe(48)
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")
CLIENT = "memos-mcp"
REAL_PROVIDER = """
import oidc_provider_mock, sys
with oidc_provider_mock.run_server_in_thread(require_nonce=True) as server:
    print(server.server_port, flush=True)
    sys.stdin.read()
"""


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    """A provider that lets in whoever names a user."""
    command = [sys.executable, "-W", "ignore", "-c", REAL_PROVIDER]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        yield f"http://localhost:{int(process.stdout.readline())}"
        process.stdin.close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("upstream")


@pytest.fixture(scope="module")
def server(folder: Path, issuer: str) -> Iterator[Running]:
    settings = {"ISSUER": issuer, "CLIENT_ID": CLIENT, "CLIENT_SECRET": "a secret & more"}
    with running(folder, "--oauth", **{f"MEMOS_OIDC_{name}": value for name, value in settings.items()}) as started:
        yield started


@pytest.fixture(scope="module")
def client_id(server: Running) -> str:
    asked = {"client_name": "A host", "redirect_uris": [BACK], "token_endpoint_auth_method": "none"}
    return httpx.post(f"{server.url}/register", json=asked).json()["client_id"]


def at_provider(browser: httpx.Client, server: Running, client_id: str) -> str:
    """Follow a client's address to the page of the provider, and return where that is."""
    asked = {"client_id": client_id, "response_type": "code", "code_challenge": CHALLENGE, "redirect_uri": BACK}
    shown = browser.get(f"{server.url}/authorize?{urlencode(asked)}")
    assert shown.status_code == 200, shown.text
    return str(shown.url)


def sent_back(browser: httpx.Client, page: str, **fields: str) -> str:
    """Send the provider's form; return where that sends the browser."""
    return browser.post(page, data=fields, follow_redirects=False).headers["location"]


def browsing() -> httpx.Client:
    return httpx.Client(timeout=30, follow_redirects=True)


def tokens_of(user: str, server: Running, client_id: str) -> str:
    with browsing() as browser:
        answer = browser.get(sent_back(browser, at_provider(browser, server, client_id), sub=user))
        assert f"You are signed in as <b>{user}</b>" in answer.text
        assert 'name="password"' not in answer.text
        fields = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', answer.text))
        allowed = browser.post(
            f"{server.url}/authorize/sign-in",
            data={name: html.unescape(value) for name, value in fields.items()} | {"decision": "allow"},
            headers={"origin": server.url},
            follow_redirects=False,
        )
    given = {
        "grant_type": "authorization_code",
        "client_id": client_id,
        "code": answers_in(allowed.headers["location"])["code"],
        "code_verifier": VERIFIER,
        "redirect_uri": BACK,
    }
    return httpx.post(f"{server.url}/token", data=given).json()["access_token"]


def call(server: Running, token: str, operation: str, **body: object) -> dict[str, Any]:
    headers = {"authorization": f"Bearer {token}"}
    answer = httpx.post(f"{server.rest}/{operation}", json=body, headers=headers, timeout=60)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_the_user_whom_the_provider_names_lets_a_client_in_to_their_own_memory(
    server: Running, client_id: str, folder: Path
) -> None:
    anna, ben = (tokens_of(user, server, client_id) for user in ("anna", "ben"))

    call(server, anna, "add/message", conversation_id="c", messages=[{"role": "user", "content": "I like figs."}])
    assert "figs" in str(call(server, anna, "get/message", conversation_id="c"))
    found = httpx.post(
        f"{server.rest}/get/message", json={"conversation_id": "c"}, headers={"authorization": f"Bearer {ben}"}
    )
    assert "figs" not in found.text
    audited = [json.loads(line) for line in (folder / "audit.jsonl").read_text().splitlines()]
    assert [one["user_id"] for one in audited if one["event"] == "sign_in"] == ["anna", "ben"]


def test_only_the_browser_that_asked_may_bring_the_answer(server: Running, client_id: str) -> None:
    with browsing() as browser, browsing() as other:
        back = sent_back(browser, at_provider(browser, server, client_id), sub="anna")
        at_provider(other, server, client_id)

        assert other.get(back).status_code == 410
        assert browser.get(re.sub("state=[^&]+", "state=another", back)).status_code == 410
        assert browser.get(re.sub("code=[^&]+", "code=another", back)).status_code == 403


def test_who_is_refused_at_the_provider_gets_no_page_of_consent(server: Running, client_id: str) -> None:
    with browsing() as browser:
        page = at_provider(browser, server, client_id)
        state = parse_qs(urlsplit(page).query)["state"][0]
        refused = browser.get(f"{server.url}/authorize/callback?error=access_denied&state={state}")

    assert refused.status_code == 403
    assert "refused" in refused.text
    assert "<form" not in refused.text


def test_what_a_browser_keeps_until_it_is_back_is_no_proof_of_a_user(server: Running, client_id: str) -> None:
    with browsing() as browser:
        at_provider(browser, server, client_id)
        kept = next(cookie.value for cookie in browser.cookies.jar if cookie.path == "/authorize/callback")
        assert kept is not None
        asked = jwt.decode(kept, options={"verify_signature": False})["request"]
        browser.cookies.set(f"memos_sign_in_{asked[:8]}", kept)
        sent = {"request": asked, "proof": kept, "decision": "allow"}
        forged = browser.post(f"{server.url}/authorize/sign-in", data=sent, headers={"origin": server.url})

    assert forged.status_code == 410


KEY, OTHER_KEY = (rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(2))


class TokenEndpoint:
    """A provider that answers every code with the ID token that it was given."""

    def __init__(self) -> None:
        self.id_token = ""
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(KEY.public_key()))
                keys = {"keys": [public | {"kid": "one", "alg": "RS256", "use": "sig"}]}
                self.answer(keys if self.path == "/keys" else outer.metadata)

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["content-length"]))
                self.answer({"access_token": "none", "token_type": "Bearer", "id_token": outer.id_token})

            def answer(self, body: object) -> None:
                self.send_response(200)
                self.send_header("content-type", "application/json")
                self.end_headers()
                self.wfile.write(json.dumps(body).encode())

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.issuer = f"http://127.0.0.1:{self.server.server_port}"
        self.metadata = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
        }


@pytest.fixture(scope="module")
def sending() -> Iterator[TokenEndpoint]:
    endpoint = TokenEndpoint()
    with endpoint.server:
        threading.Thread(target=endpoint.server.serve_forever, daemon=True).start()
        yield endpoint
        endpoint.server.shutdown()


async def named(sending: TokenEndpoint, claims: dict[str, Any], *, claim: str = "sub", **signed: object) -> str:
    """Return the user whom the provider names by an ID token of these claims."""
    upstream = OpenIdProvider(
        sending.issuer, client_id=CLIENT, secret="", claim=claim, callback="http://localhost/back"
    )
    _, state, sealed = await upstream.begin("a request")
    kept = upstream.opened("return", sealed)
    now = time.time()
    usual = {"iss": sending.issuer, "aud": CLIENT, "sub": "anna", "iat": now, "exp": now + 300, "nonce": kept["nonce"]}
    how: dict[str, Any] = {"key": KEY, "algorithm": "RS256"} | signed
    claimed = {name: value for name, value in (usual | claims).items() if value is not None}
    sending.id_token = jwt.encode(claimed, headers={"kid": "one"}, **how)
    return await upstream.user(kept, {"state": state, "code": "a code"})


async def test_a_good_id_token_names_the_user_by_the_claim_that_is_configured(sending: TokenEndpoint) -> None:
    mail = {"email": "anna@example.org", "email_verified": True}
    assert await named(sending, {}) == "anna"
    assert await named(sending, mail, claim="email") == "anna@example.org"


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://another.example"},
        {"aud": "another-client"},
        {"aud": [CLIENT, "another-client"], "azp": "another-client"},
        {"exp": time.time() - 3600},
        {"exp": None},
        {"nonce": "of another sign-in"},
        {"nonce": None},
        {"sub": "*"},
        {"sub": " "},
        {"sub": "a" * 101},
        {"iat": time.time() + 3600},
    ],
    ids=[
        "another issuer",
        "another audience",
        "authorized for another client",
        "expired",
        "without an end",
        "of another sign-in",
        "without a nonce",
        "any user",
        "blank",
        "too long",
        "of the future",
    ],
)
async def test_an_id_token_that_is_not_for_this_sign_in_names_nobody(
    sending: TokenEndpoint, claims: dict[str, Any]
) -> None:
    with pytest.raises(Forbidden):
        await named(sending, claims)


@pytest.mark.parametrize(
    "signed",
    [{"key": OTHER_KEY}, {"key": "", "algorithm": "none"}, {"key": "k" * 64, "algorithm": "HS256"}],
    ids=["another key", "no signature", "a shared secret"],
)
async def test_an_id_token_that_the_provider_did_not_sign_names_nobody(
    sending: TokenEndpoint, signed: dict[str, Any]
) -> None:
    with pytest.raises(Forbidden):
        await named(sending, {}, **signed)


async def test_an_email_that_the_provider_has_not_verified_names_nobody(sending: TokenEndpoint) -> None:
    with pytest.raises(Forbidden):
        await named(sending, {"email": "anna@example.org"}, claim="email")


@pytest.mark.parametrize("issuer", ["http://login.example.org", "login.example.org", "ftp://127.0.0.1"])
def test_an_issuer_that_others_could_answer_for_stops_the_start(issuer: str) -> None:
    with pytest.raises(ConfigurationError, match="MEMOS_OIDC_ISSUER"):
        OpenIdProvider(issuer, client_id=CLIENT, secret="", claim="sub", callback="http://localhost/back")
