"""Every route is described, guarded, and of the caller alone."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, cast

import pytest

from memos_mcp.api.guard.tokens import Tokens
from memos_mcp.api.v1.context import Context, Store
from memos_mcp.api.v1.operation import Operation
from memos_mcp.api.v1.routes import operations
from tests.api.engine import engine
from tests.api.v1.client import V1, Api, refused

WALRUS = "unmistakable-walrus"
SAID = f"My {WALRUS} sleeps under the bed."

OPERATIONS = operations(Store(*[cast("Any", None)] * 4), Context())
TABLE = [f"{one.method} {one.path}" for one in OPERATIONS]
BODIES: dict[str, dict[str, object]] = {
    "/memories/{memory_id}": {"value": "It was nothing."},
    "/memories/delete": {"ids": ["k1"], "delete_messages": True},
    "/messages/delete": {"message_ids": ["m1"]},
    "/forget": {"text": WALRUS},
}
QUERIES = {"/search": {"query": WALRUS}}


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[Api]:
    tokens = Tokens([("alices-token", "alice"), ("bobs-token", "bob"), ("servers-token", "*")])
    async with engine(tmp_path, tokens=tokens) as opened:
        yield Api(opened, authorization="Bearer bobs-token")


def path_of(operation: Operation) -> str:
    return operation.path.replace("{memory_id}", "k1").replace("{conversation_id:path}", "c")


async def everything(api: Api, user_id: str) -> str:
    server = Api(api.engine, authorization="Bearer servers-token")
    read = [await server.get(path, user_id=user_id) for path in ("/memories", "/conversations", "/memories/k1")]
    return json.dumps([*read, await server.get("/conversations/c/messages", user_id=user_id)])


@pytest.mark.parametrize("operation", OPERATIONS, ids=TABLE)
async def test_a_token_of_another_user_sees_and_changes_nothing(api: Api, operation: Operation) -> None:
    await api.say(SAID, user_id="alice")
    before = await everything(api, "alice")
    path, body = path_of(operation), BODIES.get(operation.path, {} if operation.method == "POST" else None)
    query = QUERIES.get(operation.path, {})

    if operation.path != "/events":  # it has no end
        answer = await api.call(operation.method, path, body, **query)
        assert WALRUS not in answer.text
    named = await api.call(operation.method, path, body, user_id="alice", **query)
    assert "alice" not in named.text or "for user 'bob' alone" in refused(named, 403)

    assert named.status_code == 403
    assert await everything(api, "alice") == before
    assert WALRUS in before


@pytest.mark.parametrize("operation", OPERATIONS, ids=TABLE)
async def test_every_route_is_guarded_as_the_others_are(api: Api, operation: Operation) -> None:
    async def call(**headers: str) -> tuple[int, dict[str, str]]:
        known = Api(api.engine, **({"authorization": "Bearer bobs-token"} | headers))
        answer = await known.call(operation.method, path_of(operation), {} if operation.method != "GET" else None)
        return answer.status_code, answer.json()

    for headers, status in (
        ({"authorization": "Bearer another"}, 401),
        ({"authorization": ""}, 401),
        ({"host": "evil.example"}, 421),
        ({"origin": "https://evil.example"}, 403),
    ):
        got, body = await call(**headers)
        assert (got, list(body)) == (status, ["error"]), headers


async def test_a_foreign_form_cannot_post(api: Api) -> None:
    form = Api(api.engine, **{"authorization": "Bearer bobs-token", "content-type": "text/plain"})

    answer = await form.engine.client.post(f"{V1}/forget", content=b'{"text": "x"}', headers=form.headers)

    assert "must be JSON" in refused(answer, 400)


async def test_a_token_of_any_user_names_one(api: Api) -> None:
    await api.say(SAID, user_id="alice")
    server = Api(api.engine, authorization="Bearer servers-token")

    assert WALRUS in json.dumps(await server.get("/memories", user_id="alice"))
    assert "user_id is missing" in refused(await server.call("GET", "/memories"), 400)


async def test_every_route_is_described_with_what_it_takes_and_answers(api: Api) -> None:
    described = await api.get("/openapi.json")

    told = {
        f"{method.upper()} {path.removeprefix(V1)}": operation
        for path, operations_of in described["paths"].items()
        for method, operation in operations_of.items()
    }
    assert set(told) == {one.replace(":path", "") for one in TABLE}
    for operation in OPERATIONS:
        described_as = told[f"{operation.method} {operation.path}".replace(":path", "")]
        names = {one["name"] for one in described_as["parameters"]}
        assert names >= set(operation.query.model_fields if operation.query else ())
        assert ("requestBody" in described_as) == (operation.body is not None)
        assert described_as["summary"]
    schemas = described["components"]["schemas"]
    references = json.dumps(described).split('"$ref": "#/components/schemas/')[1:]
    assert {one.partition('"')[0] for one in references} <= set(schemas)
    names = [operation["operationId"] for operation in told.values()]
    assert len(names) == len(set(names))
