"""Requests as the cloud's command line sends them, written anew from its public source, and the answers it needs."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.api.engine import REST, Engine, engine
from tests.api.test_clients import KEY, TALK, call, call_ok, texts


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[Engine]:
    async with engine(tmp_path) as opened:
        yield opened


async def test_the_cloud_command_line(api: Engine) -> None:
    """It reads lists in data, and results of rerank by index, document and relevance_score."""
    await call(api, "add/message", {"user_id": "ana", "messages": TALK, "source": "cli", "async_mode": False})
    search = {"query": "Where do I live?", "source": "cli", "memory_limit_number": 10, "include_preference": True}
    found = await call(api, "search/memory", search | {"user_id": "ana", "app_id": "app", "run_id": "run"})
    rank = {"model": "memos-reranker-0.6b", "query": "python backend", "documents": ["Flask guide", "Python backend"]}
    ranked = await call(api, "rerank", rank | {"user_id": "ana", "top_n": 1})
    extraction = {"messages": TALK, "extraction_types": ["memory", "preference"], "source": "cli", "user_id": "ana"}
    extracted = await call(api, "extract/memory", extraction)

    assert "Lisbon" in texts(found)
    assert [(one["index"], one["document"]["text"]) for one in ranked["results"]] == [(1, "Python backend")]
    assert "Lisbon" in texts(extracted)


async def test_the_cloud_command_line_tries_other_routes_first(api: Engine) -> None:
    """What is not there must fail, or it takes an empty success for its answer."""
    tried = [
        await api.client.post(f"{REST}/memories/", json={"text": "I live in Lisbon.", "source": "cli"}, headers=KEY),
        await api.client.get(f"{REST}/ping", headers=KEY),
        await api.client.get(f"{REST}/memories", params={"user_id": "ana"}, headers=KEY),
        await api.client.post(f"{REST}/get_memory_by_ids", json={"memory_ids": ["k1"]}, headers=KEY),
        await api.client.post(f"{REST}/remove/knowledgebase", json={"knowledgebase_id": "x"}, headers=KEY),
    ]
    health = {"query": "ping", "user_id": "cli-healthcheck", "memory_limit_number": 1}

    assert {answer.status_code for answer in tried} == {404}
    assert all(answer.json()["code"] != 0 for answer in tried)
    assert (await call_ok(api, "search/memory", health))["memory_detail_list"] == []
    status, chat = await api.post("chat", {"user_id": "ana", "query": "Where do I live?"}, **KEY)
    assert (status, "MEMOS_LLM_BASE_URL" in chat["message"]) == (500, True)


async def test_the_cloud_command_line_on_memories_and_knowledge_bases(api: Engine) -> None:
    """It lists page by page, deletes by the id alone, and names a document by `id`."""
    await call(api, "add/message", {"user_id": "ana", "messages": TALK, "source": "cli", "async_mode": False})
    page = {"user_id": "ana", "page": 1, "size": 50, "include_preference": True, "include_tool_memory": True}
    listed = await call_ok(api, "get/memory", page)
    memory_id = listed["memory_detail_list"][0]["id"]
    base = (await call(api, "create/knowledgebase", {"knowledgebase_name": "Rules"}))["id"]
    document = {"name": "gate.txt", "content": "VGhlIGdhdGUgb3BlbnMgYXQgc2l4Lg=="}
    _, added = await api.post("add/knowledgebase-file", {"knowledgebase_id": base, "file": [document]}, **KEY)
    file_id = added["data"][0]["id"]
    _, bases = await api.post("get/knowledgebase", {}, **KEY)
    files = [await call(api, "get/knowledgebase-file", {name: file_id}) for name in ("id", "file_id")]
    removal = {"file_ids": [file_id], "knowledgebase_id": base}

    assert listed["pages"] == 1
    assert [one["knowledgebase_name"] for one in bases["data"]] == ["Rules"]
    assert [one["file_detail_list"][0]["name"] for one in files] == ["gate.txt"] * 2
    assert (await call(api, "delete/knowledgebase-file", removal))["success"] is True
    assert (await call(api, "delete/knowledgebase", {"knowledgebase_id": base}))["success"] is True
    assert (await call_ok(api, "delete/memory", {"memory_ids": [memory_id]}))["success"] is True
