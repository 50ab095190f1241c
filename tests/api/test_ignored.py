"""A field that changes nothing is ignored with a word in the answer, and a limit that is too high is cut."""

from collections.abc import AsyncIterator

import pytest

from tests.api.engine import Engine, engine
from tests.api.examples import OF_A_USER, OF_NOBODY, REFUSED

VALID = {path: example for path, example in (OF_A_USER | OF_NOBODY).items() if path not in REFUSED}


@pytest.fixture(scope="module")
async def api(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Engine]:
    async with engine(tmp_path_factory.mktemp("store")) as opened:
        await opened.data("add/message", VALID["add/message"])
        yield opened


@pytest.mark.parametrize("operation", VALID)
async def test_an_unknown_field_is_named_and_changes_nothing(api: Engine, operation: str) -> None:
    _, envelope = await api.post(operation, VALID[operation] | {"colour": "blue"})

    assert (envelope["code"], envelope["message"]) == (0, "ok (ignored colour: not a field of this route)")


async def test_a_field_of_a_request_that_no_body_has_sets_nothing(api: Engine) -> None:
    _, envelope = await api.post("search/memory", {"query": "Where do I live?", "nearest": True})

    assert (envelope["code"], envelope["message"]) == (0, "ok (ignored nearest: not a field of this route)")


@pytest.mark.parametrize("operation", VALID)
async def test_what_is_null_false_or_empty_needs_no_word(api: Engine, operation: str) -> None:
    nothing = {"one": None, "two": False, "three": [], "source": "MEMOS", "include_skill": True}

    _, envelope = await api.post(operation, VALID[operation] | nothing)

    assert (envelope["code"], envelope["message"]) == (0, "ok")


@pytest.mark.parametrize(
    ("operation", "field", "most"),
    [
        ("search/memory", "memory_limit_number", 25),
        ("search/memory", "preference_limit_number", 25),
        ("search/memory", "message_limit_number", 50),
        ("get/message", "message_limit_number", 50),
        ("get/memory", "size", 50),
        ("get/conversation", "size", 100),
    ],
)
async def test_a_limit_above_the_maximum_is_cut_to_it(api: Engine, operation: str, field: str, most: int) -> None:
    status, envelope = await api.post(operation, VALID[operation] | {field: most + 1})

    assert (status, envelope["code"]) == (200, 0)
    assert envelope["message"] == f"ok ({field} is {most} at most)"
    assert envelope["data"].get("size", most) == most


async def test_names_that_are_echoed_are_few_and_short(api: Engine) -> None:
    many = {f"{number}{'x' * 500}": 1 for number in range(100)}

    _, envelope = await api.post("get/memory", many)

    assert envelope["code"] == 0
    assert len(envelope["message"]) < 1_000


@pytest.mark.parametrize("operation", ["search/memory", "get/memory", "delete/memory"])
async def test_a_field_of_a_filter_that_nothing_has_is_named(api: Engine, operation: str) -> None:
    asked = VALID.get(operation, {}) | {"filter": {"and": [{"agent_id": "a"}, {"colour": "blue"}, {"hue": 1}]}}

    _, envelope = await api.post(operation, asked)

    named = 'ok (the filter names "colour", "hue", which nothing stored has)'
    assert (envelope["code"], envelope["message"]) == (0, named)


async def test_a_field_of_a_filter_that_something_has_needs_no_word(api: Engine) -> None:
    said = VALID["add/message"] | {"user_id": "painter", "info": {"colour": "blue"}}
    await api.data("add/message", said)
    for operation in ("search/memory", "get/memory"):
        asked = VALID[operation] | {"user_id": "painter", "filter": {"or": [{"colour": "red"}]}}
        assert (await api.post(operation, asked))[1]["message"] == "ok"


@pytest.mark.parametrize("operation", ["search/memory", "get/memory"])
async def test_a_kind_of_memories_that_there_is_not_is_named(api: Engine, operation: str) -> None:
    known = {"include_memory_view": ["detail_factual", "preference", "profile"]}
    assert (await api.post(operation, VALID[operation] | known))[1]["message"] == "ok"

    _, envelope = await api.post(operation, VALID[operation] | {"include_memory_view": ["profile", "event"]})

    assert envelope["message"] == 'ok (there are no memories of the kind "event" here)'
    assert "profile_detail_list" in envelope["data"]
