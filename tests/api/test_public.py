"""What one user makes public every user of the server finds, and nothing else; it stays its author's."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from memos_mcp.api.guard.tokens import Tokens
from tests.api.engine import Engine, Json, engine
from tests.mcp.clients import connected, text_of

ANA, BOB = ({"authorization": f"Bearer {name}s-token"} for name in ("ana", "bob"))
TOKENS = Tokens([("anas-token", "ana"), ("bobs-token", "bob")])
DEADLINE = "The deadline for expense reports is 25 June."
ASKED = "When is the deadline for expense reports?"

pytestmark = pytest.mark.usefixtures("both_ledgers")


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[Engine]:
    async with engine(tmp_path, tokens=TOKENS) as opened:
        yield opened


def said(*texts: str, **fields: object) -> Json:
    messages = [{"role": "user", "content": text} for text in texts]
    return {"conversation_id": "c", "messages": messages, "async_mode": False} | fields


async def find(api: Engine, query: str = ASKED, **fields: object) -> list[Json]:
    """Search as Bob; nothing but memories may come."""
    data = await api.data("search/memory", {"query": query, "relativity": 0} | fields, **BOB)
    assert data["message_detail_list"] == data["preference_detail_list"] == []
    return data["memory_detail_list"]


async def test_others_find_it_and_are_told_that_it_is_not_theirs(api: Engine) -> None:
    await api.data("add/message", said(DEADLINE, tags=["policy"], allow_public=True), **ANA)

    [found] = await find(api, relativity=0.45)
    own = (await api.data("search/memory", {"query": ASKED}, **ANA))["memory_detail_list"]

    assert (found["memory_value"], found["memory_type"]) == (f"[public] {DEADLINE}", "PublicMemory")
    assert "policy" in found["tags"]
    assert (found["conversation_id"], found["sources"], "ana" in str(found)) == ("", [], False)
    assert [one["memory_value"] for one in own] == [f"[user perspective] {DEADLINE}"]


async def test_what_is_not_marked_is_never_found(api: Engine) -> None:
    await api.data("add/message", said("My salary is 4,000 euros.", "I prefer the deadline in July."), **ANA)
    await api.data("add/message", said(DEADLINE, allow_public=True), **ANA)
    await api.data("add/message", said("The deadline for my divorce papers is May.", allow_public=False), **ANA)

    for query in ("salary", "deadline", "divorce", "What was the deadline before?", "July"):
        assert [one["memory_value"] for one in await find(api, query)] == [f"[public] {DEADLINE}"]
    for operation, body in (("get/memory", {}), ("get/conversation", {}), ("get/message", {"conversation_id": "c"})):
        assert "deadline" not in str(await api.data(operation, body, **BOB))


async def test_what_is_said_again_in_private_stays_private(api: Engine) -> None:
    """A memory that grew out of both would tell others what they were not to know."""
    private = "The deadline for expense reports is 25 June, my boss Vera told me in tears."
    await api.data("add/message", said(private), **ANA)
    await api.data("add/message", said(DEADLINE, allow_public=True), **ANA)
    await api.data("add/message", said(private), **ANA)

    assert [one["memory_value"] for one in await find(api)] == [f"[public] {DEADLINE}"]


async def test_what_was_said_before_in_private_does_not_explain_it(api: Engine) -> None:
    asked = {"role": "assistant", "content": "Did the clinic say when your chemotherapy begins?"}
    await api.data("add/message", said() | {"messages": [asked]}, **ANA)
    await api.data("add/message", said("Yes, on Monday.", "The office is closed on Monday.", allow_public=True), **ANA)

    found = str(await find(api, "What happens on Monday?"))

    assert "office" in found
    assert "chemotherapy" not in found


async def test_a_preference_of_another_is_no_preference_of_who_searches(api: Engine) -> None:
    await api.data("add/message", said("I prefer window seats on trains.", allow_public=True), **ANA)

    assert "window" in (await find(api, "seats on trains"))[0]["memory_value"]


async def test_it_stands_among_the_own_memories_by_relativity_and_within_the_limit(api: Engine) -> None:
    await api.data("add/message", said(DEADLINE, allow_public=True), **ANA)
    await api.data("add/message", said("My sister visits me in June."), **BOB)

    both = (await api.data("search/memory", {"query": "June", "relativity": 0}, **BOB))["memory_detail_list"]
    one = (await api.data("search/memory", {"query": ASKED, "relativity": 0, "memory_limit_number": 1}, **BOB))[
        "memory_detail_list"
    ]
    none = await api.data("search/memory", {"query": ASKED, "memory_limit_number": 0}, **BOB)

    assert {one["memory_type"] for one in both} == {"LongTermMemory", "PublicMemory"}
    assert [one["relativity"] for one in both] == sorted((one["relativity"] for one in both), reverse=True)
    assert [one["memory_value"] for one in one] == [f"[public] {DEADLINE}"]
    assert none["memory_detail_list"] == []


async def test_a_filter_goes_for_all_memories_or_for_the_public_ones(api: Engine) -> None:
    await api.data("add/message", said(DEADLINE, tags=["policy"], allow_public=True), **ANA)
    await api.data("add/message", said("My sister visits me in June.", tags=["family"]), **BOB)

    def tagged(tag: str) -> Json:
        return {"and": [{"tags": {"contains": tag}}]}

    async def kinds(wanted: Json) -> set[str]:
        body = {"query": "June", "relativity": 0, "filter": wanted, "message_limit_number": 0}
        data = await api.data("search/memory", body, **BOB)
        return {one["memory_type"] for one in data["memory_detail_list"]}

    assert await kinds(tagged("policy")) == {"PublicMemory"}
    assert await kinds({"public": tagged("policy")}) == {"LongTermMemory", "PublicMemory"}
    assert await kinds({"public": tagged("other")}) == {"LongTermMemory"}
    assert await kinds({"user": tagged("other")}) == {"PublicMemory"}


async def test_others_cannot_change_or_delete_it(api: Engine) -> None:
    await api.data("add/message", said(DEADLINE, allow_public=True), **ANA)
    [found] = await find(api)

    deleted = await api.post("delete/memory", {"memory_ids": [found["id"]]}, **BOB)
    updated = await api.post("update/memory", {"memory_id": found["id"], "content": "None."}, **BOB)
    corrected = await api.post("add/feedback", {"feedback_content": "No.", "memory_ids": [found["id"]]}, **BOB)

    assert (deleted[0], deleted[1]["code"]) == (403, 40306)
    assert "another user's" in deleted[1]["message"]
    assert [(status, body["code"]) for status, body in (updated, corrected)] == [(404, 40307)] * 2
    assert [one["memory_value"] for one in await find(api)] == [found["memory_value"]]


@pytest.mark.parametrize("deletion", [{"memory_ids": True}, {"conversation_ids": ["c"]}, {"user_id": "ana"}])
async def test_it_goes_when_its_author_deletes_it(api: Engine, deletion: Json) -> None:
    await api.data("add/message", said(DEADLINE, allow_public=True), **ANA)
    [found] = await find(api)

    await api.data("delete/memory", {"memory_ids": [found["id"]]} if "memory_ids" in deletion else deletion, **ANA)

    assert await find(api) == []


async def test_a_correction_is_public_where_it_says_so(api: Engine) -> None:
    await api.data("add/message", said(DEADLINE, allow_public=True), **ANA)
    correction = {"feedback_content": "The deadline for expense reports is 30 June, not 25 June."}

    await api.data("add/feedback", correction, **ANA)
    assert "30 June" not in str(await find(api))
    await api.data("add/message", said("The deadline for expense reports is 30 June.", allow_public=True), **ANA)
    assert "30 June" in str(await find(api))


async def test_it_is_found_by_the_tools_too(tmp_path: Path) -> None:
    async with (
        engine(tmp_path) as api,
        connected(api.backend, user_id=lambda: "bob") as client,  # type: ignore[arg-type]
    ):
        await api.data("add/message", said(DEADLINE, user_id="ana", allow_public=True))
        assert f"[public] {DEADLINE}" in text_of(await client.call_tool("search_memory", {"query": ASKED}))


async def test_the_mark_cannot_be_set_by_the_way(api: Engine) -> None:
    for info in ({"memos:public": True}, {"a": [{"memos:public": True}]}):
        status, refused = await api.post("add/message", said(DEADLINE, info=info), **ANA)
        assert (status, "allow_public" in refused["message"]) == (400, True)
    await api.data("add/message", said(DEADLINE, info={"allow_public": True, "x": '"memos:public": true'}), **ANA)
    assert await find(api) == []
