"""What the protocol promises beside the tools, the same in both eras."""

import logging

import anyio
import pytest
from mcp import Client, MCPError
from mcp.types import INTERNAL_ERROR, INVALID_PARAMS

from memos_mcp.core.models import MessagePage, SearchMemory, SearchResult
from memos_mcp.mcp import middleware
from memos_mcp.mcp.middleware import BROKEN
from memos_mcp.mcp.results.text_content import ONE_CONVERSATION
from tests.fakes.memory_backend import ListBackend
from tests.mcp.clients import Era, connected, text_of


@pytest.mark.parametrize(
    ("name", "arguments", "told"),
    [("nope", None, "recall, remember, review"), ("recall", {"bogus": "1"}, 'no argument "bogus"; it takes topic')],
)
async def test_an_unknown_prompt_is_a_wrong_parameter_and_one_line_in_the_log(
    client: Client, caplog: pytest.LogCaptureFixture, name: str, arguments: dict[str, str] | None, told: str
) -> None:
    with caplog.at_level(logging.WARNING), pytest.raises(MCPError) as raised:
        await client.get_prompt(name, arguments)

    assert raised.value.error.code == INVALID_PARAMS
    assert told in raised.value.error.message
    (record,) = caplog.records
    assert "\n" not in caplog.text.strip()
    assert record.exc_info is None


async def test_a_failure_that_nobody_foresaw_has_a_code_and_a_sentence(
    client: Client, backend: ListBackend, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(*_: object, **__: object) -> MessagePage:
        raise ZeroDivisionError("secret")

    monkeypatch.setattr(backend, "get_memory", broken)
    with pytest.raises(MCPError) as raised:
        await client.get_prompt("recall")

    assert (raised.value.error.code, raised.value.error.message) == (INTERNAL_ERROR, BROKEN)
    assert "ZeroDivisionError" in caplog.text


async def test_only_the_list_of_resources_is_said_to_change(client: Client) -> None:
    told = client.server_capabilities

    assert told.resources is not None
    assert told.tools is not None
    assert told.prompts is not None
    assert (told.resources.list_changed, told.tools.list_changed, told.prompts.list_changed) == (True, False, False)


async def test_a_long_call_reports_progress_where_a_token_was_given(
    backend: ListBackend, era: Era, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[float] = []
    heard = anyio.Event()

    async def listen(seconds: float, total: float | None, message: str | None) -> None:
        assert (total, message) == (None, "still at work")
        told.append(seconds)
        heard.set()

    async def slow(request: SearchMemory, *, user_id: str) -> SearchResult:
        with anyio.fail_after(30):
            await heard.wait()
        return SearchResult()

    monkeypatch.setattr(middleware, "_EVERY", 0.01)
    monkeypatch.setattr(backend, "search_memory", slow)
    async with connected(backend, era=era) as client:
        result = await client.call_tool("search_memory", {"query": "x"}, progress_callback=listen)

    assert not result.is_error
    assert told[0] > 0


async def test_a_conversation_of_its_own_says_how_it_is_kept_and_later_which_was_the_last(backend: ListBackend) -> None:
    """An adapter that opens a session for each call gets a conversation a call."""
    async with connected(backend, conversation_id="") as client:
        first = text_of(await client.call_tool("add_message", {"messages": "I have a dog"}))
        named = text_of(await client.call_tool("add_message", {"messages": "And a cat", "conversation_id": "c1"}))
    async with connected(backend, conversation_id="") as client:
        last = text_of(await client.call_tool("get_message", {}))

    assert first.endswith(ONE_CONVERSATION)
    assert ONE_CONVERSATION not in named
    assert 'Used last: "c1"' in last


async def test_it_is_said_once(client: Client) -> None:
    first = text_of(await client.call_tool("add_message", {"messages": "I have a dog"}))
    second = text_of(await client.call_tool("add_message", {"messages": "And a cat"}))

    assert first.endswith(ONE_CONVERSATION)
    assert ONE_CONVERSATION not in second
