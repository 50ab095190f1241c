"""Answers are read liberally: whatever a version of the service writes, the rest of the answer survives."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memos_mcp.backends.hosted import response_models

MEMORY = {"id": "1", "memory_value": "The key is under the flowerpot."}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize("time", [1_757_664_000_000, "1757664000000", "2025-09-12 08:00:00", "2025-09-12T08:00:00Z"])
@pytest.mark.parametrize("field", ["memory_time", "create_time", "update_time"])
def test_a_time_may_be_epoch_milliseconds_or_text_under_either_name(field: str, time: object) -> None:
    found = response_models.search_result({"memory_detail_list": [MEMORY | {field: time}]})

    assert found.memory_detail_list[0].create_time == 1_757_664_000_000


@pytest.mark.parametrize("value", [None, [], "none", {}])
def test_a_list_that_is_missing_or_null_is_empty(value: object) -> None:
    found = response_models.search_result({"memory_detail_list": [MEMORY], "preference_detail_list": value})

    assert len(found.memory_detail_list) == 1
    assert found.preference_detail_list == ()


def test_an_unknown_field_is_passed_over_and_a_null_is_absent() -> None:
    odd = MEMORY | {"tags": None, "conversation_id": None, "confidence": None, "embedding": [1, 2, 3]}

    (memory,) = response_models.search_result({"memory_detail_list": [odd], "preference_note": None}).memory_detail_list

    assert (memory.tags, memory.conversation_id, memory.confidence) == ((), "", 1.0)


def test_a_field_that_makes_no_sense_does_not_cost_the_memory() -> None:
    odd = MEMORY | {"status": "brooding", "create_time": "yesterday", "sources": [{"id": 1}], "relativity": "high"}

    (memory,) = response_models.search_result({"memory_detail_list": [odd]}).memory_detail_list

    assert (memory.memory_value, memory.status, memory.relativity) == (MEMORY["memory_value"], "activated", None)


def test_an_entry_without_a_text_does_not_cost_the_others() -> None:
    found = response_models.search_result({"memory_detail_list": [{"id": "2"}, "odd", None, MEMORY]})

    assert [memory.id for memory in found.memory_detail_list] == ["1"]


def test_content_in_parts_is_put_together() -> None:
    parts = [{"type": "text", "text": "One."}, {"type": "image_url"}, {"type": "text", "text": "Two."}]
    data = {"message_detail_list": [{"role": "user", "content": parts}]}

    page = response_models.message_page(data, conversation_id="c")

    assert page.message_detail_list[0].content == "One.\nTwo."


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("completed", "completed"),
        ("SUCCESS", "completed"),
        ("failed", "failed"),
        ("waiting", "running"),
        (None, "running"),
    ],
)
def test_a_task_is_running_unless_it_is_done_or_failed(status: object, state: str) -> None:
    assert response_models.task({"status": status, "memory_views": {"added": 2}}, "t").status == state


@pytest.mark.long
@given(
    st.dictionaries(
        st.sampled_from([*response_models.SearchResult.model_fields, *response_models.MemoryPage.model_fields]), JSON
    )
)
def test_nothing_that_json_can_say_raises(data: dict[str, object]) -> None:
    response_models.search_result(data)
    response_models.memory_page(data)
    response_models.message_page(data, conversation_id="c")
    response_models.conversation_page(data)
    response_models.add_receipt(data, conversation_id="c")
    response_models.delete_receipt(data, memory_ids=())
    response_models.feedback_receipt(data)
    response_models.task(data, "t")


@pytest.mark.long
@given(st.lists(st.dictionaries(st.sampled_from(list(response_models.Memory.model_fields)), JSON), max_size=3))
def test_no_entry_that_json_can_say_raises(entries: list[dict[str, object]]) -> None:
    response_models.search_result({"memory_detail_list": entries, "preference_detail_list": entries})
    response_models.message_page({"message_detail_list": entries}, conversation_id="c")
