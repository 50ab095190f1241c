"""The samples for nginx and Caddy, each in front of a real server: TLS, streams, sign-in by the public name."""

import re
import shutil
import socket
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import anyio
import httpx
import httpx2
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from tests.api.browser import answers_in
from tests.api.process import running
from tests.cli.machine import memos
from tests.mcp.clients import text_of

SAMPLES = Path(__file__).parents[2] / "deploy"
CADDY = shutil.which("caddy")
NGINX = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")
FRAME = """daemon off; master_process off; pid {folder}/nginx.pid; error_log {folder}/error.log; events {{}}
http {{ access_log off; client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;
uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s; include {folder}/site.conf; }}
"""

pytestmark = pytest.mark.skipif(not shutil.which("openssl"), reason="openssl is not installed")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("nginx")
    options = "req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=localhost -addext subjectAltName=DNS:localhost"
    files = ["-keyout", str(made / "privkey.pem"), "-out", str(made / "fullchain.pem")]
    subprocess.run(["openssl", *options.split(), *files], check=True, capture_output=True)
    return made


@pytest.fixture(scope="module")
def token(folder: Path) -> str:
    return memos("token", "add", "anna", MEMOS_DATA_DIR=str(folder / "data")).stdout.strip()


def changed(sample: str, *changes: tuple[str, str]) -> str:
    text = (SAMPLES / sample).read_text(encoding="utf-8")
    for given, own in changes:
        assert given in text
        text = text.replace(given, own)
    return text


def nginx(folder: Path, port: int, backend: str) -> list[str]:
    """Write the sample for this machine, have it checked, and return what runs it."""
    site = changed(
        "nginx.conf",
        ("127.0.0.1:8765", backend),
        ("listen 443 ssl", f"listen 127.0.0.1:{port} ssl"),
        ("server_name memory.example.org", "server_name localhost"),
        ("/etc/letsencrypt/live/memory.example.org", str(folder)),
    )
    (folder / "site.conf").write_text(site)
    (folder / "nginx.conf").write_text(FRAME.format(folder=folder))
    command = [str(NGINX), "-p", str(folder), "-c", str(folder / "nginx.conf")]
    subprocess.run([*command, "-t"], check=True, capture_output=True)
    return command


def caddy(folder: Path, port: int, backend: str) -> list[str]:
    site = changed(
        "Caddyfile",
        ("127.0.0.1:8765", backend),
        ("memory.example.org {", f"https://localhost:{port} {{\ntls {folder}/fullchain.pem {folder}/privkey.pem"),
    )
    (folder / "Caddyfile").write_text(f"{{\nadmin off\nauto_https disable_redirects\n}}\n{site}")
    options = ["--config", str(folder / "Caddyfile"), "--adapter", "caddyfile"]
    subprocess.run([str(CADDY), "validate", *options], check=True, capture_output=True)
    return [str(CADDY), "run", *options]


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(nginx, marks=pytest.mark.skipif(NGINX is None, reason="nginx is not installed"), id="nginx"),
        pytest.param(caddy, marks=pytest.mark.skipif(CADDY is None, reason="caddy is not installed"), id="caddy"),
    ],
)
def url(folder: Path, token: str, request: pytest.FixtureRequest) -> Iterator[str]:
    """The public address of a server behind a proxy."""
    del token
    port = free_port()
    public = f"https://localhost:{port}"
    with running(folder / "data", "--oauth", "--url", public) as server:
        command = request.param(folder, port, server.url.removeprefix("http://"))
        log = (folder / "proxy.log").open("w")
        with log, subprocess.Popen(command, stderr=log) as proxy:
            listens = False
            while not listens:
                assert proxy.poll() is None, (folder / "proxy.log").read_text()
                with suppress(OSError), socket.create_connection(("localhost", port), timeout=1):
                    listens = True
            yield public
            proxy.kill()  # Caddy would wait for streams that are open


def trusted(folder: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(folder / "fullchain.pem"))


def test_probes_answer_and_metrics_stay_within(folder: Path, url: str) -> None:
    with httpx.Client(verify=trusted(folder)) as client:
        assert client.get(f"{url}/health").json() == {"ready": True}
        assert client.get(f"{url}/metrics").status_code == 404
        assert "ready" not in client.get(f"{url}/health", headers={"host": "evil.example"}).text


def test_a_host_calls_and_listens_through_it(folder: Path, url: str, token: str) -> None:
    anyio.run(call_and_listen, folder, url, token)  # an asynchronous test would have each proxy started twice


async def call_and_listen(folder: Path, url: str, token: str) -> None:
    heard = anyio.Event()
    headers = {"authorization": f"Bearer {token}"}

    async def listen(client: Client) -> None:
        async with client.listen(resources_list_changed=True) as changes:
            async for _ in changes:
                heard.set()
                return

    async with (
        httpx2.AsyncClient(verify=trusted(folder), headers=headers, timeout=60) as http,
        Client(streamable_http_client(f"{url}/mcp", http_client=http)) as client,
        anyio.create_task_group() as group,
    ):
        group.start_soon(listen, client)
        with anyio.fail_after(60):
            while not heard.is_set():
                added = await client.call_tool("add_message", {"messages": "I moved to Lisbon."})
                assert not added.is_error, text_of(added)
                await anyio.sleep(0.1)


def test_a_user_is_sent_to_the_public_name_to_sign_in(folder: Path, url: str) -> None:
    with httpx.Client(verify=trusted(folder)) as client:
        challenge = client.post(f"{url}/mcp", json={}).headers["www-authenticate"]
        metadata = client.get(f"{url}/.well-known/oauth-authorization-server").json()
        back = "https://host.example/callback"
        client_id = client.post(metadata["registration_endpoint"], json={"redirect_uris": [back]}).json()["client_id"]
        asked = {"client_id": client_id, "response_type": "code", "code_challenge": "x", "redirect_uri": back}
        page = client.get(metadata["authorization_endpoint"], params=asked, follow_redirects=True)
        hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page.text))
        answer = client.post(
            str(page.url.copy_with(query=None)), data=hidden | {"decision": "deny"}, headers={"origin": url}
        )

    assert f'resource_metadata="{url}/.well-known/oauth-protected-resource/mcp"' in challenge
    assert "Secure" in page.headers["set-cookie"]
    assert answers_in(answer.headers["location"])["iss"] == url
