"""What delete/memory removes: never more than is named."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from memos_mcp.api.guard.tokens import Tokens
from tests.api.engine import Engine, Json, engine

ALICE = {"authorization": "Bearer alices-token"}
SERVER = {"authorization": "Bearer servers-token"}


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[Engine]:
    async with engine(tmp_path) as opened:
        for user_id in ("ana", "ben"):
            await say(opened, user_id, "I live in Lisbon with my daughter.", agent_id="guide", info={"scene": "home"})
            await say(opened, user_id, "I work as a nurse in Porto.", agent_id="coach", tags=["work"])
        yield opened


async def say(api: Engine, user_id: str, content: str, **fields: object) -> None:
    messages = [{"role": "user", "content": content}]
    await api.data("add/message", {"user_id": user_id, "messages": messages, "async_mode": False} | fields)


async def known(api: Engine, user_id: str, **headers: str) -> dict[str, str]:
    page = await api.data("get/memory", {"user_id": user_id}, **headers)
    listed = [*page["memory_detail_list"], *page["preference_detail_list"]]
    return {one["id"]: one.get("memory_value") or one["preference"] for one in listed}


async def test_the_deletion_of_users_says_how_much_went(api: Engine) -> None:
    kept = {user: len(await known(api, user)) for user in ("ana", "ben")}

    data = await api.data("delete/memory", {"user_ids": ["ana", "ben"]})

    assert data["removed"] == {"conversations": 4, "messages": 4, "memories": sum(kept.values())}
    assert data["removed"]["memories"] > 0
    assert await known(api, "ana") == {}


async def test_the_owner_may_be_named_beside_the_memories(api: Engine) -> None:
    """The official MCP server does so."""
    one, *others = await known(api, "ana")

    data = await api.data("delete/memory", {"user_ids": ["ana"], "memory_ids": [one], "source": "MEMOS"})

    assert (data["success"], data["deleted"]) == (True, [one])
    assert [message["content"] for message in data["still_held_by"]] == ["I work as a nurse in Porto."]
    assert list(await known(api, "ana")) == others


async def test_memories_of_nobody_who_is_named_stay(api: Engine) -> None:
    one = next(iter(await known(api, "ana")))

    for users in (["ben"], ["ben", "cleo"]):
        status, refused = await api.post("delete/memory", {"user_ids": users, "memory_ids": [one]})
        assert (status, refused["code"]) == (404, 40307)

    assert one in await known(api, "ana")


async def test_several_users_may_be_named_for_memories_of_one(api: Engine) -> None:
    one = next(iter(await known(api, "ana")))

    await api.data("delete/memory", {"user_ids": ["ben", "ana"], "memory_ids": [one]})

    assert one not in await known(api, "ana")


@pytest.mark.parametrize(
    "condition",
    [
        {"agent_id": "coach"},
        {"filter": {"and": [{"tags": {"contains": "work"}}]}},
        {"filter": {"user": {"and": [{"agent_id": "coach"}]}}},
        {"filter": {"and": [{"tags": {"contains": "work"}}]}, "agent_id": "coach"},
    ],
)
async def test_a_condition_deletes_what_it_matches_and_no_more(api: Engine, condition: Json) -> None:
    before = await known(api, "ana")

    data = await api.data("delete/memory", {"user_id": "ana"} | condition)

    left = await known(api, "ana")
    assert data["deleted"]
    assert set(left) == set(before) - set(data["deleted"])
    assert all("nurse" in before[one] for one in data["deleted"])
    assert "Lisbon" in str(left)
    assert len(await known(api, "ben")) == len(before)


async def test_a_condition_that_matches_nothing_deletes_nothing(api: Engine) -> None:
    before = await known(api, "ana")

    data = await api.data("delete/memory", {"user_id": "ana", "agent_id": "nobody"})

    assert data == {"success": True, "deleted": []}
    assert await known(api, "ana") == before


async def test_all_the_users_of_a_list_are_wiped(api: Engine) -> None:
    await say(api, "cleo", "I live in Faro.")

    await api.data("delete/memory", {"user_ids": ["ana", "ben"]})

    assert (await known(api, "ana"), await known(api, "ben")) == ({}, {})
    assert await known(api, "cleo")


async def test_an_unknown_field_is_ignored_only_where_memories_are_named(api: Engine) -> None:
    before = await known(api, "ana")
    one = next(iter(before))

    status, refused = await api.post("delete/memory", {"user_id": "ana", "older_than": "2020-01-01"})
    assert (status, refused["code"]) == (400, 40000)
    assert "older_than" in refused["message"]
    assert await known(api, "ana") == before

    status, done = await api.post("delete/memory", {"memory_ids": [one], "older_than": "2020-01-01"})
    assert (status, done["code"]) == (200, 0)
    assert done["message"] == "ok (ignored older_than: not a field of this route)"


async def test_a_token_deletes_of_its_own_user_only(tmp_path: Path) -> None:
    tokens = Tokens([("alices-token", "alice"), ("servers-token", "*")])
    async with engine(tmp_path, tokens=tokens) as api:
        for user_id in ("alice", "bob"):
            messages = [{"role": "user", "content": "I live in Lisbon."}]
            body = {"user_id": user_id, "messages": messages, "async_mode": False}
            await api.data("add/message", body, **SERVER)

        for body in (
            {"user_ids": ["bob"]},
            {"user_ids": ["alice", "bob"]},
            {"user_ids": ["bob"], "memory_ids": ["k1"]},
        ):
            status, refused = await api.post("delete/memory", body, **ALICE)
            assert (status, refused["code"]) == (403, 40306)

        assert await known(api, "alice", **SERVER)
        assert await known(api, "bob", **SERVER)
