"""Resources, their paging, the completion of ids, and prompts, in both protocol eras."""

import pytest
from mcp import Client, MCPError
from mcp.types import PromptReference, ResourceTemplateReference, TextContent, TextResourceContents

from memos_mcp.core.errors import Unavailable
from memos_mcp.mcp import uris
from memos_mcp.rendering.instructions import DATA_NOT_INSTRUCTIONS
from tests.fakes.memory_backend import ListBackend
from tests.mcp.clients import CONVERSATION, connected

ODD_IDS = ["a/b", "..", ".", "../../etc/passwd", "家族旅行 🙂", "50%2F", "a b?page=2#x", "C:\\x", "{x}"]
TEMPLATE = ResourceTemplateReference(uri=uris.CONVERSATION_TEMPLATE)


async def _read(client: Client, uri: str) -> str:
    (content,) = (await client.read_resource(uri)).contents
    assert isinstance(content, TextResourceContents)
    return content.text


async def test_the_profile_says_what_is_known(client: Client) -> None:
    await client.call_tool("add_message", {"messages": "I live in Berlin"})
    profile = await _read(client, "memos://profile")

    assert "[user perspective] I live in Berlin" in profile
    assert DATA_NOT_INSTRUCTIONS in profile


async def test_conversations_are_listed_each_with_its_address(client: Client) -> None:
    for name in ("one", "two"):
        await client.call_tool("add_message", {"messages": "hello", "conversation_id": name})
    listed = await _read(client, "memos://conversations")

    assert listed.splitlines()[1:] == [
        "memos://conversations/two 1 messages, 2025-06-10",
        "memos://conversations/one 1 messages, 2025-06-10",
    ]


@pytest.mark.parametrize("name", ODD_IDS)
async def test_a_conversation_of_any_name_can_be_read_by_its_address(client: Client, name: str) -> None:
    await client.call_tool("add_message", {"messages": "word for word", "conversation_id": name})
    listed = [resource.uri for resource in (await client.list_resources()).resources]

    assert listed[2:] == [uris.conversation(name)]
    assert "word for word" in await _read(client, listed[2])


async def test_an_address_stays_one_segment_and_cannot_climb(client: Client) -> None:
    for name in ODD_IDS:
        path = uris.conversation(name).removeprefix("memos://conversations/")
        assert path.isascii()
        assert not {"/", "?", "#", " "} & set(path)
        assert path.strip(".")


async def test_a_long_conversation_is_read_page_by_page(client: Client) -> None:
    said = [{"role": "user", "content": f"message {number}."} for number in range(120)]
    await client.call_tool("add_message", {"messages": said})
    pages = [await _read(client, f"memos://conversations/{CONVERSATION}?page={page}") for page in (1, 2, 3)]

    assert "message 119." in pages[0]
    assert "message 0." in pages[2]
    assert "page=2" in pages[0]
    assert all(f"message {number}." in "".join(pages) for number in range(120))


async def test_a_memory_is_read_with_the_messages_it_was_learnt_from(client: Client) -> None:
    await client.call_tool("add_message", {"messages": "I live in Berlin"})
    memory = await _read(client, "memos://memories/p2")

    assert "p2·2025-06-10 memory: [user perspective] I live in Berlin" in memory
    assert "m1·2025-06-10 09:30 user: I live in Berlin" in memory


@pytest.mark.parametrize("uri", ["memos://memories/p9", "memos://conversations/none", "memos://other"])
async def test_what_does_not_exist_is_an_error_that_says_so(client: Client, uri: str) -> None:
    with pytest.raises(MCPError) as refused:
        await client.read_resource(uri)

    assert refused.value.error.code == -32602


async def test_a_page_that_is_none_is_refused(client: Client) -> None:
    await client.call_tool("add_message", {"messages": "hello"})
    with pytest.raises(MCPError):
        await client.read_resource(f"memos://conversations/{CONVERSATION}?page=0")


async def test_the_list_of_resources_is_paged(client: Client) -> None:
    for number in range(130):
        await client.call_tool("add_message", {"messages": "hello", "conversation_id": f"c{number}"})
    first = await client.list_resources()
    second = await client.list_resources(cursor=first.next_cursor)

    names = [resource.name for resource in (*first.resources, *second.resources)]
    assert names[:2] == ["profile", "conversations"]
    assert sorted(names[2:]) == sorted(f"c{number}" for number in range(130))
    assert second.next_cursor is None
    with pytest.raises(MCPError, match="cursor"):
        await client.list_resources(cursor="made up")


async def test_ids_are_completed(client: Client) -> None:
    for name in ("trip/1", "trip/2", "work"):
        await client.call_tool("add_message", {"messages": "hello", "conversation_id": name})
    memory = ResourceTemplateReference(uri=uris.MEMORY_TEMPLATE)

    conversations = await client.complete(TEMPLATE, {"name": "conversation_id", "value": "trip"})
    memories = await client.complete(memory, {"name": "memory_id", "value": "p"})
    pages = await client.complete(TEMPLATE, {"name": "page", "value": ""})
    topics = await client.complete(PromptReference(name="recall"), {"name": "topic", "value": ""})

    assert conversations.completion.values == ["trip/2", "trip/1"]
    assert memories.completion.values == ["p6", "p4", "p2"]
    assert pages.completion.values == topics.completion.values == []


async def test_a_store_that_is_away_is_said_in_the_same_words_everywhere(client: Client, backend: ListBackend) -> None:
    backend.failure = Unavailable("The store is still loading; try again in a few seconds.")
    for call in (
        client.read_resource("memos://profile"),
        client.list_resources(),
        client.complete(TEMPLATE, {"name": "conversation_id", "value": ""}),
        client.get_prompt("recall"),
    ):
        with pytest.raises(MCPError, match="still loading"):
            await call


async def _prompt(client: Client, name: str, **arguments: str) -> str:
    (message,) = (await client.get_prompt(name, arguments)).messages
    assert isinstance(message.content, TextContent)
    return message.content.text


async def test_recall_brings_what_is_remembered_of_a_topic(client: Client) -> None:
    await client.call_tool("add_message", {"messages": "The trip goes to Qingdao"})

    assert "The trip goes to Qingdao" in await _prompt(client, "recall", topic="trip")
    assert "The trip goes to Qingdao" in await _prompt(client, "recall")


async def test_every_prompt_works_without_arguments(client: Client) -> None:
    for prompt in (await client.list_prompts()).prompts:
        assert prompt.title
        assert await _prompt(client, prompt.name)
    assert "buy milk" in await _prompt(client, "remember", text="buy milk")


async def test_users_see_only_their_own(backend: ListBackend) -> None:
    async with connected(backend, user_id=lambda: "ann") as ann, connected(backend, user_id=lambda: "bob") as bob:
        await ann.call_tool("add_message", {"messages": "Ann's secret"})

        assert "secret" not in await _read(bob, "memos://profile")
        assert len((await bob.list_resources()).resources) == 2
        with pytest.raises(MCPError):
            await _read(bob, "memos://memories/p2")
