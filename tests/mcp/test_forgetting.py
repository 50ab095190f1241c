"""The tool deletes what was said too, and says what it leaves; over a real store."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from mcp import Client
from mcp.client.session import ClientRequestContext
from mcp.types import ElicitRequestParams, ElicitResult

from tests.local.stores import store
from tests.mcp.clients import connected, refused, structured, text_of

SAID = "The walrus sleeps under my bed."


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[Client]:
    async with store(tmp_path) as backend, connected(backend) as opened:
        yield opened


async def say(client: Client, text: str, conversation_id: str = "c") -> None:
    await client.call_tool("add_message", {"messages": text, "conversation_id": conversation_id, "memories": [text]})


async def first_memory(client: Client) -> str:
    return structured(await client.call_tool("get_memory", {}))["memory_detail_list"][-1]["id"]


async def searched(client: Client) -> str:
    return text_of(await client.call_tool("search_memory", {"query": "Where does the walrus sleep?"}))


async def test_a_deletion_says_which_messages_still_say_it_and_how_to_delete_them(client: Client) -> None:
    await say(client, SAID)

    result = await client.call_tool("delete_memory", {"memory_ids": [await first_memory(client)]})

    assert structured(result)["still_held_by"] == ["m1"]
    assert f"m1 user: {SAID}" in text_of(result)
    assert "delete_messages: true" in text_of(result)
    assert SAID in await searched(client)


@pytest.mark.parametrize("arguments", [{"delete_messages": True}, {"message_ids": ["m1"]}])
async def test_asked_to_the_messages_go_too_and_no_search_finds_the_words(
    client: Client, arguments: dict[str, Any]
) -> None:
    await say(client, SAID)
    if "delete_messages" in arguments:
        arguments = arguments | {"memory_ids": [await first_memory(client)]}

    result = await client.call_tool("delete_memory", arguments)

    assert structured(result)["deleted_messages"] == ["m1"]
    assert "still_held_by" not in structured(result)
    assert "walrus" not in await searched(client)
    assert structured(await client.call_tool("get_memory", {}))["total"] == 0


async def test_a_whole_conversation_goes(client: Client) -> None:
    await say(client, SAID)
    await say(client, "My sister collects lighthouses.", "d")

    await client.call_tool("delete_memory", {"conversation_id": "c"})

    assert 'No conversation "c"' in await refused(client, "get_message", conversation_id="c")
    assert "walrus" not in await searched(client)
    assert "lighthouses" in text_of(await client.call_tool("get_message", {"conversation_id": "d"}))


async def test_who_can_be_asked_is_shown_what_was_said(tmp_path: Path) -> None:
    asked: list[str] = []

    async def answer(context: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult:
        del context
        asked.append(params.message)
        return ElicitResult(action="decline")

    async with store(tmp_path) as backend, connected(backend, elicitation_callback=answer) as client:
        await say(client, SAID)
        await client.call_tool("delete_memory", {"conversation_id": "c"})

        assert f"m1 user: {SAID}" in asked[0]
        assert "walrus" in await searched(client)
