"""Whatever is sent: a status and a code, no stack, and a store that is as it was."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from memos_mcp.api.contract.routes import endpoints
from memos_mcp.core.limits import is_blank
from memos_mcp.core.models import MAX_CONTENT_BYTES, MAX_MESSAGES
from tests.api.engine import REST, Engine, Json, engine
from tests.api.examples import OF_A_USER, OF_NOBODY, WITHOUT_BODY

HELLO = {"role": "user", "content": "Hello."}
VALID = {path: {"user_id": "u"} | example for path, example in OF_A_USER.items() if path != "chat"}
LONG = "x" * 101


def test_every_endpoint_has_an_example() -> None:
    served = endpoints(*[cast("Any", object())] * 4)

    assert OF_A_USER.keys() | OF_NOBODY.keys() == {one.path for one in served if one.method == "POST"}
    assert WITHOUT_BODY.keys() == {one.path for one in served if one.method == "GET"}


BROKEN: list[tuple[bytes, int]] = [
    (b"", 40000),
    (b"{", 40000),
    (b"[]", 40000),
    (b'"text"', 40000),
    (b"null", 40000),
    (b"\xff\xfe", 40000),
    (b'{"user_id": "\xff"}', 40000),
    (b'{"user_id": NaN}', 40000),
    (b'{"user_id": "u", "info": {"a": ' + b"9" * 5000 + b"}}", 40000),
    (b"[" * 100_000, 40000),
    (b'{"info": ' + b'{"a":' * 50_000 + b"1" + b"}" * 50_000 + b"}", 40000),
    (b'{"user_id": "\\ud83d"}', 40000),
]

WRONG: list[tuple[str, Json, int, int]] = [
    ("add/message", {"messages": None}, 400, 40002),
    ("add/message", {"messages": []}, 400, 40003),
    ("add/message", {"messages": 5}, 400, 40000),
    ("add/message", {"messages": [5]}, 400, 40000),
    ("add/message", {"messages": [{"role": "user"}]}, 400, 40002),
    ("add/message", {"messages": [{"role": "user", "content": None}]}, 400, 40000),
    ("add/message", {"messages": [{"role": "user", "content": ""}]}, 400, 40002),
    ("add/message", {"messages": [{"role": "user", "content": []}]}, 400, 40002),
    ("add/message", {"messages": [{"role": "user", "content": 7}]}, 400, 40000),
    ("add/message", {"messages": [{"role": "wizard", "content": "Hello."}]}, 400, 40000),
    ("add/message", {"messages": [HELLO | {"chat_time": "yesterday"}]}, 400, 40000),
    ("add/message", {"messages": [HELLO | {"chat_time": 10**30}]}, 400, 40000),
    ("add/message", {"messages": [HELLO, {"role": "user", "content": "a\ud83d"}]}, 400, 40000),
    ("add/message", {"messages": [{"role": "user", "content": "x" * (MAX_CONTENT_BYTES + 1)}]}, 413, 40013),
    ("add/message", {"messages": [HELLO] * (MAX_MESSAGES + 1)}, 413, 40013),
    ("add/message", {"user_id": LONG}, 400, 40010),
    ("add/message", {"user_id": ""}, 400, 40002),
    ("add/message", {"user_id": []}, 400, 40003),
    ("add/message", {"conversation_id": LONG}, 400, 40011),
    ("add/message", {"conversation_id": "a\x00b"}, 400, 40000),
    ("add/message", {"user_id": "a\ud83d"}, 400, 40000),
    ("add/message", {"agent_id": LONG}, 400, 40000),
    ("add/message", {"tags": "travel"}, 400, 40000),
    ("add/message", {"info": ["travel"]}, 400, 40000),
    ("add/message", {"async_mode": "perhaps"}, 400, 40000),
    ("search/memory", {"query": None}, 400, 40002),
    ("search/memory", {"query": ""}, 400, 40002),
    ("search/memory", {"query": "   "}, 400, 40002),
    ("search/memory", {"query": ["text"]}, 400, 40000),
    ("search/memory", {"query": "x" * 200_000}, 413, 40305),
    ("search/memory", {"relativity": 1.5}, 400, 40012),
    ("search/memory", {"relativity": -1}, 400, 40012),
    ("search/memory", {"relativity": "high"}, 400, 40012),
    ("search/memory", {"memory_limit_number": -1}, 400, 40000),
    ("search/memory", {"filter": "tags"}, 400, 40000),
    ("search/memory", {"filter": {"not": []}}, 400, 40000),
    ("search/memory", {"filter": {"and": [{"tags": {"near": "x"}}]}}, 400, 40000),
    ("search/memory", {"user_id": LONG}, 400, 40010),
    ("search/memory", {"conversation_id": LONG}, 400, 40011),
    ("get/message", {"conversation_id": None}, 400, 40002),
    ("get/message", {"conversation_id": ""}, 400, 40002),
    ("get/message", {"conversation_id": LONG}, 400, 40011),
    ("get/message", {"message_limit_number": 0}, 400, 40000),
    ("get/message", {"page": 0}, 400, 40000),
    ("get/message", {"page": 10**30}, 400, 40000),
    ("get/memory", {"page": "first"}, 400, 40000),
    ("get/memory", {"filter": {"and": {}}}, 400, 40000),
    ("get/memory", {"memory_ids": ["k999999"]}, 404, 40307),
    ("delete/memory", {"memory_ids": []}, 400, 40003),
    ("delete/memory", {"memory_ids": None, "user_id": None}, 400, 40002),
    ("delete/memory", {"memory_ids": "k999"}, 404, 40307),
    ("delete/memory", {"memory_ids": [1]}, 404, 40307),
    ("delete/memory", {"memory_ids": [True]}, 400, 40000),
    ("delete/memory", {"memory_ids": ["k999", "'; DROP TABLE memory; --"]}, 404, 40307),
    ("delete/memory", {"memory_ids": None, "user_id": "nobody"}, 404, 40308),
    ("delete/memory", {"memory_ids": None, "user_id": "u", "everything": True}, 400, 40000),
    ("delete/memory", {"memory_ids": None, "user_id": "u", "filter": {}}, 400, 40000),
    ("delete/memory", {"memory_ids": None, "user_id": "u", "filter": {"public": {"and": [{"a": 1}]}}}, 400, 40000),
    ("delete/memory", {"memory_ids": None, "user_id": "u", "user_ids": ["v"]}, 400, 40000),
    ("delete/memory", {"agent_id": "a"}, 400, 40000),
    ("update/memory", {"memory_id": ""}, 400, 40002),
    ("update/memory", {"content": ""}, 400, 40002),
    ("update/memory", {"memory_id": "k" + "9" * 40}, 404, 40307),
    ("add/feedback", {"feedback_content": ""}, 400, 40002),
    ("add/feedback", {"feedback_time": "soon"}, 400, 40000),
    ("get/status", {"task_id": None}, 400, 40002),
    ("get/status", {"task_id": "unknown"}, 404, 50131),
]


@asynccontextmanager
async def unchanged(folder: Path) -> AsyncIterator[Engine]:
    """An engine that knows something, and must know just that in the end."""
    async with engine(folder) as api:
        message = {"role": "user", "content": "I live in Lisbon."}
        await api.data(
            "add/message", {"user_id": "u", "messages": [message], "conversation_id": "c", "async_mode": False}
        )
        before = await everything(api)
        yield api
        assert await everything(api) == before


async def everything(api: Engine) -> list[Json]:
    return [
        await api.data("get/conversation", {"user_id": "u"}),
        await api.data("get/message", {"user_id": "u", "conversation_id": "c", "message_limit_number": 50}),
        await api.data("get/memory", {"user_id": "u", "size": 50}),
    ]


@pytest.mark.parametrize("operation", VALID)
async def test_a_body_that_is_no_json_object(tmp_path: Path, operation: str) -> None:
    async with unchanged(tmp_path) as api:
        for raw, code in BROKEN:
            answer = await api.client.post(
                f"{REST}/{operation}", content=raw, headers={"content-type": "application/json"}
            )
            assert (answer.status_code, answer.json()["code"]) == (400, code), raw[:40]
            assert_clean(answer.json())


@pytest.mark.parametrize("operation", VALID)
async def test_a_method_that_is_not_post(tmp_path: Path, operation: str) -> None:
    async with unchanged(tmp_path) as api:
        for method in ("GET", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD"):
            answer = await api.client.request(method, f"{REST}/{operation}", json=VALID[operation])
            assert answer.status_code == 405, method
            assert method == "HEAD" or answer.json()["code"] == 40500


@pytest.mark.parametrize("operation", VALID)
async def test_a_value_that_makes_no_sense(tmp_path: Path, operation: str) -> None:
    async with unchanged(tmp_path) as api:
        for path, change, status, code in WRONG:
            if path == operation:
                answer = await api.post(operation, VALID[operation] | change)
                assert (answer[0], answer[1]["code"]) == (status, code), str(change)[:80]
                assert_clean(answer[1])


async def test_a_key_that_is_too_long(tmp_path: Path) -> None:
    async with unchanged(tmp_path) as api:
        status, body = await api.post("add/message", VALID["add/message"], **{"idempotency-key": LONG})

    assert (status, body["code"]) == (400, 40000)


async def test_ten_thousand_messages_in_one_call_are_taken(tmp_path: Path) -> None:
    # Nothing is learnt from what an assistant counts, which would take longer than all the rest.
    messages = [{"role": "assistant", "content": f"Number {number}."} for number in range(MAX_MESSAGES)]
    async with engine(tmp_path) as api:
        await api.data("add/message", {"user_id": "many", "conversation_id": "c", "messages": messages})
        said = await api.data("get/message", {"user_id": "many", "conversation_id": "c", "message_limit_number": 1})

    assert said["total"] == MAX_MESSAGES
    assert said["message_detail_list"][0]["content"] == f"Number {MAX_MESSAGES - 1}."


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**25), 10**25)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20)
    | st.sampled_from(
        ["u", "c", "k1", "2025-12-10", "2025-12-10 15:00:00", "\x00", "a\ud83d", "\u202e\u0645", "contains"]
    ),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["and", "or", "tags", "contains", "lt", "gte", "create_time", "role", "content", "text", "x"]
            ),
            inner,
            max_size=3,
        )
    ),
    max_leaves=10,
)
FIELDS = [
    "user_id",
    "agent_id",
    "conversation_id",
    "messages",
    "query",
    "filter",
    "info",
    "tags",
    "page",
    "size",
    "prefix",
    "relativity",
    "memory_limit_number",
    "message_limit_number",
    "preference_limit_number",
    "max_words",
    "memory_ids",
    "memory_id",
    "content",
    "title",
    "feedback_content",
    "feedback_time",
    "task_id",
    "async_mode",
]
CONDITIONS = st.lists(
    st.dictionaries(
        st.sampled_from(["tags", "create_time", "update_time", "agent_id", "app_id", "trip", "", "\x00", "a.b", '"']),
        JSON,
        max_size=2,
    ),
    max_size=3,
)
FILTERS = st.dictionaries(st.sampled_from(["and", "or"]), CONDITIONS, max_size=1)


@pytest.fixture(scope="module")
async def shared(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Engine]:
    async with engine(tmp_path_factory.mktemp("store")) as api:
        for operation in ("add/message", "add/feedback"):
            await api.data(operation, VALID[operation])
        yield api


async def answered_properly(api: Engine, operation: str, body: Json) -> None:
    status, envelope = await api.post(operation, body)
    assert status < 500, envelope
    assert (status == 200) == (envelope["code"] == 0)
    assert_clean(envelope)


IDS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), min_size=1, max_size=100)

SLOWLY = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


@SLOWLY
@given(operation=st.sampled_from(list(VALID)), change=st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=4))
async def test_nothing_that_json_can_say_breaks_the_server(shared: Engine, operation: str, change: Json) -> None:
    await answered_properly(shared, operation, VALID[operation] | change)


@SLOWLY
@given(operation=st.sampled_from(["search/memory", "get/memory"]), condition=FILTERS)
async def test_no_filter_breaks_the_server(shared: Engine, operation: str, condition: Json) -> None:
    await answered_properly(shared, operation, VALID[operation] | {"filter": condition})


@SLOWLY
@given(text=st.text(max_size=200) | st.sampled_from(["\x00", "\ufffe", "e\u0301", "\u202emoc", "🧑‍🚀" * 50, '"); --']))
async def test_text_comes_back_word_for_word_or_is_refused(shared: Engine, text: str) -> None:
    body = {"user_id": "text", "messages": [{"role": "user", "content": text}]}
    status, added = await shared.post("add/message", body)
    if status == 400:
        assert is_blank(text) or any("\ud800" <= character <= "\udfff" for character in text)
        return
    ask = {"user_id": "text", "conversation_id": added["data"]["conversation_id"]}
    said = await shared.data("get/message", ask)

    assert said["message_detail_list"][0]["content"] == text


@SLOWLY
@given(user_id=IDS, conversation_id=IDS)
async def test_any_ids_that_are_taken_are_told_apart(shared: Engine, user_id: str, conversation_id: str) -> None:
    await shared.data("add/message", {"user_id": user_id, "conversation_id": conversation_id, "messages": [HELLO]})

    listed = await shared.data("get/conversation", {"user_id": user_id, "prefix": conversation_id, "size": 100})
    assert conversation_id in [one["conversation_id"] for one in listed["conversation_detail_list"]]


def assert_clean(envelope: Json) -> None:
    assert set(envelope) == {"code", "message", "data"}
    if envelope["code"]:
        assert envelope["data"] is None
        assert "\n" not in envelope["message"]
        for trace in ("Traceback", ".py", "sqlite", "pydantic", "https://"):
            assert trace not in envelope["message"]
