"""A ledger in PostgreSQL, which several stores have open at once."""

import subprocess
import sys
import threading
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import anyio
import psycopg
import pytest

from memos_mcp.backends.local.backend import LocalBackend
from memos_mcp.backends.local.ledger.schema import FORMAT
from memos_mcp.backends.local.ledger.shared import connect
from memos_mcp.backends.local.ledger.texts import Text
from memos_mcp.core.errors import ConfigurationError, NotFound, Unavailable
from memos_mcp.core.models import DeleteMemory, GetMemory, SearchMemory, UpdateMemory
from tests.consolidation.conversation import add
from tests.fakes.hashed_embedder import HashedEmbedder
from tests.local.servers import Servers, replica
from tests.local.stores import everything_said, find, followed, found_messages

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")  # of Chroma's client

KEPT_APART = {"claim", "conversation", "history", "memory", "memory_vector", "message", "message_vector"} | {
    "pending",
    "source",
    "task",
}


@pytest.fixture
def url(servers: Servers) -> str:
    return servers.postgres.empty()


@pytest.fixture
async def two(tmp_path: Path, url: str, servers: Servers) -> AsyncIterator[tuple[LocalBackend, LocalBackend]]:
    async with (
        replica(tmp_path / "1", url, servers) as one,
        replica(tmp_path / "2", url, servers) as other,
    ):
        yield one, other


async def test_what_one_replica_acknowledged_the_next_finds(two: tuple[LocalBackend, LocalBackend]) -> None:
    for number in range(6):
        one, other = two if number % 2 else reversed(two)
        await one.add_message(add(f"Note {number} about a badger{number}.", conversation_id=str(number)), user_id="u")
        found = found_messages(await find(other, f"badger{number}"))
        assert found[0] == f"Note {number} about a badger{number}."


async def test_the_home_of_the_page_is_counted_there(two: tuple[LocalBackend, LocalBackend]) -> None:
    await two[0].add_message(add("I live in Lund.", "I have a canoe.", conversation_id="c", wait=True), user_id="u")

    home = await two[1].browsing.home(user_id="u")

    assert [day.messages for day in home.days] == [2]
    assert home.counts.messages == 2


async def test_adds_at_two_replicas_at_once_are_learnt_from_once_and_in_no_gap(
    two: tuple[LocalBackend, LocalBackend],
) -> None:
    async def say(backend: LocalBackend, name: str) -> None:
        for number in range(15):
            await backend.add_message(add(f"My {name} number {number} lives in Town{number}."), user_id="u")

    async with anyio.create_task_group() as group:
        group.start_soon(say, two[0], "cousin")
        group.start_soon(say, two[1], "uncle")
    last = await two[0].add_message(add("That is all.", wait=True), user_id="u")
    assert last.status == "completed"

    said = await everything_said(two[1])
    known = (await two[1].get_memory(GetMemory(size=50), user_id="u")).memory_detail_list
    assert len(said) == len(set(said)) == 31
    sources = [memory.sources for memory in known if "Town" in memory.memory_value]
    assert len(sources) == len(set(sources)) == 30
    for number in (0, 7, 14):
        for backend in two:
            assert f"My uncle number {number} lives in Town{number}." in found_messages(
                await find(backend, f"uncle number {number} Town{number}", message_limit_number=5)
            )


def test_an_add_whose_rows_the_database_has_in_another_order_is_learnt_from_once(url: str) -> None:
    with closing(connect(url)) as ledger:
        said = add("I live in Lisbon.", "I work at a mill.", "I own a walrus.")
        added = ledger.messages.add(said, user_id="u", features=[b""] * 3, now=0)
        ledger.messages.add(add("Next."), user_id="u", features=[b""], now=0)
        for task in (2, 1):  # a row whose indexed columns change goes behind the others
            ledger.database.execute("UPDATE message SET task = ? WHERE seq = 1", (task,))

        task = ledger.tasks.open(added.task_id)

        assert task is not None
        assert [source.seq for source in task.messages] == [1, 2, 3]
        assert not task.before
        assert ledger.tasks.is_whole(task)


async def test_the_same_key_at_two_replicas_at_once_is_stored_once(two: tuple[LocalBackend, LocalBackend]) -> None:
    receipts: list[str] = []

    async def say(backend: LocalBackend) -> None:
        receipts.append((await backend.add_message(add("Once.", key="k"), user_id="u")).task_id)

    async with anyio.create_task_group() as group:
        for backend in two * 4:
            group.start_soon(say, backend)

    assert len(receipts) == 8
    assert len(set(receipts)) == 1
    assert await everything_said(two[0]) == ["Once."]


async def test_what_one_replica_changed_or_deleted_the_other_does_not_find(
    two: tuple[LocalBackend, LocalBackend],
) -> None:
    one, other = two
    await one.add_message(add("I live in Lisbon.", conversation_id="a", wait=True), user_id="u")
    await one.add_message(add("The walrus is called Bob.", conversation_id="b", wait=True), user_id="u")
    memories = (await find(other, "Where do I live?")).memory_detail_list
    lisbon = next(memory.id for memory in memories if "Lisbon" in memory.memory_value)
    await one.update_memory(UpdateMemory(memory_id=lisbon, content="The user lives in Porto."), user_id="u")
    assert "Porto" in (await find(other, "Where do I live?")).memory_detail_list[0].memory_value

    user = one.ledger.messages.user_key("u")
    assert user is not None
    conversation = one.ledger.messages.conversation_key(user, "b")
    assert conversation is not None
    one.ledger.removal.forget_conversations(user, [conversation])
    assert found_messages(await find(other, "walrus", message_limit_number=1)) == ["I live in Lisbon."]

    await one.delete_memory(DeleteMemory(everything=True), user_id="u")
    found = await find(other, "Where do I live?")
    assert (found.memory_detail_list, found.message_detail_list) == ((), ())
    with pytest.raises(NotFound):
        await other.get_memory(GetMemory(memory_ids=(lisbon,)), user_id="u")


def write_until_killed(*arguments: str) -> int:
    """Kill a writer after its 25th add; give the number of the last that it acknowledged."""
    command = [sys.executable, "-m", "tests.local.shared_writer", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "opened\n"
        for line in writer.stdout:
            if int(line) == 25:
                break
        writer.kill()
        return max([25, *(int(line) for line in writer.stdout if line.strip())])


async def test_work_of_a_process_that_was_killed_is_taken_over(tmp_path: Path, url: str, servers: Servers) -> None:
    last = write_until_killed(str(tmp_path / "1"), url, servers.chroma)

    async with replica(tmp_path / "2", url, servers) as backend:
        said = await everything_said(backend)
        assert said[:last] == [f"My cousin number {number} lives in Town{number}." for number in range(1, last + 1)]
        assert len(said) == len(set(said))
        with anyio.fail_after(60):
            while (await backend.status()).waiting_for_memories:
                await anyio.sleep(0.05)
        assert f"My cousin number {last} lives in Town{last}." in found_messages(await find(backend, f"Town{last}"))
        known = (await backend.get_memory(GetMemory(size=50), user_id="u")).memory_detail_list
        sources = [memory.sources for memory in known]
        assert len(sources) == len(set(sources)) >= min(last, 50)


async def test_what_the_ledger_does_not_have_is_taken_out_when_the_index_is_opened(
    tmp_path: Path, url: str, servers: Servers
) -> None:
    async with replica(tmp_path / "1", url, servers) as backend:
        await backend.add_message(add("A fact about otters.", wait=True), user_id="u")
        await followed(backend)
        [user] = backend.ledger.messages.users()
        index = backend._indexing._index
        assert index is not None
        kept = index.texts(user)
        vector = HashedEmbedder().embed("Long gone.").vector
        index.put(user, {Text("message", 99): vector, Text("memory", 99): vector})
        index.put(user + 1, {Text("message", 98): vector})

    async with replica(tmp_path / "2", url, servers) as backend:
        await followed(backend)
        index = backend._indexing._index
        assert index is not None
        assert kept
        assert index.texts(user) == kept
        assert set(index.counts()) == {user}


async def test_a_replica_hears_what_another_has_learnt(tmp_path: Path, url: str, servers: Servers) -> None:
    heard: list[str] = []
    async with (
        replica(tmp_path / "1", url, servers, learnt=heard.append),
        replica(tmp_path / "2", url, servers) as other,
    ):
        await other.add_message(add("I live in Lisbon.", wait=True), user_id="anna")
        with anyio.fail_after(30):
            while not heard:
                await anyio.sleep(0.02)
    assert heard == ["anna"]


async def test_a_statement_without_a_user_shows_nothing_of_another(two: tuple[LocalBackend, LocalBackend]) -> None:
    for user_id in ("anna", "ben"):
        await two[0].add_message(add(f"I am {user_id} and I live in Lisbon.", wait=True), user_id=user_id)
        await find(two[0], "Lisbon", user_id=user_id)
    database = two[1].ledger.database

    with database.of_user("anna"):
        assert [row["content"] for row in database.rows("SELECT content FROM message")] == [
            "I am anna and I live in Lisbon."
        ]
        for table in KEPT_APART - {"history", "pending", "memory_vector"}:
            mine = database.number(f"SELECT count(*) FROM {table}")
            assert mine > 0, table
        assert database.execute("UPDATE message SET content = 'changed'") == 1
    with database.of_user("nobody"):
        assert all(database.number(f"SELECT count(*) FROM {table}") == 0 for table in KEPT_APART)
        assert database.execute("DELETE FROM conversation") == 0
    assert await everything_said(two[0], user_id="ben") == ["I am ben and I live in Lisbon."]
    assert await everything_said(two[0], user_id="anna") == ["changed"]


async def test_a_filter_passes_over_numbers_that_json_does_not_have(two: tuple[LocalBackend, LocalBackend]) -> None:
    request = add("An apple.", "A pear.").model_copy(update={"info": {"level": 5}})
    await two[0].add_message(request, user_id="u")
    two[0].ledger.database.execute("UPDATE message SET info = '{\"level\": NaN}' WHERE content = 'An apple.'")

    wanted = SearchMemory(query="apple", relativity=0, filter={"and": [{"level": 5}]})
    assert found_messages(await two[1].search_memory(wanted, user_id="u")) == ["A pear."]


async def test_every_table_of_users_is_guarded(two: tuple[LocalBackend, LocalBackend]) -> None:
    guarded = two[0].ledger.database.rows(
        "SELECT relname FROM pg_class WHERE relnamespace = current_schema::regnamespace AND relkind = 'r'"
        " AND relrowsecurity AND relforcerowsecurity"
    )
    tables = two[0].ledger.database.rows("SELECT tablename FROM pg_tables WHERE schemaname = current_schema")

    assert {row[0] for row in guarded} == KEPT_APART
    assert {row[0] for row in tables} == KEPT_APART | {"meta", "user", "access_token", "call_count"}


async def test_a_database_that_went_away_is_told_and_used_again_when_it_is_back(
    tmp_path: Path, url: str, servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("memos_mcp.backends.local.ledger.postgres.database.PATIENCE", 3)
    async with replica(tmp_path, url, servers) as backend:
        await backend.add_message(add("Before."), user_id="u")
        servers.postgres.stop()
        try:
            with pytest.raises(Unavailable, match="went away|cannot be reached"):
                await backend.add_message(add("During."), user_id="u")
            with pytest.raises(Unavailable, match="went away|cannot be reached"):
                await find(backend, "Before")
        finally:
            servers.postgres.start()
        await backend.add_message(add("After."), user_id="u")
        assert await everything_said(backend) == ["Before.", "After."]


def test_a_newer_format_is_refused_and_an_older_one_brought_up_to_date(url: str) -> None:
    ledger = connect(url)
    ledger.note("format", str(FORMAT + 1))
    ledger.close()
    with pytest.raises(ConfigurationError, match="newer memos-mcp"):
        connect(url)

    with psycopg.connect(url) as server:  # as the first version left it
        server.execute("ALTER TABLE message DROP COLUMN utc_offset")
        server.execute("UPDATE meta SET value = '1' WHERE name = 'format'")
    ledger = connect(url)
    assert ledger.noted("format") == str(FORMAT)
    assert ledger.database.rows("SELECT utc_offset FROM message") == []
    ledger.close()


def test_replicas_that_start_at_once_make_one_ledger(url: str) -> None:
    made: list[str] = []

    def start() -> None:
        ledger = connect(url)
        made.append(ledger.identity())
        ledger.close()

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 4
    assert len(set(made)) == 1
