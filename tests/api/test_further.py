"""Routes that clients call beside add, search and get: one memory, rerank, extract, the profile."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from memos_mcp.api.guard.tokens import Tokens
from tests.api.engine import REST, Engine, engine
from tests.api.test_identity import ALICE, BOB, SERVER

HOBBIES = [
    "The user is a backend developer in Hangzhou.",
    "The user likes playing badminton on weekends.",
    "The user is going to Beijing next Wednesday.",
]


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[Engine]:
    async with engine(tmp_path) as opened:
        yield opened


def said(content: str, user_id: str = "ana") -> dict[str, object]:
    return {"user_id": user_id, "messages": [{"role": "user", "content": content}], "async_mode": False}


async def test_one_memory_is_read_by_its_id_alone(api: Engine) -> None:
    await api.data("add/message", said("I live in Lisbon with my daughter."))
    [listed] = (await api.data("get/memory", {"user_id": "ana"}))["memory_detail_list"]

    answer = await api.client.get(f"{REST}/get/memory/{listed['id']}")
    unknown = await api.client.get(f"{REST}/get/memory/k999999")

    assert answer.json() == {"code": 0, "message": "ok", "data": listed}
    assert (unknown.status_code, unknown.json()["code"]) == (404, 40307)


async def test_another_users_memory_is_an_unknown_one(tmp_path: Path) -> None:
    tokens = Tokens([("alices-token", "alice"), ("bobs-token", "bob"), ("servers-token", "*")])
    async with engine(tmp_path, tokens=tokens) as api:
        await api.data("add/message", said("I live in Lisbon.", user_id="alice"), **ALICE)
        [listed] = (await api.data("get/memory", {}, **ALICE))["memory_detail_list"]
        path = f"{REST}/get/memory/{listed['id']}"

        answers = [await api.client.get(path, headers=headers) for headers in (ALICE, SERVER, BOB, {})]
        of_bob = [await api.client.get(f"{path}?user_id=bob", headers=headers) for headers in (ALICE, SERVER, BOB)]

    assert [answer.status_code for answer in answers] == [200, 200, 404, 401]
    assert [answer.status_code for answer in of_bob] == [403, 404, 404]
    assert "Lisbon" not in answers[2].text


async def test_documents_are_ranked_by_how_they_bear_on_the_query(api: Engine) -> None:
    data = await api.data("rerank", {"query": "Does the user play badminton?", "documents": HOBBIES})

    results = data["results"]
    assert results[0]["index"] == 1
    assert results[0]["document"] == {"text": HOBBIES[1]}
    scores = [result["relevance_score"] for result in results]
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 1 for score in scores)
    assert sorted(result["index"] for result in results) == [0, 1, 2]


async def test_no_more_documents_come_back_than_are_asked_for(api: Engine) -> None:
    _, envelope = await api.post(
        "rerank", {"query": "badminton", "documents": HOBBIES, "top_n": 1, "model": "memos-reranker-0.6b"}
    )

    assert [result["index"] for result in envelope["data"]["results"]] == [1]
    assert envelope["message"] == "ok (ignored model: the server's own is used)"


async def test_ranking_stores_nothing(api: Engine) -> None:
    await api.data("rerank", {"query": "badminton", "documents": HOBBIES})

    assert (await api.backend.status()).messages == 0


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"query": "", "documents": ["a"]}, 40002),
        ({"query": "q", "documents": []}, 40003),
        ({"query": "q"}, 40002),
        ({"query": "q", "documents": [""]}, 40002),
        ({"query": "q", "documents": ["a"], "top_n": 0}, 40000),
        ({"query": "q", "documents": ["a"] * 501}, 40000),
    ],
)
async def test_a_ranking_that_makes_no_sense_is_refused(api: Engine, body: dict[str, object], code: int) -> None:
    status, refused = await api.post("rerank", body)

    assert (status, refused["code"]) == (400, code)


async def test_memories_are_drafted_and_not_stored(api: Engine) -> None:
    messages = [
        {"role": "user", "content": "I live in Lisbon with my daughter."},
        {"role": "user", "content": "I prefer short answers."},
    ]

    both = await api.data("extract/memory", {"messages": messages})
    facts = await api.data("extract/memory", {"messages": messages, "extraction_types": ["memory"]})

    assert both["success"] is True
    assert "Lisbon" in str(both["memory_detail_list"])
    assert "short answers" in str(both["preference_detail_list"])
    assert set(facts) == {"success", "memory_detail_list"}
    assert set(facts["memory_detail_list"][0]) >= {"memory_key", "memory_value", "memory_type", "tags"}
    assert (await api.backend.status()).memories == 0


async def test_an_unknown_kind_of_extraction_is_named(api: Engine) -> None:
    body = {"messages": [{"role": "user", "content": "Hello."}], "extraction_types": ["memory", "skill"]}

    status, refused = await api.post("extract/memory", body)

    assert status == 400
    assert '"skill"' in refused["message"]


@pytest.mark.parametrize("operation", ["search/memory", "get/memory"])
async def test_the_profile_is_what_the_user_said(api: Engine, operation: str) -> None:
    await api.data("add/message", said("I live in Lisbon with my daughter."))
    body = {"user_id": "ana"} | ({"query": "Who is this?"} if operation == "search/memory" else {})

    without = await api.data(operation, body)
    data = await api.data(operation, body | {"include_memory_view": ["profile"]})

    assert "profile_detail_list" not in without
    [entry] = data["profile_detail_list"]
    assert entry["memory_type"] == "ProfileMemory"
    assert "Lisbon" in entry["memory"]
    assert "perspective]" not in entry["memory"]
