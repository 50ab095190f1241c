"""Requests as the programs that are written for MemOS send them, and the answers that they need.

The shapes are written anew from the programs' public sources and documentation; those of the skill, the chat bots and
the evaluation harness from the vendor's SDK, which they use.
"""

from collections.abc import AsyncIterator
from pathlib import Path

import anyio
import pytest

from tests.http.engine import REST, Engine, Json, engine

KEY = {"authorization": "Token mpg-any-key"}
TALK = [
    {"role": "user", "content": "I live in Lisbon with my daughter and I am allergic to peanuts."},
    {"role": "assistant", "content": "Noted."},
]
THREAD = "d41d8cd98f00b204e9800998ecf8427e"


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[Engine]:
    async with engine(tmp_path) as opened:
        yield opened


async def call(api: Engine, operation: str, body: Json) -> Json:
    return await api.data(operation, body, **KEY)


def texts(data: Json) -> str:
    return str([memory["memory_value"] for memory in data["memory_detail_list"]])


async def test_the_quick_start(api: Engine) -> None:
    await call(api, "add/message", {"user_id": "memos_user_123", "conversation_id": "0610", "messages": TALK})
    asked = {"query": "Where do I live?", "user_id": "memos_user_123", "conversation_id": "0928"}
    found = await call(api, "search/memory", asked)
    said = await call(api, "get/message", {"user_id": "memos_user_123", "conversation_id": "0610"})

    assert set(found) >= {"memory_detail_list", "preference_detail_list", "preference_note", "message_detail_list"}
    assert [one["content"] for one in said["message_detail_list"]] == [one["content"] for one in TALK]


async def test_the_official_mcp_server(api: Engine) -> None:
    """It sends times with milliseconds, its channel as source and, in a delete, the user beside the memories."""
    dated = [one | {"chat_time": "2025-11-09 08:00:00.123"} for one in TALK]
    common = {"user_id": "ana", "conversation_id": THREAD, "source": "MODELSCOPE_REMOTE"}

    added = await call(api, "add/message", common | {"messages": dated, "async_mode": False})
    found = await call(api, "search/memory", common | {"query": "Where do I live?", "memory_limit_number": 20})
    feedback = await call(api, "add/feedback", common | {"feedback_content": "User lives in Porto now."})
    listed = await call(api, "get/memory", {"user_id": "ana"})
    memory_id = listed["memory_detail_list"][0]["id"]
    deletion = {"user_ids": ["ana"], "memory_ids": [memory_id], "source": "MODELSCOPE_REMOTE"}
    deleted = await call(api, "delete/memory", deletion)

    assert (added["success"], feedback["success"], deleted["success"]) == (True, True, True)
    assert isinstance(found["memory_detail_list"], list)
    assert deleted["deleted"] == [memory_id]


@pytest.mark.parametrize("search", ["short", "long"])
async def test_the_openclaw_plugin(api: Engine, search: str) -> None:
    """It retries what takes longer than 5 seconds, filters again at 0.45, and reads times as numbers."""
    added = {
        "user_id": "openclaw-user",
        "conversation_id": "openclaw-main",
        "messages": TALK,
        "source": "openclaw",
        "tags": ["openclaw"],
        "info": {"source": "openclaw", "sessionKey": "main", "agentId": "main"},
        "agent_id": "main",
        "app_id": "openclaw",
        "allow_public": False,
        "allow_knowledgebase_ids": [],
        "async_mode": True,
    }
    short = {
        "user_id": "openclaw-user",
        "query": "Where do I live?",
        "source": "openclaw",
        "memory_limit_number": 9,
        "include_preference": True,
        "preference_limit_number": 6,
        "include_tool_memory": False,
        "tool_memory_limit_number": 6,
        "relativity": 0,
    }
    long = short | {"filter": {"and": [{"agent_id": "main"}]}, "knowledgebase_ids": [], "conversation_id": "c"}

    receipt = await call(api, "add/message", added)
    await finished(api, receipt["task_id"])
    status, envelope = await api.post("search/memory", {"short": short, "long": long}[search], **KEY)

    assert (status, envelope["message"]) == (200, "ok")
    assert "Lisbon" in texts(envelope["data"])
    [memory, *_] = envelope["data"]["memory_detail_list"]
    assert isinstance(memory["relativity"], float)
    assert isinstance(memory["create_time"], int)


async def finished(api: Engine, task_id: str) -> None:
    with anyio.fail_after(10):
        while (await call(api, "get/status", {"task_id": task_id}))["status"] == "running":
            await anyio.sleep(0.01)


async def test_the_cloud_command_line(api: Engine) -> None:
    """It reads lists in data, and results of rerank by index, document and relevance_score."""
    await call(api, "add/message", {"user_id": "ana", "messages": TALK, "source": "cli", "async_mode": False})
    search = {"query": "Where do I live?", "source": "cli", "memory_limit_number": 10, "include_preference": True}
    found = await call(api, "search/memory", search | {"user_id": "ana", "relativity": 0})
    rank = {"model": "memos-reranker-0.6b", "query": "python backend", "documents": ["Flask guide", "Python backend"]}
    ranked = await call(api, "rerank", rank | {"user_id": "ana", "top_n": 1})
    extracted = await call(api, "extract/memory", {"messages": TALK})

    assert "Lisbon" in texts(found)
    assert [(one["index"], one["document"]["text"]) for one in ranked["results"]] == [(1, "Python backend")]
    assert "Lisbon" in texts(extracted)


async def test_the_skill(api: Engine) -> None:
    """A skill's scripts send the least: no conversation, no mode; and read `data.memory_detail_list`."""
    added = await call(api, "add/message", {"user_id": "ana", "messages": TALK})
    await finished(api, added["task_id"])
    listed = await call(api, "get/memory", {"user_id": "ana", "page": 1, "size": 10, "include_preference": True})
    answer = await api.client.get(f"{REST}/get/memory/{listed['memory_detail_list'][0]['id']}", headers=KEY)

    assert added["conversation_id"]
    assert {"total", "size", "current", "pages"} <= set(listed)
    assert answer.json()["data"]["memory_value"] == listed["memory_detail_list"][0]["memory_value"]


async def test_the_plugins_of_chat_bots(api: Engine) -> None:
    """One conversation for each chat, camel case for the mode, limits beyond the maximum."""
    body = {"user_id": "qq:12345", "conversation_id": "aiocqhttp:GroupMessage:1", "messages": TALK, "asyncMode": False}
    status, envelope = await api.post("add/message", body, **KEY)
    await finished(api, envelope["data"]["task_id"])
    search = {"user_id": "qq:12345", "conversation_id": "aiocqhttp:GroupMessage:1", "query": "peanuts"}
    status, found = await api.post("search/memory", search | {"memory_limit_number": 100, "relativity": 0}, **KEY)

    assert (status, found["code"]) == (200, 0)
    assert found["message"] == "ok (memory_limit_number is 25 at most)"
    assert "peanuts" in texts(found["data"])


async def test_an_evaluation_harness(api: Engine) -> None:
    """Sessions of dated turns in one call, searched with a large top_k and no threshold."""
    turns = [one | {"chat_time": "2023-05-08 13:56:00"} for one in TALK * 20]
    for side in ("speaker_a", "speaker_b"):
        body = {"user_id": f"exp_{side}", "conversation_id": f"exp_{side}_1", "messages": turns, "async_mode": False}
        await call(api, "add/message", body)
    search = {"user_id": "exp_speaker_a", "query": "Where does she live?", "memory_limit_number": 20}
    found = await call(api, "search/memory", search | {"relativity": 0, "include_preference": True})

    assert "Lisbon" in texts(found)
    assert all(memory["memory_time"] is None or memory["memory_time"] > 0 for memory in found["memory_detail_list"])


async def test_the_newest_specification(api: Engine) -> None:
    """Filters by source, views, knowledge bases: all of it is taken, or named."""
    await call(api, "add/message", {"user_id": "ana", "messages": TALK, "agent_id": "memos_agent", "async_mode": False})
    search = {
        "user_id": "ana",
        "query": "Where do I live?",
        "relativity": 0,
        "include_memory_view": ["fact", "preference", "profile"],
        "knowledgebase_ids": ["kb-1"],
        "filter": {
            "user": {"and": [{"agent_id": "memos_agent"}, {"create_time": {"gte": "2020-06-01"}}]},
            "knowledgebase": {"and": [{"tags": {"contains": "policy"}}]},
            "public": {"and": [{"tags": {"contains": "policy"}}]},
        },
    }

    status, envelope = await api.post("search/memory", search, **KEY)
    _, none = await api.post("search/memory", search | {"filter": {"user": {"and": [{"agent_id": "other"}]}}}, **KEY)

    assert (status, envelope["code"]) == (200, 0)
    assert "Lisbon" in texts(envelope["data"])
    assert "Lisbon" in str(envelope["data"]["profile_detail_list"])
    assert envelope["message"] == "ok"
    assert none["data"]["memory_detail_list"] == []
