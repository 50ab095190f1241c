"""Requests as the programs that are written for MemOS send them, and the answers that they need.

The shapes are written anew, with values of our own. Those of the vendor's SDK, and so of the chat bots that use it,
were recorded from it (`test_vendor_sdk.py` runs it); those of the other programs are from their public sources.
"""

from collections.abc import AsyncIterator
from pathlib import Path

import anyio
import pytest

from tests.api.engine import REST, Engine, Json, engine

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


async def call_ok(api: Engine, operation: str, body: Json) -> Json:
    """Call with nothing that is ignored: the message is just "ok"."""
    status, envelope = await api.post(operation, body, **KEY)
    assert (status, envelope["code"], envelope["message"]) == (200, 0, "ok"), envelope
    return envelope["data"]


def texts(data: Json) -> str:
    return str([memory["memory_value"] for memory in data["memory_detail_list"]])


@pytest.mark.parametrize(
    ("said", "asked", "known"),
    [
        (TALK, "Where do I live?", "Lisbon"),
        ([{"role": "user", "content": "我暑假定好去杭州旅游，我选全季酒店。"}], "我暑假去哪里旅游？", "杭州"),
    ],
)
async def test_the_quick_start(api: Engine, said: list[Json], asked: str, known: str) -> None:
    """Its blocks send the same three requests by HTTP, by curl and by the SDK."""
    adding = {"user_id": "memos_user_123", "conversation_id": "0610", "messages": said}
    await finished(api, (await call_ok(api, "add/message", adding))["task_id"])
    search = {"query": asked, "user_id": "memos_user_123", "conversation_id": "0928"}
    found = await call_ok(api, "search/memory", search)
    read = await call_ok(api, "get/message", {"user_id": "memos_user_123", "conversation_id": "0610"})

    assert set(found) >= {"memory_detail_list", "preference_detail_list", "preference_note", "message_detail_list"}
    assert known in texts(found)
    assert [one["content"] for one in read["message_detail_list"]] == [one["content"] for one in said]


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
    with anyio.fail_after(60):
        while (await call(api, "get/status", {"task_id": task_id}))["status"] == "running":
            await anyio.sleep(0.01)


async def test_a_turn_with_tools_of_the_openclaw_plugin(api: Engine) -> None:
    """An assistant that only calls tools has an empty content; undefined values of `info` are left out."""
    call = {"id": "call_1", "type": "function", "function": {"name": "look", "arguments": "{}"}}
    turn = [
        {"role": "user", "content": "Where does the ferry leave?"},
        {"role": "assistant", "content": "", "tool_calls": [call]},
        {"role": "tool", "content": "Pier 4", "tool_call_id": "call_1"},
        {"role": "assistant", "content": "The ferry leaves from pier 4."},
    ]
    body = {"user_id": "openclaw-user", "conversation_id": "agent:main:main", "messages": turn, "source": "openclaw"}

    await call_ok(
        api, "add/message", body | {"async_mode": True, "allow_public": False, "info": {"source": "openclaw"}}
    )

    said = await call_ok(api, "get/message", {"user_id": "openclaw-user", "conversation_id": "agent:main:main"})
    assert [one["role"] for one in said["message_detail_list"]] == [one["role"] for one in turn]


async def test_the_skill(api: Engine) -> None:
    """Its script names a conversation by a digest of the first message, and takes lists apart at commas."""
    added = await call_ok(api, "add/message", {"user_id": "ana", "conversation_id": THREAD, "messages": TALK})
    await finished(api, added["task_id"])
    found = await call_ok(api, "search/memory", {"user_id": "ana", "query": "Where do I live?"})
    wanted = {"relativity": 0.05, "include_tool_memory": True, "include_skill": True, "skill_limit_number": 4}
    more = {"filter": {"and": [{"create_time": {"gte": "2025-01-01"}}]}, "knowledgebase_ids": ["all"]}
    narrowed = await call_ok(api, "search/memory", {"user_id": "ana", "query": "peanuts"} | wanted | more)
    listed = await call_ok(api, "get/memory", {"user_id": "ana"})
    memory_id = listed["memory_detail_list"][0]["id"]
    one = await api.client.get(f"{REST}/get/memory/{memory_id}", headers=KEY)
    deleted = await call_ok(api, "delete/memory", {"memory_ids": [memory_id]})

    assert added["conversation_id"] == THREAD
    assert "Lisbon" in texts(found)
    assert "peanuts" in texts(narrowed)
    assert {"total", "size", "current", "pages"} <= set(listed)
    assert one.json()["data"]["memory_value"] == listed["memory_detail_list"][0]["memory_value"]
    assert deleted["deleted"] == [memory_id]


async def test_the_hermes_plugin(api: Engine) -> None:
    """It searches in a conversation that there is not, for one agent, and ranks what it found."""
    turn = {"user_id": "u1", "conversation_id": "default-cli-1764000000", "messages": TALK, "agent_id": "helper"}
    added = await call_ok(api, "add/message", turn)
    await finished(api, added["task_id"])
    search = {"query": "Where do I live?", "user_id": "u1", "conversation_id": "search-1764000001"}
    found = await call_ok(api, "search/memory", search | {"filter": {"and": [{"agent_id": "helper"}]}})
    documents = [memory["memory_value"] for memory in found["memory_detail_list"]]
    ranked = await call(api, "rerank", {"model": "memos-reranker-0.6b", "query": "Lisbon", "documents": documents})

    [memory, *_] = found["memory_detail_list"]
    assert memory["conversation_id"] == turn["conversation_id"]
    assert {"memory_key", "memory_value", "tags"} <= set(memory)
    assert ranked["results"][0]["relevance_score"] > 0


async def test_the_plugins_of_chat_bots(api: Engine) -> None:
    """They use the vendor's SDK, which sends every field, and null for what was not said."""
    unsaid = dict.fromkeys(("info", "source", "app_id", "agent_id", "tags", "allow_memory_view"))
    body = {"user_id": "qq:12345", "conversation_id": "aiocqhttp:GroupMessage:1", "messages": TALK, "async_mode": True}
    added = await call_ok(api, "add/message", body | unsaid | {"allow_public": False, "allow_knowledgebase_ids": None})
    await finished(api, added["task_id"])
    asked = {"user_id": "qq:12345", "conversation_id": "aiocqhttp:GroupMessage:1", "query": "peanuts"}
    limits = dict.fromkeys(("memory_limit_number", "preference_limit_number", "tool_memory_limit_number"), 6)
    nulls = dict.fromkeys(("agent_id", "knowledgebase_ids", "filter", "relativity", "include_memory_view", "source"))
    found = await call_ok(api, "search/memory", asked | limits | nulls | {"context_format": "memory"})
    status, cut = await api.post("search/memory", asked | {"memory_limit_number": 100}, **KEY)

    assert "peanuts" in texts(found)
    assert (status, cut["message"]) == (200, "ok (memory_limit_number is 25 at most)")


TURNS = [one | {"chat_time": "2023-05-08 13:56:00"} for one in TALK * 10]


async def test_the_evaluation_of_memos(api: Engine) -> None:
    """Sessions of dated turns in one call; whatever is said in `message` beside "ok" is an error to it."""
    for side in ("speaker_a", "speaker_b"):
        body = {"user_id": f"exp_{side}", "conversation_id": f"exp_{side}_1", "messages": TURNS}
        await finished(api, (await call_ok(api, "add/message", body))["task_id"])
    search = {"query": "Where does she live?", "user_id": "exp_speaker_a", "memory_limit_number": 20}
    found = await call_ok(api, "search/memory", search | {"relativity": 0})

    assert "Lisbon" in texts(found)
    assert all(memory["memory_time"] is None or memory["memory_time"] > 0 for memory in found["memory_detail_list"])


async def test_the_evaluation_of_several_memory_servers(api: Engine) -> None:
    """It wipes its user, adds in batches, each when the last is learnt, and writes preferences by their type."""
    status, _ = await api.post("delete/memory", {"user_id": "eval_1"}, **KEY)
    assert status == 404  # there is nobody yet, which it only prints
    for batch in (TURNS[:10], TURNS[10:], [{"role": "user", "content": "I prefer an aisle seat on trains."}]):
        body = {"messages": batch, "user_id": "eval_1", "conversation_id": "eval_1_0", "async_mode": False}
        assert (await call_ok(api, "add/message", body))["status"] == "completed"
    search = {"query": "Which seat?", "user_id": "eval_1", "memory_limit_number": 20, "include_preference": True}
    found = await call_ok(api, "search/memory", search | {"preference_limit_number": 9, "relativity": 0})

    liked = {one["preference"]: one["preference_type"] for one in found["preference_detail_list"]}
    assert liked["I prefer an aisle seat on trains."] == "explicit_preference"
    assert isinstance(found["preference_note"], str)
    await call_ok(api, "delete/memory", {"user_id": "eval_1"})


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
