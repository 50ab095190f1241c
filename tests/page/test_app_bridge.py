"""The MCP App inside a host on the reference packages: their client, their bridge, a real server over HTTP."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, FrameLocator, Page, Route, expect

from tests.api.process import Running, running
from tests.page.app_steps import cats_of, correct_the_dentist, delete, turn_light
from tests.page.browser import PHONE, Said, opened

MODULES = Path(os.environ.get("MEMOS_TEST_NODE_MODULES", "/nowhere"))
HOST = Path(__file__).with_name("reference_host.html").read_text(encoding="utf-8")
NAMED = (
    "@modelcontextprotocol/ext-apps/app-bridge",
    "@modelcontextprotocol/client",
    "@modelcontextprotocol/client/_shims",
    "@modelcontextprotocol/core",
    "@modelcontextprotocol/core/internal",
    "eventsource",
    "eventsource-parser",
    "eventsource-parser/stream",
    "pkce-challenge",
    "zod/v4",
)
"""What the packages import by name."""

SAID = ("I live in Hamburg with my two cats.", "My dentist is called Doctor Okafor.")

pytestmark = pytest.mark.skipif(
    not (MODULES / "@modelcontextprotocol" / "ext-apps").exists(),
    reason="MEMOS_TEST_NODE_MODULES names no folder with @modelcontextprotocol/ext-apps",
)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("bridged")) as server:
        messages = [{"role": "user", "content": text} for text in SAID]
        sent = {"user_id": "default", "conversation_id": "c", "messages": messages, "async_mode": False}
        assert httpx.post(f"{server.rest}/add/message", json=sent, timeout=60).json()["code"] == 0
        yield server


def module_of(name: str) -> str:
    """Find the file that a browser loads for a name, as the package's `exports` say."""
    parts = name.split("/")
    package = "/".join(parts[: 2 if name.startswith("@") else 1])
    exports: Any = json.loads((MODULES / package / "package.json").read_text(encoding="utf-8"))["exports"]
    found = exports["." + name.removeprefix(package)]
    while not isinstance(found, str):
        found = next(found[condition] for condition in ("browser", "import", "default") if condition in found)
    return f"/host/{package}/{found.removeprefix('./')}"


def serve_host(page: Page, url: str) -> None:
    """Serve the host and its packages from under the server's own address, as it lets no other call it."""
    imports = {"imports": {name: module_of(name) for name in NAMED}}
    html = HOST.replace("<head>", f'<head><script type="importmap">{json.dumps(imports)}</script>', 1)

    def give(route: Route) -> None:
        path = route.request.url.removeprefix(f"{url}/host/")
        if path:
            route.fulfill(path=MODULES / path, content_type="text/javascript")
        else:
            route.fulfill(body=html, content_type="text/html")

    page.route(f"{url}/host/**", give)
    page.goto(f"{url}/host/")
    page.wait_for_function("globalThis.host")


def show(page: Page, server: Running, tool: str, arguments: dict[str, Any]) -> FrameLocator:
    serve_host(page, server.url)
    page.evaluate("([tool, given]) => host.show(tool, given)", [tool, arguments])
    return page.frame_locator("#view")


def test_it_shows_what_was_found_and_follows_the_theme(browser: Browser, server: Running) -> None:
    said = Said()
    with opened(browser, look=PHONE, said=said) as page:
        view = show(page, server, "search_memory", {"query": "Where do I live?"})

        expect(view.get_by_text("I live in Hamburg").first).to_be_visible()
        turn_light(page, view, "(changed) => host.state.bridge.setHostContext({...changed})")
        assert page.frames[1].evaluate("getComputedStyle(document.documentElement).colorScheme") == "light"
        page.evaluate("host.state.bridge.teardownResource({})")
    assert said.wrong == []


def test_it_corrects_and_deletes_and_tells_the_model(browser: Browser, server: Running) -> None:
    said = Said()
    with opened(browser, said=said) as page:
        view = show(page, server, "get_memory", {"size": 50})
        correct_the_dentist(view)
        delete(view, cats_of(view))

        asked = (
            "host.client.callTool({name: 'get_memory', arguments: {size: 50}}).then((result) => JSON.stringify(result))"
        )
        known = page.evaluate(asked)
        assert "Ferreira" in known
        assert "Okafor" not in known
        assert "two cats" not in known
        told = json.dumps(page.evaluate("host.state.context"))
        assert "corrected the memory" in told
        assert "deleted the memory" in told
    assert said.wrong == []
