"""Each bad call gets one clear line, stores nothing, and leaves the server working."""

from typing import Any

import pytest
from mcp import Client

from tests.fakes.memory_backend import ListBackend
from tests.mcp.clients import refused, structured

USER = {"role": "user", "content": "hello"}

BAD_ADDS: list[tuple[object, str]] = [
    ([], "at least one message"),
    ([{"role": "robot", "content": "x"}], 'messages[0].role must be one of "user", "assistant", "system" or "tool"'),
    ([USER, {"role": "user"}], "messages[1].content is required"),
    ([{**USER, "chat_time": "yesterday"}], 'messages[0].chat_time: write it as "2025-09-12 08:00:00"'),
    ([{**USER, "content": ""}], "content of message 1 is empty"),
    ([{**USER, "content": "x" * 1_000_001}], "1,000,001 bytes; at most 1,000,000"),
    ([{**USER, "content": "文" * 333_334}], "1,000,002 bytes"),
    ([{**USER, "content": "half \ud83d"}], "surrogate"),
    ([USER] * 10_001, "at most 10,000"),
    ("", "content of message 1 is empty"),
    (5, "messages must be a list"),
    (None, "messages is required"),
    ([5], "messages[0] must be an object"),
]


@pytest.mark.parametrize(("messages", "said"), BAD_ADDS, ids=[said for _, said in BAD_ADDS])
async def test_messages_that_cannot_be_stored_are_refused(
    client: Client, backend: ListBackend, messages: object, said: str
) -> None:
    assert said in await refused(client, "add_message", messages=messages)
    assert backend.adds == []
    structured(await client.call_tool("add_message", {"messages": "still working"}))


BAD_CALLS: list[tuple[str, dict[str, Any], str]] = [
    ("add_message", {}, "messages is required"),
    ("search_memory", {"query": ""}, "query is empty"),
    ("search_memory", {"query": " \n"}, "query is empty"),
    ("search_memory", {"query": "word " * 40_000}, "about 50,000 tokens; at most 40,000"),
    ("search_memory", {"query": 5}, "query must be text"),
    ("search_memory", {"query": "x", "memory_limit_number": 26}, "at most 25; got 26. It goes from 0 to 25"),
    ("search_memory", {"query": "x", "memory_limit_number": -1}, "at least 0; got -1"),
    ("search_memory", {"query": "x", "message_limit_number": 51}, "at most 50"),
    ("search_memory", {"query": "x", "message_limit_number": "many"}, 'must be a whole number; got "many"'),
    ("search_memory", {"query": "x", "max_words": -5}, "max_words must be at least 0"),
    ("search_memory", {"query": "x", "return_instruction": "perhaps"}, "must be true or false"),
    ("search_memory", {"query": "x", "conversation_id": "c" * 101}, "at most 100 characters"),
    ("search_memory", {"query": "x", "conversation_id": "a\x00b"}, "a character that is not allowed"),
    ("search_memory", {"query": "x", "filter": "tags"}, "filter must be an object"),
    ("search_memory", {"quary": "x"}, 'no argument "quary"; did you mean "query"?'),
    ("search_memory", {"query": "x", "q": "y"}, '"query" and "q" are the same argument'),
    ("search_memory", {"query": "x", "colour": "red"}, 'no argument "colour"'),
    ("get_message", {"conversation_id": "unknown"}, 'No conversation "unknown" is stored'),
    ("get_message", {"message_limit_number": 0}, "at least 1"),
    ("get_message", {"message_limit_number": 51}, "at most 50"),
    ("get_message", {"page": 0}, "page must be at least 1"),
    ("get_message", {"message_id": "m99"}, "m99"),
    ("get_memory", {"size": 51}, "at most 50"),
    ("get_memory", {"size": 1.5}, "whole number"),
    ("delete_memory", {"memory_ids": ["p99"]}, 'No memory "p99" is known; get_memory lists the ids'),
    ("delete_memory", {"memory_ids": []}, "Nothing was deleted"),
    ("delete_memory", {"memory_ids": ["k1"], "conversation_id": "c"}, "deletes the whole conversation"),
    ("delete_memory", {}, "Name what is to go: memory_ids"),
    ("add_feedback", {"feedback_content": ""}, "feedback_content is empty"),
    ("remember", {}, "Unknown tool: remember"),
]


@pytest.mark.parametrize(("tool", "arguments", "said"), BAD_CALLS, ids=[f"{call[0]}-{call[2]}" for call in BAD_CALLS])
async def test_a_call_that_makes_no_sense_gets_a_line_that_says_why(
    client: Client, tool: str, arguments: dict[str, Any], said: str
) -> None:
    await client.call_tool("add_message", {"messages": "a message"})
    assert said in await refused(client, tool, **arguments)
    structured(await client.call_tool("search_memory", {"query": "message"}))


async def test_a_refusal_shows_little_of_what_was_sent(client: Client) -> None:
    line = await refused(client, "search_memory", query="x", memory_limit_number="secret " * 1_000)

    assert len(line) < 250


async def test_all_of_several_ids_are_deleted_or_none(client: Client) -> None:
    await client.call_tool("add_message", {"messages": "a fact"})
    await refused(client, "delete_memory", memory_ids=["p2", "p99"])

    assert structured(await client.call_tool("get_memory", {}))["total"] == 1


async def test_a_failure_of_the_server_itself_shows_nothing_of_its_inside(
    client: Client, backend: ListBackend, caplog: pytest.LogCaptureFixture
) -> None:
    backend.failure = RuntimeError("/home/ann/secret")  # type: ignore[assignment]
    line = await refused(client, "search_memory", query="x")

    assert "secret" not in line
    assert "log" in line
    assert "RuntimeError" in caplog.text
