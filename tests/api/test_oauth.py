"""`memos-mcp serve --oauth`: clients register, have their user sign in, and see that user's memory alone."""

import base64
import hashlib
import json
import re
import secrets
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
import httpx2
import pytest
from mcp import Client
from mcp.client.auth import OAuthClientProvider
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import AuthorizationCodeResult, OAuthClientInformationFull, OAuthClientMetadata, OAuthToken

from tests.api.browser import allow, answers_in, open_page
from tests.api.process import Running, running
from tests.cli.machine import memos
from tests.mcp.clients import text_of

PASSWORDS = {"anna": "correct horse battery", "ben": "staple of a kind"}
BACK = "http://127.0.0.1:9/callback"
REGISTRATION = {"client_name": "A <b>host</b>", "redirect_uris": [BACK], "token_endpoint_auth_method": "none"}
VERIFIER = secrets.token_urlsafe(48)
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("oauth")
    for name, password in PASSWORDS.items():
        done = memos("user", "add", name, "--password-stdin", given=f"{password}\n", MEMOS_DATA_DIR=str(made))
        assert done.returncode == 0, done.stderr
    return made


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[Running]:
    with running(folder, "--oauth") as started:
        yield started


@pytest.fixture(scope="module")
def client_id(server: Running) -> str:
    """A public client that registered itself."""
    return httpx.post(f"{server.url}/register", json=REGISTRATION).json()["client_id"]


def authorize(server: Running, client_id: str, **changed: str) -> str:
    """Return the address that a client sends its user to."""
    asked = {
        "client_id": client_id,
        "response_type": "code",
        "code_challenge": CHALLENGE,
        "redirect_uri": BACK,
        "state": "as it was",
        "resource": f"{server.url}/mcp",
    }
    return f"{server.url}/authorize?{urlencode(asked | changed)}"


def exchange(server: Running, client: str, **fields: str) -> httpx.Response:
    given = {
        "client_id": client,
        "grant_type": "authorization_code",
        "redirect_uri": BACK,
        "code_verifier": VERIFIER,
    }
    return httpx.post(f"{server.url}/token", data=given | fields)


def refresh(server: Running, client_id: str, token: str) -> httpx.Response:
    given = {"client_id": client_id, "grant_type": "refresh_token", "refresh_token": token}
    return httpx.post(f"{server.url}/token", data=given)


def signed_in(server: Running, client_id: str, user: str = "anna") -> dict[str, Any]:
    """Have a user let the client in, and return the tokens."""
    code = answers_in(allow(authorize(server, client_id), user, PASSWORDS[user]))["code"]
    answer = exchange(server, client_id, code=code)
    assert answer.status_code == 200, answer.text
    return answer.json()


def may(server: Running, token: str) -> int:
    headers = {"authorization": f"Bearer {token}"}
    return httpx.post(f"{server.rest}/get/memory", json={}, headers=headers).status_code


class Kept:
    """What the SDK's client keeps."""

    def __init__(self) -> None:
        self.tokens: OAuthToken | None = None
        self.client: OAuthClientInformationFull | None = None

    async def get_tokens(self) -> OAuthToken | None:
        return self.tokens

    async def set_tokens(self, tokens: OAuthToken) -> None:
        self.tokens = tokens

    async def get_client_info(self) -> OAuthClientInformationFull | None:
        return self.client

    async def set_client_info(self, client_info: OAuthClientInformationFull) -> None:
        self.client = client_info


async def asked_as(server: Running, user: str, tool: str, kept: Kept | None = None, **arguments: object) -> str:
    """Call a tool by the Python SDK's client, whose user signs in where it has to."""
    came_back: dict[str, str] = {}

    async def sign_in(url: str) -> None:
        came_back.update(answers_in(allow(url, user, PASSWORDS[user])))

    async def back() -> AuthorizationCodeResult:
        return AuthorizationCodeResult(**came_back)

    metadata = OAuthClientMetadata.model_validate({"client_name": "a host", "redirect_uris": [BACK]})
    auth = OAuthClientProvider(f"{server.url}/mcp", metadata, kept or Kept(), sign_in, back)
    if kept is not None and kept.tokens is not None:
        await auth._initialize()
        auth.context.token_expiry_time = 1  # long ago
    async with (
        httpx2.AsyncClient(auth=auth, timeout=60) as http,
        Client(streamable_http_client(f"{server.url}/mcp", http_client=http)) as client,
    ):
        return text_of(await client.call_tool(tool, arguments))


async def test_the_python_sdk_signs_in_and_each_user_sees_their_own_memory(server: Running) -> None:
    await asked_as(server, "anna", "add_message", messages="My bicycle is green.")
    await asked_as(server, "ben", "add_message", messages="My bicycle is blue.")

    anna = await asked_as(server, "anna", "search_memory", query="Which colour is my bicycle?")
    ben = await asked_as(server, "ben", "search_memory", query="Which colour is my bicycle?")

    assert ("green" in anna, "blue" in anna) == (True, False)
    assert ("green" in ben, "blue" in ben) == (False, True)


async def test_the_python_sdk_goes_on_with_its_refresh_token(server: Running) -> None:
    kept = Kept()
    await asked_as(server, "anna", "get_memory", kept)
    assert kept.tokens is not None
    before = kept.tokens

    await asked_as(server, "nobody who could sign in", "get_memory", kept)

    assert kept.tokens.refresh_token != before.refresh_token


def test_a_client_without_a_token_is_told_where_to_get_one(server: Running) -> None:
    answer = httpx.post(f"{server.url}/mcp", json={})

    shown = answer.headers["www-authenticate"]
    found = re.search(r'resource_metadata="([^"]+)"', shown)
    assert answer.status_code == 401
    assert found is not None
    resource = httpx.get(found.group(1)).json()
    assert resource["resource"] == f"{server.url}/mcp"
    (issuer,) = resource["authorization_servers"]
    metadata = httpx.get(f"{issuer}/.well-known/oauth-authorization-server").json()
    assert metadata["issuer"] == server.url
    assert metadata["code_challenge_methods_supported"] == ["S256"]
    assert httpx.get(f"{server.url}/.well-known/openid-configuration").status_code == 404
    refused = httpx.post(f"{server.url}/mcp", json={}, headers={"authorization": "Bearer wrong"})
    assert 'error="invalid_token"' in refused.headers["www-authenticate"]


def test_what_comes_back_is_a_code_the_state_and_the_issuer(server: Running, client_id: str) -> None:
    location = allow(authorize(server, client_id), "anna", PASSWORDS["anna"])

    came = answers_in(location)
    assert location.startswith(BACK)
    assert set(came) == {"code", "state", "iss"}
    assert (came["state"], came["iss"]) == ("as it was", server.url)


def test_a_user_who_says_no_gives_no_code(server: Running, client_id: str) -> None:
    answer = open_page(authorize(server, client_id)).send(decision="deny")

    assert answers_in(answer.headers["location"])["error"] == "access_denied"


@pytest.mark.parametrize(("user", "password"), [("anna", "wrong"), ("nobody", "correct horse battery"), ("", "")])
def test_a_wrong_password_and_an_unknown_user_get_the_same_answer(
    server: Running, client_id: str, user: str, password: str
) -> None:
    answer = open_page(authorize(server, client_id)).send(user, password)

    assert answer.status_code == 403
    assert "User or password are not right." in answer.text
    assert "location" not in answer.headers


def test_the_page_shows_who_asks_as_text_and_runs_no_script(server: Running, client_id: str) -> None:
    page = open_page(authorize(server, client_id)).answer

    assert "A &lt;b&gt;host&lt;/b&gt;" in page.text
    assert "127.0.0.1:9" in page.text
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "form-action 'self' http://127.0.0.1:9;" in policy
    assert "script" not in policy + page.text
    assert page.headers["cache-control"] == "no-store"


def test_a_form_from_another_page_or_browser_is_refused(server: Running, client_id: str) -> None:
    page = open_page(authorize(server, client_id))
    page.cookies.clear()
    from_another_browser = page.send("anna", PASSWORDS["anna"])
    changed = open_page(authorize(server, client_id)).send("anna", PASSWORDS["anna"], proof="guessed")
    own = open_page(authorize(server, client_id))
    fields = {"request": own.answer.url.params["request"], "user": "anna", "decision": "allow"}
    from_another_page = own.post(fields, origin="https://evil.example")

    assert [from_another_browser.status_code, changed.status_code, from_another_page.status_code] == [410, 410, 403]


def test_a_code_works_once_and_ends_all_that_came_of_it_when_shown_again(server: Running, client_id: str) -> None:
    code = answers_in(allow(authorize(server, client_id), "anna", PASSWORDS["anna"]))["code"]
    tokens = exchange(server, client_id, code=code).json()
    assert may(server, tokens["access_token"]) == 200

    again = exchange(server, client_id, code=code)

    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")
    assert may(server, tokens["access_token"]) == 401


@pytest.mark.parametrize(
    "changed",
    [{"code_verifier": "x" * 64}, {"redirect_uri": "http://127.0.0.1:9/elsewhere"}, {"client_id": "somebody-else"}],
)
def test_a_code_is_of_no_use_to_others(server: Running, client_id: str, changed: dict[str, str]) -> None:
    code = answers_in(allow(authorize(server, client_id), "anna", PASSWORDS["anna"]))["code"]

    assert exchange(server, client_id, code=code, **changed).status_code in (400, 401)


def test_a_refresh_token_gives_new_tokens_of_the_same_user(server: Running, client_id: str) -> None:
    tokens = signed_in(server, client_id)

    renewed = refresh(server, client_id, tokens["refresh_token"]).json()

    assert may(server, renewed["access_token"]) == 200
    assert renewed["refresh_token"] != tokens["refresh_token"]
    assert renewed["scope"] == "memory"


def test_a_refresh_token_that_was_stolen_ends_all_that_came_of_it(
    folder: Path, server: Running, client_id: str
) -> None:
    tokens = signed_in(server, client_id)
    renewed = refresh(server, client_id, tokens["refresh_token"]).json()
    with sqlite3.connect(folder / "accounts.sqlite3", timeout=10) as accounts:  # an hour goes by
        accounts.execute("UPDATE secret SET used = used - 3600 WHERE kind = 'refresh' AND used IS NOT NULL")
    accounts.close()

    stolen = refresh(server, client_id, tokens["refresh_token"])

    assert (stolen.status_code, stolen.json()["error"]) == (400, "invalid_grant")
    assert may(server, renewed["access_token"]) == 401


def test_a_token_that_is_revoked_and_its_refresh_token_are_gone(server: Running, client_id: str) -> None:
    tokens = signed_in(server, client_id)

    answer = httpx.post(f"{server.url}/revoke", data={"client_id": client_id, "token": tokens["access_token"]})

    assert answer.status_code == 200
    assert may(server, tokens["access_token"]) == 401
    assert refresh(server, client_id, tokens["refresh_token"]).status_code == 400


def test_another_client_cannot_revoke_a_token(server: Running, client_id: str) -> None:
    tokens = signed_in(server, client_id)
    other = httpx.post(f"{server.url}/register", json=REGISTRATION).json()["client_id"]

    httpx.post(f"{server.url}/revoke", data={"client_id": other, "token": tokens["access_token"]})

    assert may(server, tokens["access_token"]) == 200


def test_a_secret_of_a_client_is_asked_for(server: Running) -> None:
    registered = httpx.post(f"{server.url}/register", json={"redirect_uris": [BACK]}).json()
    code = answers_in(allow(authorize(server, registered["client_id"]), "anna", PASSWORDS["anna"]))["code"]

    without = exchange(server, registered["client_id"], code=code)
    wrong = exchange(server, registered["client_id"], code=code, client_secret="wrong")  # noqa: S106
    right = exchange(server, registered["client_id"], code=code, client_secret=registered["client_secret"])

    assert [without.status_code, wrong.status_code, right.status_code] == [401, 401, 200]


@pytest.mark.parametrize(
    "uri",
    ["http://evil.example/callback", "javascript:alert(1)", "data:text/html,x", "https://a.example/#x", "file:///etc"],
)
def test_a_client_that_would_send_its_user_to_no_safe_place_is_not_registered(server: Running, uri: str) -> None:
    answer = httpx.post(f"{server.url}/register", json={"redirect_uris": [uri]})

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_redirect_uri")


@pytest.mark.parametrize(
    ("changed", "error"),
    [({"resource": "https://another.example/mcp"}, "invalid_target"), ({"response_type": "token"}, "unsupported")],
)
def test_a_request_that_is_not_ours_goes_back_with_an_error(
    server: Running, client_id: str, changed: dict[str, str], error: str
) -> None:
    answer = httpx.get(authorize(server, client_id, **changed))

    assert answers_in(answer.headers["location"])["error"].startswith(error)


def test_nobody_is_sent_to_an_address_that_was_not_registered(server: Running, client_id: str) -> None:
    elsewhere = httpx.get(authorize(server, client_id, redirect_uri="https://evil.example/callback"))
    another_port = httpx.get(authorize(server, client_id, redirect_uri="http://127.0.0.1:4711/callback"))

    assert elsewhere.status_code == 400
    assert another_port.status_code == 302  # whatever port was free on the user's own machine


def test_no_secret_is_kept_or_logged(folder: Path, server: Running, client_id: str) -> None:
    tokens = signed_in(server, client_id)
    code = answers_in(allow(authorize(server, client_id), "anna", PASSWORDS["anna"]))["code"]

    for secret in (*PASSWORDS.values(), code, tokens["access_token"], tokens["refresh_token"]):
        for file in ("accounts.sqlite3", "accounts.sqlite3-wal", "audit.jsonl"):
            assert secret.encode() not in (folder / file).read_bytes(), file
    lines = [json.loads(line) for line in (folder / "audit.jsonl").read_text().splitlines()]
    assert {"event": "sign_in", "user_id": "anna", "application": client_id, "client": "127.0.0.1"}.items() <= lines[
        -1
    ].items()
    assert (folder / "accounts.sqlite3").stat().st_mode & 0o077 == 0


def test_another_password_ends_what_was_granted(folder: Path, server: Running, client_id: str) -> None:
    tokens = signed_in(server, client_id, "ben")
    PASSWORDS["ben"] = "another one entirely"

    done = memos("user", "password", "ben", "--password-stdin", given=PASSWORDS["ben"], MEMOS_DATA_DIR=str(folder))

    assert done.returncode == 0, done.stderr
    assert may(server, tokens["access_token"]) == 401
    assert refresh(server, client_id, tokens["refresh_token"]).status_code == 400
    assert signed_in(server, client_id, "ben")
