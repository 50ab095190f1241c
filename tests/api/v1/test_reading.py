"""The routes that read show what is kept, page by page, and of the caller alone."""

import pytest

from tests.api.v1.client import Api, refused

SISTER = "My sister Ana collects lighthouses and fountain pens."
PREFERENCE = "I prefer green tea to coffee in the morning."
DOG = "I have a dog called Bruno who is afraid of thunder."


async def test_the_status_says_that_all_is_well_and_counts(api: Api) -> None:
    await api.say(SISTER, DOG)

    status = await api.get("/status")

    assert status["user_id"] == "default"
    assert status["health"]["ok"] is True
    assert status["counts"]["messages"] == 2
    assert status["counts"]["conversations"] == 1
    assert status["clients"] == []


async def test_home_shows_what_is_known_and_when_it_was_said(api: Api) -> None:
    await api.say(SISTER, PREFERENCE, start="2025-06-10T09:30:00+00:00")
    await api.say(DOG, conversation_id="later", start="2025-06-12T09:30:00+00:00")

    home = await api.get("/home")

    assert any("lighthouses" in one["value"] for one in home["profile"])
    assert any("green tea" in one["value"] for one in home["preferences"])
    assert "Bruno" in home["newest"][0]["value"]
    assert {day["date"]: day["messages"] for day in home["days"]} == {"2025-06-10": 2, "2025-06-12": 1}
    assert home["counts"]["messages"] == 3


async def test_the_days_of_the_chart_are_those_of_the_calendar_before_1970_too(api: Api) -> None:
    for time in ("1955-03-01T23:30", "1955-03-02T00:30", "1955-03-02T23:59", "1970-01-01T00:00", "2025-06-12T09:30"):
        await api.say(f"It was {time}.", start=f"{time}:00+00:00")

    days = {day["date"]: day["messages"] for day in (await api.get("/home"))["days"]}

    assert days == {"1955-03-01": 1, "1955-03-02": 2, "1970-01-01": 1, "2025-06-12": 1}


async def test_nothing_is_an_empty_home_and_no_error(api: Api) -> None:
    home = await api.get("/home")

    assert (home["profile"], home["newest"], home["days"]) == ([], [], [])
    assert (await api.get("/memories")) == {"memories": [], "next_cursor": None, "total": 0}
    assert (await api.get("/conversations")) == {"conversations": [], "next_cursor": None}
    assert (await api.get("/search", query="dog"))["hits"] == []


@pytest.mark.parametrize("sort", ["updated", "created", "time", "value", "confidence"])
@pytest.mark.parametrize("order", ["asc", "desc"])
async def test_pages_of_memories_follow_each_other_without_gap_or_repeat(api: Api, sort: str, order: str) -> None:
    animals = ["dog", "cat", "horse", "goat", "sheep", "duck", "goose"]
    for animal in animals:
        await api.say(f"I have a {animal} called {animal.title()}o.")
    whole = await api.get("/memories", sort=sort, order=order, state="all")

    found, cursor = [], ""
    while cursor is not None:
        page = await api.get("/memories", sort=sort, order=order, state="all", limit=2, cursor=cursor)
        assert page["total"] == whole["total"] == len(whole["memories"])
        found += page["memories"]
        cursor = page["next_cursor"]

    assert found == whole["memories"]
    assert len(found) >= len(animals)
    if sort == "value":
        values = [one["value"].lower() for one in found]
        assert values == sorted(values, reverse=order == "desc")


async def test_memories_are_filtered_by_kind_state_tag_conversation_and_text(api: Api) -> None:
    await api.say(SISTER, PREFERENCE)
    await api.say(DOG, conversation_id="d", tags=("pets",))
    await api.say("I live in Lisbon.", conversation_id="d")
    await api.say("I no longer live in Lisbon, I moved to Porto.", conversation_id="d")

    async def values(**query: object) -> str:
        return str([one["value"] for one in (await api.get("/memories", **query))["memories"]])

    assert "green tea" in await values(kind="preference")
    assert "lighthouses" not in await values(kind="preference")
    assert "green tea" not in await values(kind="memory")
    assert "Lisbon" in await values(state="archived")
    assert "Bruno" in await values(tag="pets")
    assert "lighthouses" not in await values(tag="pets")
    assert "lighthouses" not in await values(conversation_id="d")
    assert await values(conversation_id="elsewhere") == "[]"
    assert "lighthouses" in await values(text="LIGHT")
    assert await values(text="100%_") == "[]"


async def test_a_memory_shows_its_messages_its_history_and_what_it_replaced(api: Api) -> None:
    await api.say("I live in Lisbon.")
    await api.say("I moved to Porto, I no longer live in Lisbon.")
    (archived,) = (await api.get("/memories", state="archived"))["memories"]

    old = await api.get(f"/memories/{archived['memory_id']}")
    (newer,) = old["replaced_by"]
    new = await api.get(f"/memories/{newer['memory_id']}")

    assert [message["content"] for message in old["sources"]] == ["I live in Lisbon."]
    assert [change["what"] for change in old["history"]] == ["archived"]
    assert old["can_undo"] is True
    assert [one["memory_id"] for one in new["replaces"]] == [archived["memory_id"]]
    assert old["memory"]["replaced_by"] == newer["memory_id"]


async def test_a_memory_has_the_time_of_which_it_speaks_and_how_exactly(api: Api) -> None:
    await api.say("I started at Initech last week.", start="2026-11-29T10:00:00+00:00")

    (memory,) = (await api.get("/memories"))["memories"]

    assert (memory["time"], memory["time_grain"]) == ("2026-11-16T00:00:00+00:00", "week")


async def test_conversations_are_listed_by_last_use_with_what_they_begin_with(api: Api) -> None:
    for number in range(5):
        await api.say(f"Number {number} begins.", "It goes on.", conversation_id=f"c/{number}")
    await api.say("And again.", conversation_id="c/1")

    first = await api.get("/conversations", limit=3)
    second = await api.get("/conversations", limit=3, cursor=first["next_cursor"])

    listed = [*first["conversations"], *second["conversations"]]
    assert [one["conversation_id"] for one in listed] == ["c/1", "c/4", "c/3", "c/2", "c/0"]
    assert (listed[0]["title"], listed[0]["messages"]) == ("Number 1 begins.", 3)
    assert second["next_cursor"] is None
    (found,) = (await api.get("/conversations", text="NUMBER 3"))["conversations"]
    assert found["conversation_id"] == "c/3"


async def test_a_conversation_is_read_from_its_end_around_a_message_and_from_a_date(api: Api) -> None:
    for day in range(1, 10):
        await api.say(f"Day {day}.", start=f"2025-06-0{day}T08:00:00+02:00")

    async def read(**query: object) -> tuple[list[str], bool, bool]:
        page = await api.get("/conversations/c/messages", **query)
        return [message["content"][4] for message in page["messages"]], page["has_before"], page["has_after"]

    last = await api.get("/conversations/c/messages", limit=1)
    assert last["messages"][0]["time"] == "2025-06-09T08:00:00+02:00"
    assert await read(limit=3) == (["7", "8", "9"], True, False)
    assert await read(before="m7", limit=3) == (["4", "5", "6"], True, True)
    assert await read(after="m7", limit=3) == (["8", "9"], True, False)
    assert await read(around="m5", limit=4) == (["3", "4", "5", "6"], True, True)
    assert await read(around="m1", limit=4) == (["1", "2", "3", "4"], False, True)
    assert await read(date="2025-06-04", limit=3) == (["3", "4", "5"], True, True)
    assert await read(text="day 8") == (["8"], False, False)
    assert "no conversation" in refused(await api.call("GET", "/conversations/nowhere/messages"), 404)


async def test_a_message_names_its_memories(api: Api) -> None:
    await api.say(DOG)

    (message,) = (await api.get("/conversations/c/messages"))["messages"]
    (memory,) = (await api.get("/memories"))["memories"]

    assert message["memories"] == [memory["memory_id"]]
    assert memory["sources"] == [message["message_id"]]


async def test_a_search_says_why_each_hit_was_found_and_what_an_agent_would_read(api: Api) -> None:
    await api.say(SISTER, PREFERENCE, DOG)

    found = await api.get("/search", query="What does my sister collect?")

    best = found["hits"][0]
    assert "lighthouses" in str(best)
    assert best["why"]["words"] > 0.3
    assert all(0 <= share <= 1 for hit in found["hits"] for share in hit["why"].values())
    assert {hit["type"] for hit in found["hits"]} >= {"memory", "message"}
    assert [hit["relativity"] for hit in found["hits"]] == sorted(
        (hit["relativity"] for hit in found["hits"]), reverse=True
    )
    assert "lighthouses" in found["text"]
    assert "data, not instructions" in found["text"] or "not instructions" in found["text"]


async def test_what_is_found_by_its_neighbour_or_its_time_says_so(api: Api) -> None:
    await api.say("Where did Bruno sleep on holiday?", "Beside the old oven.", start="2025-06-10T09:30:00+00:00")
    await api.say("We painted the kitchen.", conversation_id="p", start="2025-07-20T09:30:00+00:00")

    beside = await api.get("/search", query="Where did Bruno sleep on holiday?", kinds="message")
    dated = await api.get("/search", query="What happened on 20 July 2025?", kinds="message")

    why = {hit["message"]["content"]: hit["why"] for hit in beside["hits"]}
    assert why["Beside the old oven."]["neighbours"] > why["Beside the old oven."]["words"]
    when = {hit["message"]["content"]: hit["why"]["time"] for hit in dated["hits"]}
    assert when["We painted the kitchen."] > when["Beside the old oven."]


async def test_a_search_keeps_to_kind_time_conversation_and_tag(api: Api) -> None:
    await api.say(DOG, start="2025-06-10T09:30:00+00:00", tags=("pets",))
    await api.say("Bruno barks at the postman.", conversation_id="d", start="2025-07-10T09:30:00+00:00")

    async def found(**query: object) -> set[str]:
        hits = (await api.get("/search", query="Bruno", **query))["hits"]
        return {(hit["message"] or hit["memory"])["conversation_id"] for hit in hits}

    assert await found() == {"c", "d"}
    assert await found(start="2025-07-01") == {"d"}
    assert await found(end="2025-06-10") == {"c"}
    assert await found(conversation_id="d") == {"d"}
    assert await found(tag="pets") == {"c"}
    kinds = {hit["type"] for hit in (await api.get("/search", query="Bruno", kinds="message"))["hits"]}
    assert kinds == {"message"}


@pytest.mark.parametrize(
    ("path", "query", "said"),
    [
        ("/memories", {"limit": 0}, "limit must be at least 1"),
        ("/memories", {"cursor": "nonsense"}, "next_cursor"),
        ("/memories", {"cursor": "WzFd"}, "next_cursor"),
        ("/memories", {"kind": "dream"}, "kind must be one of"),
        ("/memories", {"colour": "red"}, "colour is no parameter"),
        ("/search", {}, "query is required"),
        ("/conversations/c/messages", {"around": "everything"}, "no message"),
    ],
)
async def test_what_makes_no_sense_is_refused_in_a_sentence(
    api: Api, path: str, query: dict[str, object], said: str
) -> None:
    await api.say(DOG)

    answer = await api.call("GET", path, **query)

    assert answer.status_code in {400, 404}
    assert said in answer.json()["error"]


async def test_what_is_not_there_is_a_sentence_too(api: Api) -> None:
    assert "k99" in refused(await api.call("GET", "/memories/k99"), 404)
    assert "no GET" in refused(await api.call("GET", "/nowhere"), 404)
