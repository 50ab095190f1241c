"""The routes that change do what they say, keep what undoes it, and delete what hangs on it."""

import pytest

from tests.api.v1.client import Api, read, refused

SISTER = "My sister Ana collects lighthouses and fountain pens."
DOG = "I have a dog called Bruno who is afraid of thunder."


async def only_memory(api: Api, **query: object) -> str:
    (memory,) = (await api.get("/memories", state="all", **query))["memories"]
    return memory["memory_id"]


async def test_a_memory_gets_other_words_title_and_tags_and_undo_brings_the_old_ones_back(api: Api) -> None:
    await api.say(SISTER)
    path = f"/memories/{await only_memory(api)}"
    before = (await api.get(path))["memory"]

    wanted = {"value": "My sister Ana collects postcards.", "title": "Ana", "tags": ["family"]}
    changed = read(await api.call("PATCH", path, wanted))

    assert changed["memory"] | wanted == changed["memory"]
    assert [change["what"] for change in changed["history"]] == ["rewritten"]
    assert changed["history"][0]["value"] == wanted["value"]
    assert "postcards" in str((await api.get("/search", query="What does Ana collect?", kinds="memory"))["hits"])
    undone = (await api.post(f"{path}/undo"))["memory"]
    assert {name: undone[name] for name in wanted} == {name: before[name] for name in wanted}


async def test_a_memory_is_archived_and_restored_again_and_again(api: Api) -> None:
    await api.say(SISTER)
    path = f"/memories/{await only_memory(api)}"

    for _ in range(2):
        assert (await api.post(f"{path}/archive"))["memory"]["state"] == "archived"
        assert (await api.get("/memories"))["memories"] == []
        assert "archived already" in refused(await api.call("POST", f"{path}/archive", {}), 400)
        assert (await api.post(f"{path}/restore"))["memory"]["state"] == "activated"
        assert "in force already" in refused(await api.call("POST", f"{path}/restore", {}), 400)

    assert (await api.get("/memories"))["total"] == 1


async def test_a_memory_that_was_rewritten_while_archived_is_restored_with_its_new_words(api: Api) -> None:
    await api.say(SISTER)
    path = f"/memories/{await only_memory(api)}"
    await api.post(f"{path}/archive")
    read(await api.call("PATCH", path, {"value": "Ana collects postcards."}))

    restored = await api.post(f"{path}/restore")

    assert (restored["memory"]["state"], restored["memory"]["value"]) == ("activated", "Ana collects postcards.")


async def test_a_deleted_memory_names_the_messages_that_still_say_it_and_takes_them_when_asked(api: Api) -> None:
    await api.say(SISTER)
    await api.say(DOG, conversation_id="d")
    first, second = (memory["memory_id"] for memory in (await api.get("/memories", order="asc"))["memories"])

    kept = await api.post("/memories/delete", {"ids": [first]})
    tried = await api.post("/memories/delete", {"ids": [second], "delete_messages": True, "dry_run": True})
    gone = await api.post("/memories/delete", {"ids": [second], "delete_messages": True})

    assert [message["content"] for message in kept["still_held_by"]] == [SISTER]
    assert ([one["content"] for one in tried["messages"]], tried["dry_run"]) == ([DOG], True)
    assert (gone["deleted_messages"], gone["still_held_by"]) == (["m2"], [])
    assert "k99" in refused(await api.call("POST", "/memories/delete", {"ids": ["k99"]}), 404)
    assert [one["conversation_id"] for one in (await api.get("/conversations"))["conversations"]] == ["c"]


async def test_messages_go_by_id_by_stretch_and_by_conversation_each_tried_first(api: Api) -> None:
    for number in range(1, 7):
        await api.say(f"Number {number}.", start=f"2025-06-0{number}T08:00:00+00:00")
    stretch = {"conversation_id": "c", "from": "2025-06-02", "to": "2025-06-04"}

    tried = await api.post("/messages/delete", stretch | {"dry_run": True})
    assert [message["content"] for message in tried["messages"]] == ["Number 2.", "Number 3."]
    assert (await api.post("/messages/delete", stretch))["deleted_messages"] == ["m2", "m3"]
    assert (await api.post("/messages/delete", {"message_ids": ["m1"]}))["deleted_messages"] == ["m1"]
    left = (await api.get("/conversations/c/messages"))["messages"]
    assert [message["message_id"] for message in left] == ["m4", "m5", "m6"]

    assert len(read(await api.call("DELETE", "/conversations/c"))["deleted_messages"]) == 3
    assert (await api.get("/conversations"))["conversations"] == []
    assert "no conversation" in refused(await api.call("DELETE", "/conversations/c"), 404)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"message_ids": ["m1"], "conversation_id": "c"},
        {"conversation_id": "c"},
        {"conversation_id": "c", "from": "m1"},
        {"message_ids": ["m1"], "everything": True},
    ],
)
async def test_a_deletion_that_is_not_clear_deletes_nothing(api: Api, body: dict[str, object]) -> None:
    await api.say(SISTER)

    refused(await api.call("POST", "/messages/delete", body), 400)

    assert (await api.get("/status"))["counts"]["messages"] == 1


async def test_all_about_a_person_is_shown_then_forgotten_and_nothing_is_left(api: Api) -> None:
    await api.say(SISTER)
    await api.say("Ana is coming on Sunday.", DOG, conversation_id="d")

    tried = await api.post("/forget", {"text": "Ana", "dry_run": True})
    assert {message["content"] for message in tried["messages"]} >= {SISTER, "Ana is coming on Sunday."}
    assert any("lighthouses" in memory["value"] for memory in tried["memories"])
    done = await api.post("/forget", {"text": "Ana"})

    assert (done["left"], done["deleted_messages"]) == (0, tried["deleted_messages"])
    assert "Ana" not in str((await api.get("/search", query="Who is Ana?"))["hits"])
    assert (await api.post("/forget", {"text": "Ana"}))["deleted_messages"] == []
