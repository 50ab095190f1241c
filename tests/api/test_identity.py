"""Identity comes from the token: a body can narrow it, never widen it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from memos_mcp.api.guard.tokens import Tokens
from tests.api.engine import REST, Engine, Json, engine
from tests.api.examples import OF_A_USER, WITHOUT_BODY

ALICE = {"authorization": "Bearer alices-token"}
BOB = {"authorization": "Token bobs-token"}
SERVER = {"authorization": "bearer servers-token"}
TOKENS = Tokens([("alices-token", "alice"), ("bobs-token", "bob"), ("servers-token", "*")])


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[Engine]:
    async with engine(tmp_path, tokens=TOKENS) as opened:
        yield opened


def said(text: str, **fields: object) -> Json:
    return {"conversation_id": "c", "messages": [{"role": "user", "content": text}], "async_mode": False, **fields}


async def test_a_tokens_user_sees_only_its_own_memory(api: Engine) -> None:
    await api.data("add/message", said("I live in Lisbon."), **ALICE)
    await api.data("add/message", said("I live in Porto.", user_id="bob"), **BOB)

    found = await api.data("search/memory", {"query": "Where do I live?", "relativity": 0}, **ALICE)
    read = await api.data("get/message", {"conversation_id": "c"}, **BOB)

    assert "Lisbon" in str(found)
    assert "Porto" not in str(found)
    assert [one["content"] for one in read["message_detail_list"]] == ["I live in Porto."]


@pytest.mark.parametrize(("operation", "body"), [*OF_A_USER.items(), ("delete/memory", {})])
async def test_naming_another_user_is_refused(api: Engine, operation: str, body: Json) -> None:
    await api.data("add/message", said("I live in Lisbon."), **ALICE)
    before = await api.data("get/memory", {}, **ALICE)

    status, refused = await api.post(operation, body | {"user_id": "alice"}, **BOB)

    assert (status, refused["code"]) == (403, 40306 if operation == "delete/memory" else 40103)
    assert "Lisbon" not in str(refused)
    assert await api.data("get/memory", {}, **ALICE) == before


@pytest.mark.parametrize("path", WITHOUT_BODY.values())
async def test_a_path_gives_nothing_of_another_user(api: Engine, path: str) -> None:
    await api.data("add/message", said("I live in Lisbon."), **ALICE)

    own = await api.client.get(f"{REST}/{path}", headers=ALICE)
    others = [await api.client.get(f"{REST}/{path}{query}", headers=BOB) for query in ("", "?user_id=alice")]

    assert own.status_code == 200
    assert not any("Lisbon" in one.text or one.json()["data"] == own.json()["data"] for one in others)


async def test_another_users_ids_are_unknown_ones(api: Engine) -> None:
    task_id = (await api.data("add/message", said("I live in Lisbon."), **ALICE))["task_id"]
    page = await api.data("get/memory", {}, **ALICE)
    memory_id = [*page["memory_detail_list"], *page["preference_detail_list"]][0]["id"]

    answers = [
        await api.post("delete/memory", {"memory_ids": [memory_id]}, **BOB),
        await api.post("update/memory", {"memory_id": memory_id, "content": "Changed."}, **BOB),
        await api.post("get/memory", {"memory_ids": [memory_id]}, **BOB),
        await api.post("get/status", {"task_id": task_id}, **BOB),
        await api.post("delete/memory", {"memory_ids": [memory_id], "user_id": "bob"}, **SERVER),
    ]

    assert [(status, body["code"]) for status, body in answers] == [
        (404, 40307),
        (404, 40307),
        (404, 40307),
        (404, 50131),
        (404, 40307),
    ]
    assert await api.data("get/memory", {}, **ALICE) == page


async def test_an_application_server_acts_for_whom_it_names(api: Engine) -> None:
    added = await api.data("add/message", said("I live in Lisbon.", user_id="alice"), **SERVER)

    own = await api.data("get/memory", {}, **ALICE)
    followed = await api.data("get/status", {"task_id": added["task_id"]}, **SERVER)
    memory_id = [*own["memory_detail_list"], *own["preference_detail_list"]][0]["id"]
    await api.data("delete/memory", {"memory_ids": [memory_id]}, **SERVER)

    assert followed["status"] == "completed"
    assert (await api.data("get/memory", {}, **ALICE))["total"] == own["total"] - 1


@pytest.mark.parametrize("operation", ["add/message", "search/memory", "get/memory"])
async def test_an_application_server_must_name_somebody(api: Engine, operation: str) -> None:
    status, refused = await api.post(operation, OF_A_USER[operation], **SERVER)

    assert (status, refused["code"]) == (400, 40002)
    assert refused["message"] == "user_id is missing: this token acts for many users, so name one."


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({}, 40100),
        ({"authorization": ""}, 40100),
        ({"authorization": "Basic YWxpY2U6"}, 40100),
        ({"authorization": "alices-token"}, 40100),
        ({"authorization": "Bearer wrong"}, 40132),
        ({"authorization": "Bearer "}, 40132),
        ({"authorization": "Bearer alices-token x"}, 40132),
    ],
)
async def test_without_a_known_token_nothing_answers(api: Engine, headers: dict[str, str], code: int) -> None:
    for method, path in [("POST", "/api/openmem/v1/get/memory"), ("GET", "/nowhere")]:
        answer = await api.client.request(method, path, headers=headers, json={})
        assert (answer.status_code, answer.json()["code"]) == (401, code)
        assert answer.headers["www-authenticate"] == "Bearer"


async def test_without_tokens_anybody_is_whom_they_name(tmp_path: Path) -> None:
    async with engine(tmp_path, user_id="me") as api:
        await api.data("add/message", said("I live in Lisbon."), **BOB)
        mine = await api.data("get/memory", {"user_id": "me"})
        others = await api.data("get/memory", {"user_id": "bob"})

    assert (mine["total"] > 0, others["total"]) == (True, 0)
