"""/chat: the model's answer with what is remembered, or a sentence that says what is missing."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from starlette.responses import JSONResponse, Response

from memos_mcp.backends.local.extraction.chat import ChatModel
from tests.api.engine import REST, Engine, engine
from tests.fakes.chat import URL, FakeChat

ASK = {"user_id": "ana", "conversation_id": "c2", "query": "Where do I live?", "relativity": 0}


def streamed(*pieces: str) -> Response:
    events = [{"choices": [{"delta": {"content": piece}}]} for piece in pieces]
    lines = [*(f"data: {json.dumps(event)}" for event in events), "data: [DONE]"]
    return Response("\n\n".join(lines) + "\n\n", media_type="text/event-stream")


@pytest.fixture
def model() -> FakeChat:
    return FakeChat(streamed("You live ", "in Lisbon."))


@pytest.fixture
async def api(tmp_path: Path, model: FakeChat) -> AsyncIterator[Engine]:
    chat_model = ChatModel(URL, model="m", api_key="model-key", connect=model.connect)
    async with engine(tmp_path, chat_model=chat_model) as opened:
        messages = [{"role": "user", "content": "I live in Lisbon with my daughter."}]
        body = {"user_id": "ana", "conversation_id": "c1", "messages": messages, "async_mode": False}
        await opened.data("add/message", body)
        yield opened


async def test_without_a_model_a_sentence_says_what_is_missing(tmp_path: Path) -> None:
    async with engine(tmp_path) as api:
        status, refused = await api.post("chat", ASK)

    assert (status, refused["code"]) == (500, 50002)
    assert "MEMOS_LLM_BASE_URL" in refused["message"]
    assert "full_instruction" in refused["message"]


async def test_the_answer_comes_with_the_memories_that_it_was_made_with(api: Engine, model: FakeChat) -> None:
    data = await api.data("chat", ASK | {"system_prompt": "Be brief.", "temperature": 0.2})

    assert data["response"] == "You live in Lisbon."
    assert "Lisbon" in str(data["memory_detail_list"])
    [asked] = model.asked
    assert asked["messages"][0] == {"role": "system", "content": "Be brief."}
    assert "Lisbon" in asked["messages"][-1]["content"]
    assert "Where do I live?" in asked["messages"][-1]["content"]
    assert (asked["temperature"], asked["model"]) == (0.2, "m")
    assert "max_tokens" not in asked


async def test_what_was_said_is_kept_and_told_to_the_model_the_next_time(api: Engine, model: FakeChat) -> None:
    await api.data("chat", ASK)
    await api.data("chat", ASK | {"query": "And who lives with me?"})

    page = await api.data("get/message", {"user_id": "ana", "conversation_id": "c2"})
    assert [said["content"] for said in page["message_detail_list"]][:2] == ["Where do I live?", "You live in Lisbon."]
    told = [said["content"] for said in model.asked[1]["messages"]]
    assert told[:2] == ["Where do I live?", "You live in Lisbon."]


async def test_what_was_said_is_not_kept_where_that_is_not_wanted(api: Engine) -> None:
    await api.data("chat", ASK | {"add_message_on_answer": False})

    page = await api.data("get/message", {"user_id": "ana", "conversation_id": "c2"})
    assert page["message_detail_list"] == []


async def test_an_answer_is_streamed_as_it_comes(api: Engine) -> None:
    answer = await api.client.post(f"{REST}/chat", json=ASK | {"stream": True})

    assert answer.headers["content-type"].startswith("text/event-stream")
    events = [json.loads(line.removeprefix("data: ")) for line in answer.text.split("\n\n") if line]
    assert [event["type"] for event in events] == ["reference", "text", "text", "end"]
    assert "Lisbon" in str(events[0]["data"]["memory_detail_list"])
    assert "".join(event["data"] for event in events[1:3]) == "You live in Lisbon."
    page = await api.data("get/message", {"user_id": "ana", "conversation_id": "c2"})
    assert len(page["message_detail_list"]) == 2


@pytest.mark.parametrize("stream", [False, True])
async def test_a_model_that_fails_is_a_sentence_and_nothing_is_kept(tmp_path: Path, stream: bool) -> None:
    refusing = FakeChat(JSONResponse({"error": "secret detail"}, 401))
    async with engine(tmp_path, chat_model=ChatModel(URL, model="m", api_key="", connect=refusing.connect)) as api:
        answer = await api.client.post(f"{REST}/chat", json=ASK | {"stream": stream})
        page = await api.data("get/message", {"user_id": "ana", "conversation_id": "c2"})

    assert "MEMOS_LLM_API_KEY" in answer.text
    assert "secret detail" not in answer.text
    assert answer.status_code == (200 if stream else 503)
    assert page["message_detail_list"] == []


async def test_a_model_that_does_not_stream_answers_all_the_same(tmp_path: Path) -> None:
    whole = FakeChat("In Lisbon.")
    async with engine(tmp_path, chat_model=ChatModel(URL, model="m", api_key="", connect=whole.connect)) as api:
        data = await api.data("chat", ASK)

    assert data["response"] == "In Lisbon."


async def test_a_model_that_is_away_is_named(tmp_path: Path) -> None:
    def connect() -> httpx.AsyncClient:
        def refuse(request: httpx.Request) -> httpx.Response:
            raise httpx.ConnectError("refused", request=request)

        return httpx.AsyncClient(transport=httpx.MockTransport(refuse))

    async with engine(tmp_path, chat_model=ChatModel(URL, model="m", api_key="", connect=connect)) as api:
        status, refused = await api.post("chat", ASK)

    assert status == 503
    assert "MEMOS_LLM_BASE_URL" in refused["message"]
