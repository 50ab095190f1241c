"""MemOS's own server behind the hosted backend: what it is sent, and what is kept beside it."""

import stat
from pathlib import Path

import pytest
from starlette.responses import HTMLResponse, JSONResponse

from memos_mcp.backends.hosted.sent_messages import FILE_NAME
from memos_mcp.backends.selection import backend_kind
from memos_mcp.core.errors import ConfigurationError, InvalidRequest, NotFound, Unavailable
from memos_mcp.core.models import (
    AddFeedback,
    DeleteMemory,
    GetMemory,
    GetMessage,
    Message,
    SearchMemory,
    UpdateMemory,
)
from memos_mcp.core.settings import read_settings
from tests.fakes.cloud import FakeCloud
from tests.fakes.product_server import FakeProductServer
from tests.hosted.opened import add, hosted, product, until_empty

SEARCH = SearchMemory(query="Where is the spare key?", relativity=0)


async def test_an_add_has_the_words_of_that_server(tmp_path: Path) -> None:
    server = FakeProductServer()
    async with product(server, data_dir=tmp_path) as backend:
        request = add("I live in Lisbon.").model_copy(
            update={"agent_id": "guide", "tags": ("home",), "info": {"scene": "chat"}}
        )
        await backend.add_message(request, user_id="u")
        await backend.add_message(request.model_copy(update={"wait": True}), user_id="u")

    (_, first), (_, second) = server.requests
    task_id = first.pop("task_id")
    assert first == {
        "user_id": "u",
        "writable_cube_ids": ["u"],
        "session_id": "c",
        "messages": [{"role": "user", "content": "I live in Lisbon."}],
        "async_mode": "async",
        "custom_tags": ["home"],
        "info": {"scene": "chat", "agent_id": "guide"},
    }
    assert task_id
    assert second["async_mode"] == "sync"


async def test_what_that_server_does_not_have_is_said_in_the_text_or_named(tmp_path: Path) -> None:
    server = FakeProductServer()
    said = Message(role="user", role_id="bo", role_name="Bo", content="I live in Lisbon.")
    async with product(server, data_dir=tmp_path) as backend:
        request = add("").model_copy(update={"messages": (said,), "allow_public": True, "wait": True})
        receipt = await backend.add_message(request, user_id="u")

    [(_, body)] = server.requests
    assert body["messages"] == [{"role": "user", "content": "Bo: I live in Lisbon."}]
    assert "allow_public had no effect" in receipt.note


async def test_filters_have_the_field_names_of_that_server(tmp_path: Path) -> None:
    server = FakeProductServer()
    wanted = {"and": [{"create_time": {"gte": "2025-11-09"}}, {"conversation_id": "c"}, {"agent_id": "guide"}]}
    async with product(server, data_dir=tmp_path) as backend:
        await backend.add_message(add("A key.").model_copy(update={"agent_id": "guide"}), user_id="u")
        await backend.add_message(add("A key.").model_copy(update={"agent_id": "coach"}), user_id="u")
        found = await backend.search_memory(SEARCH.model_copy(update={"filter": wanted}), user_id="u")
        known = await backend.get_memory(GetMemory(filter=wanted), user_id="u")

    assert len(found.memory_detail_list) == 1
    assert known.total == 1
    sent = server.requests[-1][1]["filter"]["and"]
    assert [next(iter(condition)) for condition in sent] == ["created_at", "session_id", "agent_id"]


async def test_a_filter_by_source_is_that_of_the_user_there(tmp_path: Path) -> None:
    server = FakeProductServer()
    wanted = {"user": {"and": [{"agent_id": "guide"}]}, "public": {"and": [{"tags": {"contains": "x"}}]}}
    async with product(server, data_dir=tmp_path) as backend:
        await backend.search_memory(SEARCH.model_copy(update={"filter": wanted}), user_id="u")

    assert server.requests[-1][1]["filter"] == {"and": [{"agent_id": "guide"}]}


async def test_memories_are_read_with_all_that_is_known_of_them(tmp_path: Path) -> None:
    async with product(FakeProductServer(), data_dir=tmp_path) as backend:
        await backend.add_message(
            add("The spare key is under the pot.").model_copy(update={"tags": ("home",)}), user_id="u"
        )
        (found,) = (await backend.search_memory(SEARCH, user_id="u")).memory_detail_list

    assert (found.memory_value, found.memory_key) == (
        "The spare key is under the pot.",
        "The spare key is under the pot",
    )
    assert (found.conversation_id, found.tags, found.confidence) == ("c", ("home",), 0.99)
    assert found.create_time == found.update_time == 1_762_689_601_000
    assert found.relativity is not None
    assert found.relativity > 0.5


async def test_messages_are_kept_beside_it_for_the_owner_only(tmp_path: Path) -> None:
    folder = tmp_path / "new"
    async with product(FakeProductServer(), data_dir=folder) as backend:
        await backend.add_message(add("One.", "Two."), user_id="u")
    async with product(FakeProductServer(), data_dir=folder) as backend:
        await backend.add_message(add("Three."), user_id="u")
        page = await backend.get_message(GetMessage(conversation_id="c", message_limit_number=2), user_id="u")

    assert [message.content for message in page.message_detail_list] == ["Two.", "Three."]
    assert stat.S_IMODE((folder / FILE_NAME).stat().st_mode) == 0o600


async def test_what_was_said_elsewhere_is_not_here_and_the_sentence_says_why(tmp_path: Path) -> None:
    async with product(FakeProductServer(), data_dir=tmp_path) as backend:
        with pytest.raises(NotFound, match="keeps no messages.*'elsewhere'"):
            await backend.get_message(GetMessage(conversation_id="elsewhere"), user_id="u")


async def test_a_memory_cannot_be_rewritten_there_and_the_sentence_says_what_can(tmp_path: Path) -> None:
    async with product(FakeProductServer(), data_dir=tmp_path) as backend:
        await backend.add_message(add("I live in Lisbon."), user_id="u")
        (known,) = (await backend.get_memory(GetMemory(), user_id="u")).memory_detail_list
        with pytest.raises(InvalidRequest, match="add_feedback"):
            await backend.update_memory(UpdateMemory(memory_id=known.id, content="In Porto."), user_id="u")


async def test_deleting_everything_takes_the_kept_messages_too(tmp_path: Path) -> None:
    server = FakeProductServer()
    async with product(server, data_dir=tmp_path) as backend:
        await backend.add_message(add("My secret."), user_id="u")
        await backend.delete_memory(DeleteMemory(everything=True), user_id="u")

    assert server.cubes == {"u": []}
    assert b"My secret." not in (tmp_path / FILE_NAME).read_bytes()


async def test_a_correction_goes_with_what_was_said(tmp_path: Path) -> None:
    server = FakeProductServer()
    async with product(server, data_dir=tmp_path) as backend:
        await backend.add_message(add("I live in Lisbon."), user_id="u")
        await backend.add_feedback(AddFeedback(feedback_content="No, in Porto.", conversation_id="c"), user_id="u")

    sent = server.requests[-1][1]
    assert sent["history"] == [{"role": "user", "content": "I live in Lisbon."}]
    assert (sent["session_id"], sent["feedback_content"]) == ("c", "No, in Porto.")


async def test_an_add_while_the_server_is_away_is_delivered_once_and_kept(tmp_path: Path) -> None:
    server = FakeProductServer()
    server.break_next("refused", "refused", "refused")
    async with product(server, data_dir=tmp_path) as backend:
        receipt = await backend.add_message(add("Keep me."), user_id="u")
        await until_empty(tmp_path)
        page = await backend.get_message(GetMessage(conversation_id="c"), user_id="u")

    assert "Kept on this machine" in receipt.note
    assert [message.content for message in page.message_detail_list] == ["Keep me."]
    assert len(server.cubes["u"]) == 1


async def test_an_add_that_was_cut_off_is_not_sent_twice(tmp_path: Path) -> None:
    server = FakeProductServer()
    server.break_next("cut")
    async with product(server, data_dir=tmp_path) as backend:
        await backend.add_message(add("Once."), user_id="u")
        await until_empty(tmp_path)
        page = await backend.get_message(GetMessage(conversation_id="c"), user_id="u")

    assert [message.content for message in page.message_detail_list] == ["Once."]
    assert [node["memory"] for node in server.cubes["u"]] == ["Once."]


async def test_an_add_that_was_cut_off_is_sent_again_where_the_server_does_not_know_it(tmp_path: Path) -> None:
    server = FakeProductServer()
    server.break_next("lost")
    async with product(server, data_dir=tmp_path) as backend:
        await backend.add_message(add("Once."), user_id="u")
        await until_empty(tmp_path)

    assert [node["memory"] for node in server.cubes["u"]] == ["Once."]


async def test_a_failure_of_the_server_is_a_sentence(tmp_path: Path) -> None:
    server = FakeProductServer()
    failure = JSONResponse({"code": 500, "message": "Traceback: secret", "data": None}, 500)
    server.answer_next(failure, failure, failure)
    async with product(server, data_dir=tmp_path) as backend:
        with pytest.raises(Unavailable, match="try again in a minute") as caught:
            await backend.search_memory(SEARCH, user_id="u")

    assert "secret" not in str(caught.value)


async def test_the_cloud_under_the_name_of_the_server_is_told_apart(tmp_path: Path) -> None:
    server = FakeProductServer()
    server.answer_next(JSONResponse({"code": 0, "message": "ok", "data": {}}))
    async with product(server, data_dir=tmp_path) as backend:
        with pytest.raises(ConfigurationError, match="answers as MemOS Cloud does: .*/api/openmem/v1"):
            await backend.search_memory(SEARCH, user_id="u")


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (JSONResponse({"code": 200, "message": "ok", "data": {}}), "as MemOS's own server does: .*/product"),
        (JSONResponse({"code": 404, "message": "Not Found", "data": None}, 404), "JSON of another kind .HTTP 404"),
        (JSONResponse({"detail": "Not Found"}, 404), "JSON of another kind .HTTP 404.*in /product"),
        (HTMLResponse("<h1>Welcome</h1>"), "not a memory service but a web page"),
    ],
)
async def test_another_server_under_the_name_of_the_cloud_is_named(answer: JSONResponse, says: str) -> None:
    cloud = FakeCloud()
    cloud.answer_next(answer)
    async with hosted(cloud) as backend:
        with pytest.raises(ConfigurationError, match=says):
            await backend.search_memory(SEARCH, user_id="u")


@pytest.mark.parametrize(
    ("variables", "spoken", "kind"),
    [
        ({}, "cloud", "local"),
        ({"MEMOS_API_KEY": "k"}, "cloud", "hosted"),
        ({"MEMOS_BASE_URL": "http://127.0.0.1:8001/product"}, "product", "hosted"),
        ({"MEMOS_BASE_URL": "http://127.0.0.1:8001/product/"}, "product", "hosted"),
        ({"MEMOS_BASE_URL": "http://127.0.0.1:8001/memory", "MEMOS_DIALECT": "product"}, "product", "hosted"),
        ({"MEMOS_BASE_URL": "http://127.0.0.1:8001/product", "MEMOS_DIALECT": "cloud"}, "cloud", "local"),
    ],
)
def test_the_address_or_the_dialect_chooses_the_server(variables: dict[str, str], spoken: str, kind: str) -> None:
    settings = read_settings(variables)

    assert (settings.spoken, backend_kind(settings)) == (spoken, kind)
