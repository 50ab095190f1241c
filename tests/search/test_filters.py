import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from memos_mcp.backends.local.directory import LEDGER_FILE
from memos_mcp.backends.local.search.filters import Condition, Filter, parse, to_sql
from memos_mcp.core.errors import InvalidRequest
from memos_mcp.core.models import AddMessage, Message, SearchMemory, epoch_milliseconds
from tests.local.stores import store

KEYS = ["topic", "level", 'a "quoted" $.key', "键", "create"]
WORDS = st.sampled_from(["", "work", "家", "o'clock", 'say "x"', "5", "💡", "%"])
NUMBERS = st.one_of(st.integers(-5, 5), st.sampled_from([0.5, 1.0, 2**70, -1e300]))
TIMES = st.integers(0, 4_000_000_000_000)
ORDERS = {
    "lt": lambda left, right: left < right,
    "lte": lambda left, right: left <= right,
    "gt": lambda left, right: left > right,
    "gte": lambda left, right: left >= right,
}

ROWS = st.fixed_dictionaries(
    {
        "agent_id": WORDS,
        "app_id": WORDS,
        "conversation_id": st.sampled_from(["c1", "c2", "c'3"]),
        "create_time": TIMES,
        "update_time": TIMES,
        "tags": st.lists(WORDS, max_size=3),
        "info": st.dictionaries(st.sampled_from(KEYS), st.one_of(WORDS, NUMBERS, st.lists(WORDS, max_size=3))),
    }
)
CONDITIONS = st.one_of(
    st.builds(lambda f, v: {f: v}, st.sampled_from(["agent_id", "app_id"]), WORDS),
    st.builds(lambda v: {"conversation_id": v}, st.sampled_from(["c1", "c'3", "c9"])),
    st.builds(lambda v: {"tags": {"contains": v}}, WORDS),
    st.builds(
        lambda f, o, v: {f: {o: v}},
        st.sampled_from(["create_time", "update_time"]),
        st.sampled_from(list(ORDERS)),
        TIMES,
    ),
    st.builds(lambda f, v: {f: v}, st.sampled_from(KEYS), st.one_of(WORDS, NUMBERS)),
    st.builds(lambda f, v: {f: {"=": v}}, st.sampled_from([*KEYS, "agent_id"]), WORDS),
    st.builds(lambda f, v: {f: {"in": v}}, st.sampled_from([*KEYS, "app_id"]), st.lists(WORDS, min_size=1, max_size=3)),
    st.builds(lambda f, v: {f: {"contains": v}}, st.sampled_from(KEYS), WORDS),
    st.builds(lambda f, o, v: {f: {o: v}}, st.sampled_from(KEYS), st.sampled_from(list(ORDERS)), NUMBERS),
)
FILTERS = st.builds(
    lambda word, conditions: {word: conditions},
    st.sampled_from(["and", "or"]),
    st.lists(CONDITIONS, min_size=1, max_size=4),
)


@pytest.fixture(scope="module")
def database() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("CREATE TABLE conversation (key INTEGER PRIMARY KEY, conversation_id)")
        connection.executemany("INSERT INTO conversation VALUES (?, ?)", [(1, "c1"), (2, "c2"), (3, "c'3")])
        connection.execute(
            "CREATE TABLE message (agent_id, app_id, conversation, create_time, update_time, tags, info)"
        )
        yield connection


@given(row=ROWS, wanted=FILTERS)
def test_sql_agrees_with_plain_python(
    database: sqlite3.Connection, row: dict[str, JsonValue], wanted: JsonValue
) -> None:
    parsed = parse(wanted)
    assert parsed is not None
    assert selected(database, row, parsed) == evaluate(row, parsed)


def selected(database: sqlite3.Connection, row: dict[str, JsonValue], parsed: Filter) -> bool:
    where, values = to_sql(parsed)
    key = ["c1", "c2", "c'3"].index(str(row["conversation_id"])) + 1
    columns = (row["agent_id"], row["app_id"], key, row["create_time"], row["update_time"])
    database.execute("DELETE FROM message")
    database.execute(
        "INSERT INTO message VALUES (?, ?, ?, ?, ?, ?, ?)", (*columns, json.dumps(row["tags"]), json.dumps(row["info"]))
    )
    return database.execute(f"SELECT count(*) FROM message WHERE {where}", values).fetchone()[0] == 1


def evaluate(row: dict[str, JsonValue], parsed: Filter) -> bool:
    return (all if parsed.match_all else any)(holds(row, condition) for condition in parsed.conditions)


def holds(row: dict[str, JsonValue], condition: Condition) -> bool:
    known = row if condition.field in row else row["info"]
    assert isinstance(known, dict)
    kept = known.get(condition.field)
    members = kept if isinstance(kept, list) else [kept]
    if isinstance(condition.value, tuple):
        return any(member in condition.value for member in members)
    return any(matches(member, condition) for member in members)


def matches(member: JsonValue, condition: Condition) -> bool:
    if member is None or isinstance(member, str) != isinstance(condition.value, str):
        return False
    if condition.operator in ORDERS:
        return ORDERS[condition.operator](member, condition.value)
    return member == condition.value


@pytest.mark.parametrize("nothing", [None, {}])
def test_null_and_an_empty_object_are_no_filter(nothing: JsonValue) -> None:
    assert parse(nothing) is None


BY_SOURCE: JsonValue = {
    "user": {"and": [{"agent_id": "memos_agent"}, {"create_time": {"gte": "2025-06-01"}}]},
    "knowledgebase": {"and": [{"tags": {"contains": "制度"}}]},
    "agent": {},
}


def test_a_filter_may_have_conditions_for_each_source() -> None:
    user = parse(BY_SOURCE)
    documents = parse(BY_SOURCE, source="knowledgebase")

    assert user is not None
    assert [condition.field for condition in user.conditions] == ["agent_id", "create_time"]
    assert documents == Filter(match_all=True, conditions=(Condition("tags", "contains", "制度"),))


def test_a_source_that_a_filter_does_not_name_is_not_filtered() -> None:
    assert parse(BY_SOURCE, source="public") is None
    assert parse(BY_SOURCE, source="agent") is None


def test_conditions_of_another_source_are_checked_too() -> None:
    with pytest.raises(InvalidRequest, match="takes contains"):
        parse({"knowledgebase": {"and": [{"tags": "work"}]}})


def test_a_date_without_a_time_is_its_first_moment() -> None:
    parsed = parse({"and": [{"create_time": {"gte": "2025-12-10"}}]})
    assert parsed == Filter(
        match_all=True, conditions=(Condition("create_time", "gte", int(str(epoch_milliseconds("2025-12-10")))),)
    )


@pytest.mark.parametrize(
    ("wanted", "says"),
    [
        ("tags", "exactly one key"),
        ([], "exactly one key"),
        ({"agent_id": "a"}, "exactly one key"),
        ({"and": [{"a": 1}], "or": [{"a": 1}]}, "exactly one key"),
        ({"user": {"and": [{"a": 1}]}, "and": [{"a": 1}]}, "exactly one key"),
        ({"user": [{"a": 1}]}, "exactly one key"),
        ({"and": [{"related_id": []}]}, "a list of 1 to 100 values"),
        ({"and": [{"agent_id": {"in": [5]}}]}, "takes a text"),
        ({"and": [{"tags": {"in": ["a"]}}]}, "does not take a list"),
        ({"and": []}, "1 to 100 conditions"),
        ({"and": {"a": 1}}, "1 to 100 conditions"),
        ({"or": [{"a": 1}] * 101}, "1 to 100 conditions"),
        ({"and": ["a"]}, "one field"),
        ({"and": [{"a": 1, "b": 2}]}, "one field"),
        ({"and": [{"or": [{"a": 1}]}]}, "none nested"),
        ({"and": [{"create_time": "2025-12-10"}]}, "lt, lte, gt or gte"),
        ({"and": [{"create_time": {"gte": "next week"}}]}, '"2025-12-10 15:00:00"'),
        ({"and": [{"create_time": {"gte": True}}]}, '"2025-12-10 15:00:00"'),
        ({"and": [{"create_time": {"gte": 1, "lt": 2}}]}, "one operator"),
        ({"and": [{"tags": "work"}]}, "takes contains"),
        ({"and": [{"tags": {"contains": 5}}]}, "takes a text"),
        ({"and": [{"agent_id": 5}]}, "takes a text"),
        ({"and": [{"agent_id": {"gt": "a"}}]}, "takes equals"),
        ({"and": [{"level": {"gt": "5"}}]}, "takes a number"),
        ({"and": [{"level": {"near": 5}}]}, "takes equals, contains, lt, lte, gt, gte"),
        ({"and": [{"level": True}]}, "takes a text or a number"),
        ({"and": [{"level": None}]}, "takes a text or a number"),
        ({"and": [{"level": float("nan")}]}, "takes a text or a number"),
        ({"and": [{"topic": "\ud800"}]}, "takes a text or a number"),
    ],
)
def test_another_form_is_refused_with_the_right_one(wanted: JsonValue, says: str) -> None:
    with pytest.raises(InvalidRequest, match=says) as caught:
        parse(wanted)
    assert "\n" not in str(caught.value)


async def test_a_field_that_nothing_has_is_named_in_the_answer(tmp_path: Path) -> None:
    async with store(tmp_path) as backend:
        said = AddMessage(
            messages=(Message(role="user", content="My bike is green"),),
            conversation_id="c",
            info={"topic": "bikes"},
            async_mode=False,
        )
        await backend.add_message(said, user_id="u")
        known = await backend.search_memory(_bike({"and": [{"topic": "bikes"}]}), user_id="u")
        misspelt = await backend.search_memory(_bike({"or": [{"topik": "bikes"}, {"topic": "bikes"}]}), user_id="u")

    assert [message.content for message in known.message_detail_list] == ["My bike is green"]
    assert "filter" not in known.notice
    assert [message.content for message in misspelt.message_detail_list] == ["My bike is green"]
    assert 'The filter names "topik"' in misspelt.notice


async def test_a_number_beyond_json_that_was_stored_before_spoils_no_filter(tmp_path: Path) -> None:
    async with store(tmp_path) as backend:
        for text, info in (("My bike is green", {"level": 5}), ("My car is red", {"level": 7})):
            said = AddMessage(messages=(Message(role="user", content=text),), conversation_id="c", info=info)
            await backend.add_message(said, user_id="u")
    with closing(sqlite3.connect(tmp_path / LEDGER_FILE)) as ledger, ledger:
        ledger.execute("UPDATE message SET info = '{\"level\": Infinity}' WHERE seq = 2")
    async with store(tmp_path) as backend:
        found = await backend.search_memory(_bike({"and": [{"level": {"lte": 5}}]}), user_id="u")
        above = await backend.search_memory(_bike({"and": [{"level": {"gt": 5}}]}), user_id="u")

    assert [message.content for message in found.message_detail_list] == ["My bike is green"]
    assert len(above.message_detail_list) <= 1


def _bike(wanted: JsonValue) -> SearchMemory:
    return SearchMemory(query="bike", relativity=0, filter=wanted)
