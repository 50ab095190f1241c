# ruff: noqa: E501 - a shape a line
"""What agents and hosts send in shapes of their own is read alike by the tools and by the REST contract."""

import base64
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from memos_mcp.api.contract.base_body import Body
from memos_mcp.api.contract.memory_endpoints import AddFeedbackBody, GetMemoryBody, SearchMemoryBody
from memos_mcp.api.contract.message_endpoints import AddMessageBody, GetMessageBody
from tests.api.engine import Engine, engine
from tests.mcp.clients import connected, text_of

BIKE = "My bike is green"
USER = {"role": "user", "content": BIKE}
SAID = [("user", BIKE)]
CALL = [{"id": "c1", "type": "function", "function": {"name": "look", "arguments": "{}"}}]
CALLED = '[{"id": "c1", "type": "function", "function": {"name": "look", "arguments": "{}"}}]'
NOTES = base64.b64encode(b"Buy milk").decode()
EIGHT = "2025-09-12 08:00:00"


def parts(*listed: object) -> list[dict[str, Any]]:
    return [{"role": "user", "content": list(listed)}]


def text(value: str) -> dict[str, str]:
    return {"type": "text", "text": value}


TAKEN: list[tuple[Any, list[tuple[str, str]]]] = [
    ([USER], SAID),
    (BIKE, SAID),
    ([BIKE], SAID),
    (USER, SAID),
    ('{"role": "user", "content": "My bike is green"}', SAID),
    ('[{"role": "user", "content": "My bike is green"}]', SAID),
    ("null", [("user", "null")]),
    ('{"k": 1}', [("user", '{"k": 1}')]),
    ("[1]", [("user", "[1]")]),
    ("[]", [("user", "[]")]),
    ([USER, "and fast"], [*SAID, ("user", "and fast")]),
    ([USER | {"name": "ann", "id": 7, "timestamp": "now"}], SAID),
    ([USER | {"chat_time": None}], SAID),
    ([USER | {"chat_time": ""}], SAID),
    ([USER | {"chat_time": 0}], SAID),
    ([USER | {"role": "Human"}], SAID),
    ([USER | {"role": "USER"}], SAID),
    ([USER | {"role": " user "}], SAID),
    ([USER | {"role": "ai"}], [("assistant", BIKE)]),
    ([USER | {"role": "AI"}], [("assistant", BIKE)]),
    ([USER | {"role": "model"}], [("assistant", BIKE)]),
    ([USER | {"role": "developer"}], [("system", BIKE)]),
    ([USER | {"role": "function"}], [("tool", BIKE)]),
    ([USER | {"role": "TOOL"}], [("tool", BIKE)]),
    (parts(text(BIKE)), SAID),
    (parts(text("My bike"), text("is green")), [("user", "My bike\nis green")]),
    (parts({"type": "input_text", "text": BIKE}), SAID),
    (parts({"text": BIKE}), SAID),
    (parts({"type": "text", "text": {"value": BIKE}}), SAID),
    (parts(BIKE), SAID),
    ([{"role": "user", "content": text(BIKE)}], SAID),
    ([{"role": "model", "parts": [{"text": BIKE}]}], [("assistant", BIKE)]),
    (parts(text("Look"), {"type": "image_url", "image_url": {"url": "https://a.example/b.png"}}),
     [("user", "Look\n[image: https://a.example/b.png]")]),
    (parts({"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}), [("user", "[image]")]),
    (parts({"type": "input_image", "image_url": "https://a.example/b.png"}), [("user", "[image: https://a.example/b.png]")]),
    (parts({"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AAAA"}}), [("user", "[image]")]),
    (parts({"inlineData": {"mimeType": "image/png", "data": "AAAA"}}), [("user", "[image]")]),
    (parts({"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}}), [("user", "[audio]")]),
    (parts({"type": "file", "file": {"filename": "plan.pdf", "file_data": "data:application/pdf;base64,AAAA"}}, text("read it")),
     [("user", "[file: plan.pdf]\nread it")]),
    (parts({"type": "file", "file": {"filename": "notes.txt", "file_data": f"data:text/plain;base64,{NOTES}"}}),
     [("user", "[file: notes.txt]\nBuy milk")]),
    (parts({"type": "document", "title": "Notes", "source": {"type": "text", "media_type": "text/plain", "data": "Buy milk"}}),
     [("user", "[document: Notes]\nBuy milk")]),
    (parts({"type": "resource", "resource": {"uri": "file:///n.md", "text": "Buy milk"}}), [("user", "[resource: file:///n.md]\nBuy milk")]),
    ([{"role": "assistant", "content": None, "tool_calls": CALL}], [("assistant", CALLED)]),
    ([{"role": "assistant", "content": "", "tool_calls": CALL}], [("assistant", CALLED)]),
    ([{"role": "assistant", "tool_calls": CALL}], [("assistant", CALLED)]),
    ([{"role": "tool", "content": "3", "tool_call_id": "c1"}], [("tool", "3")]),
    (parts({"type": "tool_result", "content": [text("3 found")]}), [("user", "3 found")]),
    (parts({"type": "tool_use", "name": "look", "input": {}}), [("user", "[tool_use: look]")]),
    (parts(5), [("user", "[part]")]),
]  # fmt: skip

TIMES: list[object] = [
    EIGHT, "2025-09-12T08:00:00Z", "2025-09-12T10:00:00+02:00", 1757664000, 1757664000000, "1757664000",
    "2025年9月12日 上午8点", "Fri, 12 Sep 2025 08:00:00 GMT", "2025/09/12 08:00", "20250912080000",
]  # fmt: skip

REFUSED: list[tuple[Any, str]] = [
    (5, "messages must be a list; got 5."),
    (True, "messages must be a list; got true."),
    ([{"role": None, "content": "x"}], 'must be one of "user", "assistant", "system" or "tool"; got null.'),
    ([5], "messages[0] must be an object; got 5."),
    (
        [{"role": "wizard", "content": "x"}],
        'messages[0].role must be one of "user", "assistant", "system" or "tool"; got "wizard".',
    ),
    ([{"role": "user"}], "messages[0].content is required."),
    ([{"role": "user", "content": None}], "messages[0].content must be text"),
    ([{"role": "user", "content": 7}], "messages[0].content must be text; got 7."),
    ([USER | {"chat_time": "yesterday"}], 'messages[0].chat_time: write it as "2025-09-12 08:00:00" or ISO 8601'),
    ([USER | {"chat_time": 5}], 'messages[0].chat_time: write it as "2025-09-12 08:00:00" or ISO 8601'),
    ([USER | {"chat_time": "12/09/2025"}], 'messages[0].chat_time: write it as "2025-09-12 08:00:00" or ISO 8601'),
    ([{"role": "user", "content": " \n"}], "The content of message 1 is empty."),
    ([{"role": "user", "content": "\u200b\ufeff\u2060"}], "The content of message 1 is empty."),
    (parts(), "The content of message 1 is empty."),
]

Add = Callable[[Engine, object, object], Awaitable[str]]
"""Adds messages to a conversation, and gives why they were refused, or nothing."""


async def over_rest(api: Engine, messages: object, conversation: object) -> str:
    _, envelope = await api.post("add/message", {"user_id": "u", "messages": messages, "conversation_id": conversation})
    return "" if envelope["code"] == 0 else str(envelope["message"])


async def over_mcp(api: Engine, messages: object, conversation: object) -> str:
    async with connected(api.backend, user_id=lambda: "u") as client:
        result = await client.call_tool("add_message", {"messages": messages, "conversation_id": conversation})
    return text_of(result) if result.is_error else ""


EDGES = pytest.mark.parametrize("add", [over_rest, over_mcp])


async def kept(api: Engine, conversation: object) -> list[tuple[str, str, str]]:
    read = {"user_id": "u", "conversation_id": conversation, "message_limit_number": 50}
    listed = (await api.data("get/message", read))["message_detail_list"]
    return [(one["role"], one["content"], one["create_time"]) for one in listed]


@EDGES
async def test_messages_of_every_shape_are_read_as_what_they_say(tmp_path: Path, add: Add) -> None:
    async with engine(tmp_path) as api:
        for number, (messages, said) in enumerate(TAKEN):
            assert await add(api, messages, number) == "", messages
            assert [(role, content) for role, content, _ in await kept(api, str(number))] == said, messages


@EDGES
async def test_times_of_every_form_are_the_time_that_they_say(tmp_path: Path, add: Add) -> None:
    async with engine(tmp_path) as api:
        for number, time in enumerate(TIMES):
            assert await add(api, [USER | {"chat_time": time}], f"t{number}") == "", time
            assert await kept(api, f"t{number}") == [("user", BIKE, EIGHT)], time


@EDGES
async def test_what_makes_no_sense_is_refused_in_the_same_words(tmp_path: Path, add: Add) -> None:
    async with engine(tmp_path) as api:
        for messages, sentence in REFUSED:
            answer = await add(api, messages, "c")
            assert sentence in answer, messages
            assert "tuple" not in answer
        assert await kept(api, "c") == []


async def test_arguments_that_say_nothing_are_as_if_left_out(tmp_path: Path) -> None:
    nothing = {"conversation_id": None, "memory_limit_number": None, "filter": None, "max_words": None}
    async with engine(tmp_path) as api, connected(api.backend, user_id=lambda: "u") as client:
        await client.call_tool("add_message", {"messages": BIKE, "conversation_id": None})
        for empty in (nothing, dict.fromkeys(nothing, "")):
            result = await client.call_tool("search_memory", {"query": "bike", **empty})
            assert BIKE in text_of(result)
            assert (await api.post("search/memory", {"user_id": "u", "query": "bike", **empty}))[0] == 200


@pytest.mark.parametrize(
    ("operation", "model", "given"),
    [
        (
            "add/message",
            AddMessageBody,
            {"user_id": "u", "conversation_id": "c", "messages": BIKE, "async_mode": False},
        ),
        ("search/memory", SearchMemoryBody, {"user_id": "u", "query": "bike"}),
        ("get/message", GetMessageBody, {"user_id": "u", "conversation_id": "c"}),
        ("get/memory", GetMemoryBody, {"user_id": "u"}),
        ("add/feedback", AddFeedbackBody, {"user_id": "u", "feedback_content": "I have no bike"}),
    ],
)
async def test_null_in_every_optional_field_is_as_if_left_out(
    tmp_path: Path, operation: str, model: type[Body], given: dict[str, Any]
) -> None:
    nulls = {name: None for name, field in model.model_fields.items() if not field.is_required()}
    async with engine(tmp_path) as api:
        await api.data("add/message", {"user_id": "u", "conversation_id": "c", "messages": BIKE, "async_mode": False})
        without, wanted = await api.post(operation, given)
        status, answer = await api.post(operation, nulls | given)

    assert (status, answer["code"], answer["message"]) == (without, 0, wanted["message"])
    assert answer["data"].keys() == wanted["data"].keys()


async def test_a_read_that_is_refused_does_not_speak_of_storing(tmp_path: Path) -> None:
    async with engine(tmp_path) as api:
        for operation, body in [("search/memory", {"query": ["x"]}), ("get/message", {"conversation_id": [1]})]:
            _, envelope = await api.post(operation, {"user_id": "u", **body})
            assert "stored" not in envelope["message"]


async def test_a_number_beyond_doubles_or_a_deep_info_is_refused_and_the_filter_goes_on(tmp_path: Path) -> None:
    async with engine(tmp_path) as api:
        for info in ('{"a": 1e999}', '{"a": [-1e999]}', '{"a":' * 51 + "1" + "}" * 51):
            body = f'{{"user_id": "u", "messages": "{BIKE}", "info": {info}}}'
            headers = {"content-type": "application/json"}
            answer = await api.client.post("/api/openmem/v1/add/message", content=body, headers=headers)
            assert answer.status_code == 400, info
            assert "Nothing was stored" in answer.json()["message"]
        await api.data("add/message", {"user_id": "u", "messages": BIKE, "info": {"a": 1}})
        found = await api.data("search/memory", {"user_id": "u", "query": "bike", "filter": {"and": [{"a": 1}]}})
        assert found["message_detail_list"]


LONG = [
    f"Bicycle {number}. " + f"The green bicycle number {number} stands in the cellar. " * 120 for number in range(9)
]
PLACES = ["cellar", "kitchen", "garage", "attic", "shed", "garden", "office", "stairwell", "yard"]
VARIED = [
    " ".join(
        f"In week {week} I rode the {colour} bicycle from the {place} to the {other} and changed its {part}."
        for week, (other, part, colour) in enumerate(
            zip(PLACES * 4, ["chain", "saddle", "bell"] * 12, ["green", "red", "blue", "white"] * 9, strict=True)
        )
    )
    for place in PLACES
]


@pytest.mark.long
@pytest.mark.parametrize("texts", [LONG, VARIED])
async def test_structured_content_is_bounded_as_the_text_is(tmp_path: Path, texts: list[str]) -> None:
    async with engine(tmp_path) as api, connected(api.backend, user_id=lambda: "u") as client:
        for number, said in enumerate(texts):
            await api.data(
                "add/message", {"user_id": "u", "messages": said, "conversation_id": f"c{number}", "async_mode": False}
            )
        for tool, arguments in [
            ("search_memory", {"query": "green bicycle"}),
            ("get_message", {"conversation_id": "c1"}),
        ]:
            result = await client.call_tool(tool, arguments)
            on_the_wire = json.dumps(result.structured_content, ensure_ascii=False, separators=(",", ":")).encode()
            assert len(on_the_wire) <= 1.5 * len(text_of(result).encode()), tool


@pytest.mark.parametrize("words", [1, 5, 10, 20, 40, 80])
async def test_an_instruction_of_few_words_is_never_a_frame_around_nothing(tmp_path: Path, words: int) -> None:
    async with engine(tmp_path) as api:
        await api.data("add/message", {"user_id": "u", "messages": BIKE})
        asked = {"user_id": "u", "query": "bike", "max_words": words, "return_full_instruction": True, "relativity": 0}
        told = (await api.data("search/memory", asked))["full_instruction"]
        assert BIKE in told or "<memory>" not in told
