"""Which sentences become memories, and how they are called."""

from datetime import UTC, datetime

import pytest

from memos_mcp.backends.local.extraction.base import Draft, Source
from memos_mcp.backends.local.extraction.rules import RulesExtractor
from memos_mcp.core.models import Role

NOVEMBER = int(datetime(2025, 11, 27, 12, tzinfo=UTC).timestamp() * 1000)


def drafted(role: Role, content: str) -> list[Draft]:
    return RulesExtractor().extract([Source(1, role, content, NOVEMBER)], before=[])


@pytest.mark.parametrize(
    "said",
    [
        "Thanks for telling me.",
        "I'll keep that in mind.",
        "Got it, I've noted that.",
        "I'll make a note of that.",
        "I have saved that in memory for future reference.",
        "Danke, ich merke mir das.",
        "Entendido, lo tendré en cuenta.",
        "好的，我记住了。",
    ],
)
def test_that_an_assistant_has_heard_is_no_memory(said: str) -> None:
    assert drafted("assistant", said) == []


@pytest.mark.parametrize("said", ["I saved the report under drafts.", "I booked the table for Friday."])
def test_what_an_assistant_has_done_is_one(said: str) -> None:
    assert [one.value for one in drafted("assistant", said)] == [f"[assistant perspective] {said}"]


@pytest.mark.parametrize(
    "said", ["My hobby is falconry.", "I am moving to Lyon.", "I'm flying to Oslo.", "My dream is Peru."]
)
def test_one_word_is_enough_where_the_form_states(said: str) -> None:
    assert [one.value for one in drafted("user", said)] == [f"[user perspective] {said}"]


def test_a_perspective_in_the_text_is_neither_in_the_title_nor_in_the_tags() -> None:
    for one in drafted(
        "user", "[user perspective] Eva plays chess on Mondays. [User Perspective] The club is in Bonn."
    ):
        assert "perspective" not in f"{one.key} {' '.join(one.tags)}".casefold()


def test_an_address_on_the_web_is_neither_a_tag_nor_in_the_title() -> None:
    for one in drafted(
        "user", "I bought the lamp from https://shop.example.com/lamps?id=7 and www.lights.example last week."
    ):
        assert not {"https", "www", "com"} & set(" ".join([one.key, *one.tags]).casefold().replace(",", " ").split())
        assert any("lamp" in tag for tag in one.tags)


@pytest.mark.parametrize(
    ("said", "when"),
    [
        ("I want to travel to Peru during the summer vacation.", ("2026-06-01", "season")),
        ("I went to Peru during the summer vacation.", ("2025-06-01", "season")),
        ("I swim in Lake Garda during the summer vacation.", (None, None)),
    ],
)
def test_a_season_is_the_next_one_only_where_the_sentence_plans(said: str, when: tuple[str | None, str | None]) -> None:
    (draft,) = drafted("user", said)
    time = draft.memory_time
    day = None if time is None else datetime.fromtimestamp(time / 1000, UTC).date().isoformat()

    assert (day, draft.time_grain) == when
