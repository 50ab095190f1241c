"""An add outlives the service's absence: kept on disk, delivered in order, once."""

import sqlite3
import stat
from pathlib import Path

import anyio
import httpx
import pytest
from filelock import FileLock

from memos_mcp.backends.hosted.outbox import FILE_NAME, Outbox, account_of
from memos_mcp.core.errors import InvalidRequest, NotFound, Unauthorised, Unavailable
from memos_mcp.core.models import DeleteMemory, GetMessage
from tests.fakes.cloud import BASE_URL, KEY, FakeCloud, envelope
from tests.hosted.opened import add, hosted, until_empty

AWAY = ("refused", "refused", "refused")


def outbox(folder: Path) -> Outbox:
    return Outbox(folder, account=account_of(BASE_URL, KEY))


async def test_an_add_while_the_service_is_away_is_kept_and_the_receipt_says_so(tmp_path: Path) -> None:
    cloud = FakeCloud()
    cloud.break_next(*AWAY, "refused")

    async with hosted(cloud, data_dir=tmp_path) as backend:
        receipt = await backend.add_message(add("Keep me."), user_id="u")
        task = await backend.get_status(receipt.task_id, user_id="u")

    assert (receipt.status, task.status) == ("running", "running")
    assert "cannot be reached" in receipt.note
    assert "Kept on this machine" in receipt.note
    assert outbox(tmp_path).waiting().waiting == 1


async def test_the_outbox_is_for_its_owner_only(tmp_path: Path) -> None:
    cloud = FakeCloud()
    cloud.break_next(*AWAY)

    async with hosted(cloud, data_dir=tmp_path / "new") as backend:
        await backend.add_message(add("Keep me."), user_id="u")

    assert stat.S_IMODE((tmp_path / "new" / FILE_NAME).stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700


async def test_what_waits_is_delivered_in_order_once_by_the_next_start(tmp_path: Path) -> None:
    cloud = FakeCloud()
    cloud.break_next(*["refused"] * 20)
    async with hosted(cloud, data_dir=tmp_path) as backend:
        for number in range(5):
            await backend.add_message(add(f"Message {number}."), user_id="u")

    back = FakeCloud()
    async with hosted(back, data_dir=tmp_path) as backend:
        await until_empty(tmp_path)
        page = await backend.get_message(GetMessage(conversation_id="c"), user_id="u")

    assert [said.content for said in page.message_detail_list] == [f"Message {number}." for number in range(5)]
    assert page.message_detail_list[0].create_time == 1_762_675_200_000, "when it was said, not when it arrived"


async def test_an_add_waits_its_turn_behind_those_that_wait(tmp_path: Path) -> None:
    cloud = FakeCloud()
    cloud.break_next(*AWAY)
    async with hosted(cloud, data_dir=tmp_path) as backend:
        await backend.add_message(add("First."), user_id="u")
        await backend.add_message(add("Second."), user_id="u")
        await until_empty(tmp_path)

    assert cloud.said("u", "c") == [("user", "First."), ("user", "Second.")]


async def test_the_next_read_delivers_what_waits_first(tmp_path: Path) -> None:
    cloud = FakeCloud()
    cloud.break_next(*AWAY)

    async with hosted(cloud, data_dir=tmp_path) as backend:
        await backend.add_message(add("Keep me."), user_id="u")
        page = await backend.get_message(GetMessage(conversation_id="c"), user_id="u")

    assert [said.content for said in page.message_detail_list] == ["Keep me."]


@pytest.mark.parametrize("broken", ["cut", "hung"])
async def test_an_add_that_arrived_before_the_connection_broke_is_stored_once(tmp_path: Path, broken: str) -> None:
    cloud = FakeCloud()

    async with hosted(cloud, data_dir=tmp_path) as backend:
        await backend.add_message(add("Before."), user_id="u")
        cloud.break_next(broken)  # pyright: ignore[reportArgumentType]
        receipt = await backend.add_message(add("Once."), user_id="u")
        await until_empty(tmp_path)
        task = await backend.get_status(receipt.task_id, user_id="u")

    assert cloud.said("u", "c") == [("user", "Before."), ("user", "Once.")]
    assert task.status == "completed"


async def test_an_add_that_was_lost_on_the_way_is_sent_again(tmp_path: Path) -> None:
    cloud = FakeCloud()
    cloud.break_next("lost")

    async with hosted(cloud, data_dir=tmp_path) as backend:
        await backend.add_message(add("Once."), user_id="u")
        await until_empty(tmp_path)

    assert cloud.said("u", "c") == [("user", "Once.")]


async def test_a_delivered_add_is_followed_under_the_task_id_of_its_receipt(tmp_path: Path) -> None:
    cloud = FakeCloud()
    cloud.break_next(*AWAY)

    async with hosted(cloud, data_dir=tmp_path) as backend:
        receipt = await backend.add_message(add("Keep me."), user_id="u")
        await until_empty(tmp_path)
        task = await backend.get_status(receipt.task_id, user_id="u")
        with pytest.raises(NotFound):
            await backend.get_status(receipt.task_id, user_id="another")

    assert task.task_id == receipt.task_id
    assert task.memory_views is not None
    assert task.memory_views.added == 1


async def test_what_the_service_will_never_take_does_not_hold_up_the_others(tmp_path: Path) -> None:
    cloud = FakeCloud()
    cloud.break_next(*["refused"] * 6)
    async with hosted(cloud, data_dir=tmp_path) as backend:
        refused = await backend.add_message(add("Too long."), user_id="u")
        await backend.add_message(add("Fine."), user_id="u")

    cloud = FakeCloud()
    cloud.answer_next(envelope(40013))
    async with hosted(cloud, data_dir=tmp_path) as backend:
        await until_empty(tmp_path)
        task = await backend.get_status(refused.task_id, user_id="u")

    assert cloud.said("u", "c") == [("user", "Fine.")]
    assert task.status == "failed"
    assert outbox(tmp_path).waiting().refused == 1
    assert "too long" in outbox(tmp_path).waiting().reason


async def test_what_cannot_get_better_is_not_kept(tmp_path: Path) -> None:
    cloud = FakeCloud()
    cloud.answer_next(envelope(40132), envelope(40002))

    async with hosted(cloud, data_dir=tmp_path) as backend:
        with pytest.raises(Unauthorised):
            await backend.add_message(add("No key."), user_id="u")
        with pytest.raises(InvalidRequest):
            await backend.add_message(add("No sense."), user_id="u")

    assert not (tmp_path / FILE_NAME).exists()


@pytest.mark.parametrize(
    "other", [{"api_key": "another-key"}, {"base_url": "https://other.example/api/openmem/v1"}], ids=["key", "service"]
)
async def test_what_was_meant_for_one_account_is_never_sent_to_another(tmp_path: Path, other: dict[str, str]) -> None:
    cloud = FakeCloud()
    cloud.break_next(*AWAY, "refused")
    async with hosted(cloud, data_dir=tmp_path) as backend:
        await backend.add_message(add("Private."), user_id="u")

    elsewhere = FakeCloud()
    async with hosted(elsewhere, data_dir=tmp_path, **other) as backend:
        with pytest.raises((NotFound, Unauthorised)):
            await backend.get_message(GetMessage(conversation_id="c"), user_id="u")

    assert not any(path == "add/message" for path, _ in elsewhere.requests)
    assert outbox(tmp_path).waiting().waiting == 1
    assert Outbox(tmp_path, account="").waiting().waiting == 1


async def test_another_process_that_delivers_is_left_to_it(tmp_path: Path) -> None:
    cloud = FakeCloud()
    cloud.break_next(*AWAY, "refused")
    async with hosted(cloud, data_dir=tmp_path) as backend:
        await backend.add_message(add("First."), user_id="u")

    back = FakeCloud()
    with FileLock(outbox(tmp_path).lock_path):
        async with hosted(back, data_dir=tmp_path) as backend:
            receipt = await backend.add_message(add("Second."), user_id="u")

    assert receipt.status == "running"
    assert back.said("u", "c") == []
    assert outbox(tmp_path).waiting().waiting == 2


async def test_wiping_a_user_wipes_what_waits_of_that_user(tmp_path: Path) -> None:
    cloud = FakeCloud()
    cloud.break_next(*["refused"] * 12)
    async with hosted(cloud, data_dir=tmp_path) as backend:
        await backend.add_message(add("Mine."), user_id="u")
        await backend.add_message(add("Another's."), user_id="v")
        with pytest.raises(Unavailable):
            await backend.delete_memory(DeleteMemory(everything=True), user_id="u")

    assert outbox(tmp_path).waiting().waiting == 1


async def test_a_folder_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    cloud = FakeCloud()
    cloud.break_next(*AWAY)
    (tmp_path / "file").write_text("")

    async with hosted(cloud, data_dir=tmp_path / "file") as backend:
        with pytest.raises(Unavailable, match="cannot be reached.*not kept for later.*MEMOS_DATA_DIR"):
            await backend.add_message(add("Nowhere to go."), user_id="u")


async def test_a_damaged_outbox_does_not_stop_reading(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_bytes(b"no database" * 1000)
    cloud = FakeCloud()
    await add_directly(cloud, "Hello.")

    async with hosted(cloud, data_dir=tmp_path) as backend:
        page = await backend.get_message(GetMessage(conversation_id="c"), user_id="u")
        with pytest.raises(Unavailable, match="outbox"):
            await backend.add_message(add("More."), user_id="u")

    assert len(page.message_detail_list) == 1


async def test_cancelling_an_add_keeps_nothing(tmp_path: Path) -> None:
    cloud = FakeCloud()

    async with hosted(cloud, data_dir=tmp_path) as backend, anyio.create_task_group() as group:
        group.start_soon(lambda: backend.add_message(add("Never mind."), user_id="u"))
        group.cancel_scope.cancel()

    assert not (tmp_path / FILE_NAME).exists()


async def add_directly(cloud: FakeCloud, content: str) -> None:
    async with httpx.AsyncClient(transport=cloud.transport(), headers={"authorization": f"Token {KEY}"}) as client:
        body = {"user_id": "u", "conversation_id": "c", "messages": [{"role": "user", "content": content}]}
        answer = await client.post(f"{BASE_URL}/add/message", json=body)
    assert answer.json()["code"] == 0


def test_letters_survive_as_they_were_written(tmp_path: Path) -> None:
    kept = outbox(tmp_path)
    body = {"messages": [{"role": "user", "content": "half \ud83d and \x00 and مرحبا"}], "conversation_id": "c"}

    kept.keep(body, user_id="u", key="k", time=1, tried=False)
    kept.keep({"other": 1}, user_id="u", key="k", time=2, tried=False)

    letter = kept.first()
    assert letter is not None
    assert letter.body == body
    with sqlite3.connect(tmp_path / FILE_NAME) as database:
        assert database.execute("SELECT count(*) FROM letter").fetchone() == (1,)
    database.close()
