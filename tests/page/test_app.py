"""The MCP App in a real browser, inside a page that speaks the host's protocol, over a real server and store."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any, ClassVar

import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal
from axe_playwright_python.sync_playwright import Axe
from mcp import Client
from mcp.types import CallToolResult, TextResourceContents
from playwright.sync_api import Browser, FrameLocator, Page, expect

from memos_mcp.backends.local.backend import LocalBackend
from memos_mcp.core.models import AddMessage, Message
from memos_mcp.mcp.app import build_server
from memos_mcp.mcp.apps import VIEW
from tests.local.stores import store
from tests.page.app_steps import cats_of, correct_the_dentist, delete, turn_light
from tests.page.browser import DESK, PHONE, Said, opened

HOST = Path(__file__).with_name("app_host.html").read_text(encoding="utf-8")
EVIL = '<img src=x onerror="alert(1)"></script><script>alert(2)</script> I live in \u202eniar\u202c Lyon.'
SAID = ["I live in Hamburg with my two cats.", "My dentist is called Doctor Okafor.", "أنا أعيش في القاهرة", EVIL]


@dataclass
class Server:
    """A server with a store of its own, and what a host asks of it."""

    USER: ClassVar = ["nobody"]

    portal: BlockingPortal
    client: Client
    backend: LocalBackend
    called: list[tuple[str, dict[str, Any]]] = field(default_factory=list[tuple[str, dict[str, Any]]])
    users: Iterator[int] = field(default_factory=count)

    def call(self, tool: str, arguments: dict[str, Any]) -> dict[str, Any]:
        self.called.append((tool, arguments))
        result: CallToolResult = self.portal.call(self.client.call_tool, tool, arguments)
        return result.model_dump(mode="json", by_alias=True, exclude_none=True)

    def known(self) -> dict[str, str]:
        page = self.call("get_memory", {"size": 50})["structuredContent"]
        return {one["id"]: one["memory_value"] for one in page["memory_detail_list"]}

    def view(self) -> str:
        (content,) = self.portal.call(self.client.read_resource, VIEW).contents
        assert isinstance(content, TextResourceContents)
        assert content.mime_type == "text/html;profile=mcp-app"
        return content.text


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("app")
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(store(folder)) as backend:

        async def lent() -> LocalBackend:
            return backend

        user = Server.USER
        built = build_server(lent, user_id=lambda: user[0], conversation_id=lambda: "chat")
        with portal.wrap_async_context_manager(Client(built)) as client:
            yield Server(portal, client, backend)


@pytest.fixture
def filled(server: Server) -> Server:
    """A user of the server, who has said something."""
    server.USER[0] = f"user {next(server.users)}"
    messages = tuple(Message(role="user", content=text) for text in SAID)
    add = partial(server.backend.add_message, user_id=server.USER[0])
    server.portal.call(add, AddMessage(messages=messages, conversation_id="c", wait=True))
    server.called.clear()
    return server


def show(page: Page, server: Server, tool: str, arguments: dict[str, Any], **setup: object) -> FrameLocator:
    page.expose_function("callTool", server.call)
    page.set_content(HOST)
    given = {
        "capabilities": {"serverTools": {}, "updateModelContext": {}},
        "context": {"theme": "dark", "toolInfo": {"tool": {"name": tool}}},
        "arguments": arguments,
        "result": server.call(tool, arguments),
    } | setup
    page.evaluate("([html, given]) => show(html, given)", [server.view(), given])
    return page.frame_locator("#view")


def test_both_reading_tools_name_the_view_and_no_other_does(server: Server) -> None:
    tools = server.portal.call(server.client.list_tools).tools

    bound = {tool.name for tool in tools if (tool.meta or {}).get("ui") == {"resourceUri": VIEW}}
    assert bound == {"search_memory", "get_memory"}


@pytest.mark.parametrize("look", [DESK, PHONE], ids=["desk", "phone"])
def test_it_shows_what_was_found_as_text_and_follows_the_host(browser: Browser, filled: Server, look: Any) -> None:  # noqa: ANN401
    said = Said()
    with opened(browser, look=look, said=said) as page:
        view = show(page, filled, "search_memory", {"query": "Where do I live?"})

        expect(view.get_by_text("I live in Hamburg").first).to_be_visible()
        expect(view.get_by_text("<script>alert(2)</script>").first).to_be_visible()
        expect(view.get_by_text("U+202E").first).to_be_visible()
        expect(view.get_by_text("% relevant").first).to_be_visible()
        turn_light(page, view, "(changed) => notify('ui/notifications/host-context-changed', changed)")
        frame = page.frames[1]
        assert frame.evaluate("document.documentElement.scrollWidth <= innerWidth")
        found = Axe().run(frame).response["violations"]
        assert [one["id"] for one in found if one["impact"] in ("serious", "critical")] == []
    assert said.wrong == []
    assert said.asked == []


def test_it_corrects_and_deletes_by_the_tools(browser: Browser, filled: Server) -> None:
    said = Said()
    with opened(browser, said=said) as page:
        view = show(page, filled, "get_memory", {"size": 50})
        correct_the_dentist(view)

        cats = cats_of(view)
        cats.get_by_role("button", name="Delete").click()
        cats.get_by_role("button", name="Keep").click()
        delete(view, cats)
        assert "ui/update-model-context" in page.evaluate("seen")

    values = " ".join(filled.known().values())
    assert "Ferreira" in values
    assert "Okafor" not in values
    assert "two cats" not in values
    assert [tool for tool, _ in filled.called if tool != "get_memory"] == ["add_feedback", "delete_memory"]
    assert said.wrong == []


def test_what_the_host_refuses_is_said_and_changes_nothing(browser: Browser, filled: Server) -> None:
    with opened(browser) as page:
        view = show(page, filled, "get_memory", {"size": 50}, refuses=True)
        item = view.get_by_role("listitem").first
        item.get_by_role("button", name="Delete").click()
        item.get_by_role("button", name="Delete").last.click()

        expect(view.get_by_role("status")).to_have_text("The user said no.")
        expect(item.get_by_role("button", name="Keep")).to_be_enabled()


def test_without_tools_of_the_host_it_only_shows(browser: Browser, filled: Server) -> None:
    with opened(browser) as page:
        view = show(page, filled, "get_memory", {"size": 50}, capabilities={})

        expect(view.get_by_role("listitem").first).to_be_visible()
        expect(view.get_by_role("button")).to_have_count(0)


@pytest.mark.parametrize(
    ("setup", "shown"),
    [
        ({"silent": True}, "The host does not answer"),
        (
            {"result": {"isError": True, "content": [{"type": "text", "text": "The store is closed."}]}},
            "store is closed",
        ),
        ({"result": {"structuredContent": {"memory_detail_list": []}, "content": []}}, "Nothing."),
        ({"result": None}, "Waiting for the result"),
    ],
    ids=["silent", "error", "empty", "no result"],
)
def test_it_is_readable_whatever_the_host_does(
    browser: Browser, filled: Server, setup: dict[str, Any], shown: str
) -> None:
    with opened(browser) as page:
        view = show(page, filled, "get_memory", {"size": 1}, **setup)

        expect(view.get_by_role("status")).to_contain_text(shown)


def test_it_answers_the_end_of_its_life(browser: Browser, filled: Server) -> None:
    with opened(browser) as page:
        view = show(page, filled, "get_memory", {"size": 1})
        expect(view.get_by_role("listitem").first).to_be_visible()

        page.evaluate("reply({id: 77, method: 'ui/resource-teardown', params: {}})")
        page.wait_for_function("seen.includes('answer 77')")
