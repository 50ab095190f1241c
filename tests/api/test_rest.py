"""The MemOS contract, served from a store on this machine."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import anyio
import pytest

from memos_mcp.api.contract.envelope import Envelope
from memos_mcp.core.models import ENGINE_HEADER
from tests.api.engine import REST, Engine, Json, engine
from tests.consolidation.conversation import CONVERSATION_A, NATIONAL_DAY

USER = "memos_user_123"
ADD_A = {
    "user_id": USER,
    "conversation_id": "0610",
    "messages": [{"role": role, "content": content} for role, content in CONVERSATION_A],
    "async_mode": False,
}
MEMORY_FIELDS = {
    "id",
    "memory_key",
    "memory_value",
    "memory_type",
    "memory_time",
    "conversation_id",
    "status",
    "confidence",
    "tags",
    "create_time",
    "update_time",
}


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[Engine]:
    async with engine(tmp_path) as opened:
        yield opened


async def test_the_quick_start_runs(api: Engine) -> None:
    added = await api.data("add/message", ADD_A)
    found = await api.data(
        "search/memory", {"user_id": USER, "conversation_id": "0928", "query": NATIONAL_DAY, "relativity": 0}
    )
    said = await api.data("get/message", {"user_id": USER, "conversation_id": "0610"})

    assert added["success"] is True
    assert isinstance(added["task_id"], str)
    assert added["status"] == "completed"
    memories = found["memory_detail_list"]
    assert "summer vacation" in " ".join(memory["memory_value"] for memory in memories)
    assert all(set(memory) >= MEMORY_FIELDS | {"relativity"} for memory in memories)
    assert all(isinstance(memory["create_time"], int) for memory in memories)
    assert found["preference_note"] == ""
    assert all(isinstance(found[name], list) for name in found if name.endswith("_list"))
    assert [(one["role"], one["content"]) for one in said["message_detail_list"]] == list(CONVERSATION_A)
    assert said["message_detail_list"][0]["create_time"][4:5] == "-"


async def test_every_answer_says_that_this_is_an_engine(api: Engine) -> None:
    answers = [
        await api.client.post(f"{REST}/add/message", json={}),
        await api.client.get("/nowhere"),
        await api.client.get("/nowhere", headers={"host": "evil.example"}),
    ]

    assert all(ENGINE_HEADER in answer.headers for answer in answers)


async def test_explicit_nulls_are_absent_fields(api: Engine) -> None:
    nothing = dict.fromkeys(
        ["info", "source", "app_id", "agent_id", "allow_knowledgebase_ids", "allow_memory_view", "tags"]
    )
    await api.data("add/message", ADD_A | nothing)
    found = await api.data(
        "search/memory",
        {"user_id": USER, "query": NATIONAL_DAY, "conversation_id": None, "filter": None, "relativity": None},
    )
    said = await api.data(
        "get/message",
        {"user_id": USER, "conversation_id": "0610", "message_limit_number": None, "source": None},
    )

    assert isinstance(found["memory_detail_list"], list)
    assert len(said["message_detail_list"]) == 6


@pytest.mark.parametrize("path", [f"{REST}//add/message", f"//api/openmem/v1{'/' * 3}add//message"])
async def test_double_slashes_are_single_ones(api: Engine, path: str) -> None:
    answer = await api.client.post(f"http://127.0.0.1:8765{path}", json=ADD_A)

    assert answer.json()["code"] == 0


async def test_content_in_parts_is_kept_as_one_text(api: Engine) -> None:
    parts = [{"type": "text", "text": "One."}, {"type": "text", "text": "Two."}]
    await api.data("add/message", {"conversation_id": "c", "messages": [{"role": "user", "content": parts}]})

    said = await api.data("get/message", {"user_id": "default", "conversation_id": "c"})

    assert said["message_detail_list"][0]["content"] == "One.\nTwo."


async def test_a_tool_call_without_words_is_kept_as_the_call(api: Engine) -> None:
    call = {"role": "assistant", "content": None, "tool_calls": [{"id": "1", "function": {"name": "weather"}}]}
    answer = {"role": "tool", "content": "Sunny.", "tool_call_id": "1"}
    await api.data("add/message", {"conversation_id": "c", "messages": [call, answer]})

    said = await api.data("get/message", {"user_id": "default", "conversation_id": "c"})

    assert "weather" in said["message_detail_list"][0]["content"]
    assert said["message_detail_list"][1]["role"] == "tool"


async def test_an_async_add_is_searchable_at_once_and_its_task_completes(api: Engine) -> None:
    added = await api.data("add/message", ADD_A | {"async_mode": True})
    found = await api.data("search/memory", {"user_id": USER, "query": "children and elderly"})

    assert added["status"] == "running"
    assert any("elderly" in message["content"] for message in found["message_detail_list"])
    with anyio.fail_after(60):
        while (task := await api.data("get/status", {"task_id": added["task_id"]}))["status"] == "running":
            await anyio.sleep(0.01)
    assert task["task_id"] == added["task_id"]
    assert task["memory_views"]["added"] > 0


async def test_an_add_of_the_same_idempotency_key_is_stored_once(api: Engine) -> None:
    first = await api.data("add/message", ADD_A, **{"idempotency-key": "k1"})
    again = await api.data("add/message", ADD_A, **{"idempotency-key": "k1"})
    said = await api.data("get/message", {"user_id": USER, "conversation_id": "0610", "message_limit_number": 50})

    assert again["task_id"] == first["task_id"]
    assert len(said["message_detail_list"]) == 6


async def test_a_conversation_is_made_where_none_is_named(api: Engine) -> None:
    added = await api.data("add/message", {"messages": [{"role": "user", "content": "Hello."}]})

    said = await api.data("get/message", {"user_id": "default", "conversation_id": added["conversation_id"]})

    assert len(said["message_detail_list"]) == 1


async def test_pages_of_a_conversation_go_back_in_time(api: Engine) -> None:
    await api.data("add/message", ADD_A)
    ask = {"user_id": USER, "conversation_id": "0610", "message_limit_number": 4}

    last = await api.data("get/message", ask)
    first = await api.data("get/message", ask | {"page": 2})

    contents = [content for _, content in CONVERSATION_A]
    assert [one["content"] for one in last["message_detail_list"]] == contents[2:]
    assert [one["content"] for one in first["message_detail_list"]] == contents[:2]
    assert (last["total"], last["pages"]) == (6, 2)


async def test_an_unknown_conversation_has_no_messages(api: Engine) -> None:
    said = await api.data("get/message", {"user_id": USER, "conversation_id": "never"})

    assert said["message_detail_list"] == []


async def test_what_is_known_comes_in_pages(api: Engine) -> None:
    await api.data("add/message", ADD_A)

    pages = [await api.data("get/memory", {"user_id": USER, "page": page, "size": 1}) for page in (1, 2)]

    assert pages[0]["total"] == pages[0]["pages"] >= 2
    assert len({known(page)[0]["id"] for page in pages}) == 2
    assert all("relativity" not in one for one in known(pages[0]))


async def test_a_filter_and_an_agent_narrow_a_search(api: Engine) -> None:
    for agent, place in [("a1", "Lisbon"), ("a2", "Porto")]:
        message = {"role": "user", "content": f"We spent the holiday in {place}."}
        info = {"trip": place}
        await api.data(
            "add/message",
            {"user_id": USER, "agent_id": agent, "info": info, "messages": [message], "async_mode": False},
        )
    ask = {"query": "Where was the holiday?", "relativity": 0, "user_id": USER}

    by_agent = await api.data("search/memory", ask | {"agent_id": "a1"})
    by_filter = await api.data("search/memory", ask | {"filter": {"and": [{"trip": "Porto"}]}})
    by_both = await api.data("search/memory", ask | {"agent_id": "a1", "filter": {"and": [{"trip": "Porto"}]}})
    status, refused = await api.post("search/memory", ask | {"agent_id": "a1", "filter": {"or": [{"trip": "Porto"}]}})

    assert places(by_agent) == {"Lisbon"}
    assert places(by_filter) == {"Porto"}
    assert places(by_both) == set()
    assert (status, refused["code"]) == (400, 40000)


async def test_limits_and_relativity_bound_a_search(api: Engine) -> None:
    await api.data("add/message", ADD_A)
    ask = {"user_id": USER, "query": "family", "relativity": 0}

    one = await api.data("search/memory", ask | {"memory_limit_number": 1, "message_limit_number": 0})
    none = await api.data("search/memory", ask | {"relativity": 1})

    assert len(one["memory_detail_list"]) == 1
    assert one["message_detail_list"] == []
    assert none["memory_detail_list"] == []


async def test_instructions_are_composed_on_request(api: Engine) -> None:
    await api.data("add/message", ADD_A)

    found = await api.data(
        "search/memory",
        {"user_id": USER, "query": NATIONAL_DAY, "return_instruction": True, "return_full_instruction": True},
    )

    assert NATIONAL_DAY in found["instruction"]
    assert NATIONAL_DAY in found["full_instruction"]


async def test_memories_are_updated_and_deleted_by_id_alone(api: Engine) -> None:
    await api.data("add/message", ADD_A)
    memory = known(await api.data("get/memory", {"user_id": USER}))[0]

    await api.data("update/memory", {"memory_id": memory["id"], "content": "They went to Porto."})
    changed = await api.data("get/memory", {"user_id": USER, "memory_ids": [memory["id"]]})
    deleted = await api.data("delete/memory", {"memory_ids": [memory["id"]]})
    status, gone = await api.post("delete/memory", {"memory_ids": [memory["id"]]})

    assert "They went to Porto." in str(changed)
    assert deleted["success"] is True
    assert (status, gone["code"]) == (404, 40307)


async def test_naming_a_user_alone_wipes_that_user_and_no_other(api: Engine) -> None:
    await api.data("add/message", ADD_A)
    await api.data("add/message", ADD_A | {"user_id": "another"})

    await api.data("delete/memory", {"user_id": USER})

    assert (await api.data("get/memory", {"user_id": USER}))["total"] == 0
    assert (await api.data("get/memory", {"user_id": "another"}))["total"] > 0


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"memory_ids": []},
        {"memory_ids": [], "user_id": USER},
        {"memory_ids": None},
        {"user_id": USER, "memory_type": "WorkingMemory"},
        {"user_id": USER, "filter": {"and": []}},
    ],
)
async def test_a_deletion_that_is_not_understood_deletes_nothing(api: Engine, body: Json) -> None:
    await api.data("add/message", ADD_A)
    before = await api.data("get/memory", {"user_id": USER})

    status, refused = await api.post("delete/memory", body)

    assert (status, refused["code"] // 1000) == (400, 40)
    assert await api.data("get/memory", {"user_id": USER}) == before


async def test_feedback_is_taken_in_the_shape_that_the_clients_demand(api: Engine) -> None:
    await api.data("add/message", ADD_A)

    taken = await api.data("add/feedback", {"user_id": USER, "feedback_content": "We travel in spring, not in summer."})

    assert taken["success"] is True
    assert isinstance(taken["task_id"], str)
    assert isinstance(taken["status"], str)


async def test_conversations_are_listed_the_last_used_first(api: Engine) -> None:
    for conversation_id in ("one", "two"):
        await api.data("add/message", ADD_A | {"conversation_id": conversation_id})

    listed = await api.data("get/conversation", {"user_id": USER})

    assert [one["conversation_id"] for one in listed["conversation_detail_list"]] == ["two", "one"]
    assert listed["conversation_detail_list"][0]["total"] == 6


def known(page: Json) -> list[Json]:
    return [*page["memory_detail_list"], *page["preference_detail_list"]]


def places(found: Json) -> set[str]:
    return {place for place in ("Lisbon", "Porto") if place in str(found["message_detail_list"])}


async def test_the_nearest_memory_is_given_where_no_threshold_is_named(api: Engine) -> None:
    said = [{"role": "user", "content": "I keep two canaries named Salt and Pepper."}]
    await api.data("add/message", ADD_A | {"messages": said})
    asked = {"user_id": USER, "query": "Which pets do I feed?"}

    unasked = (await api.data("search/memory", asked))["memory_detail_list"]
    named = (await api.data("search/memory", asked | {"relativity": 0.45}))["memory_detail_list"]

    assert ["canaries" in memory["memory_value"] for memory in unasked] == [True]
    assert named == []


async def test_relative_days_count_from_the_time_of_asking(api: Engine) -> None:
    for day, bought in (("2025-03-03 10:00:00", "a lamp"), ("2025-03-10 10:00:00", "a kettle")):
        said = [{"role": "user", "content": f"I bought {bought} today.", "chat_time": day}]
        await api.data("add/message", ADD_A | {"messages": said, "conversation_id": day})
    asked = {"user_id": USER, "query": "What did I buy yesterday?", "relativity": 0}

    for now, bought in (("2025-03-04 09:00:00", "lamp"), ("2025-03-11 09:00:00", "kettle")):
        found = await api.data("search/memory", asked | {"query_time": now})
        assert bought in found["message_detail_list"][0]["content"]


def test_an_answer_is_in_utf8_with_what_it_cannot_write_escaped() -> None:
    said = {"text": "我住在北京。🍲 \ud83d"}

    body = Envelope(said).body

    assert "我住在北京。🍲".encode() in body
    assert json.loads(bytes(body).decode())["data"] == said
