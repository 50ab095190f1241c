"""Forgetting is true: messages, conversations and all about a word go with what hangs on them, from every file."""

from pathlib import Path

import pytest

from memos_mcp.backends.local.backend import LocalBackend
from memos_mcp.backends.local.directory import note_backup
from memos_mcp.core.errors import InvalidRequest, NotFound
from memos_mcp.core.models import DeleteMemory, GetMemory, Stretch, UpdateMemory
from tests.consolidation.conversation import add
from tests.local.stores import everything_said, find, followed, found_messages, renewed, store
from tests.local.test_deletion import BESIDE, KEPT, SAID, files_with, reopen, tell, vectors_of


def tokens_of(folder: Path, backend: LocalBackend) -> list[bytes]:
    """Return the token vectors of the first message as they are kept, if the model has any."""
    rows = backend.ledger.database.rows("SELECT tokens FROM message_vector WHERE seq = 1 AND tokens IS NOT NULL")
    return [row["tokens"] for row in rows]


async def known(backend: LocalBackend, user_id: str = "u") -> dict[str, str]:
    page = await backend.get_memory(GetMemory(size=50), user_id=user_id)
    listed = {one.id: one.memory_value for one in page.memory_detail_list}
    return listed | {one.id: one.preference for one in page.preference_detail_list}


async def test_a_deleted_memory_tells_which_messages_still_say_it(tmp_path: Path) -> None:
    async with store(tmp_path) as backend:
        await tell(backend, SAID)

        receipt = await backend.delete_memory(DeleteMemory(memory_ids=("k1",)), user_id="u")

        assert (receipt.deleted, receipt.deleted_messages) == (("k1",), ())
        assert [message.content for message in receipt.still_held_by] == [SAID]
        assert await everything_said(backend) == [SAID]


@pytest.mark.processes
async def test_a_memory_that_is_deleted_with_its_messages_is_in_no_file_even_while_the_store_is_open(
    tmp_path: Path,
) -> None:
    async with store(tmp_path) as backend:
        values = await tell(backend, SAID, KEPT)
        texts = [SAID, *(value for value in values if "walrus" in value)]
        traces = [b"walrus", *vectors_of(texts), *tokens_of(tmp_path, backend)]
        assert files_with(tmp_path, *vectors_of([SAID]))

        receipt = await backend.delete_memory(DeleteMemory(memory_ids=("k1",), delete_messages=True), user_id="u")
        await followed(backend)
        await renewed(backend)

        assert (receipt.deleted, receipt.deleted_messages, receipt.still_held_by) == (("k1",), ("m1",), ())
        assert files_with(tmp_path, b"walrus") == set()
        assert "walrus" not in str(await find(backend, "Where does the walrus sleep?"))
        assert found_messages(await find(backend, "What does my sister collect?")) == [KEPT]
    await reopen(tmp_path)
    assert files_with(tmp_path, *traces) == set()
    async with store(tmp_path) as backend:
        await followed(backend)
        assert found_messages(await find(backend, "What does my sister collect?")) == [KEPT]
        assert files_with(tmp_path, *vectors_of([KEPT]))


async def test_the_vectors_leave_the_files_of_an_open_store_and_searches_go_on_meanwhile(tmp_path: Path) -> None:
    async with store(tmp_path) as backend:
        await tell(backend, SAID, KEPT, BESIDE)
        folder = backend.ledger.noted("index_folder") or "1"

        await backend.delete_memory(DeleteMemory(message_ids=("m1",)), user_id="u")
        await followed(backend)
        await renewed(backend)

        assert backend.ledger.noted("index_folder") != folder
        assert [path.name for path in (tmp_path / "chroma").iterdir()] == [backend.ledger.noted("index_folder")]
        assert backend._indexing._index is not None
        assert set(backend._indexing._index.counts().values()) == {backend.ledger.vectors.expected(1)}
        assert found_messages(await find(backend, "Who repairs bicycles?"))[0] == BESIDE


async def test_a_memory_that_loses_its_last_message_goes_and_one_that_keeps_another_says_so(tmp_path: Path) -> None:
    async with store(tmp_path) as backend:
        await tell(backend, KEPT, SAID)
        await backend.add_message(add(KEPT, conversation_id="again", wait=True), user_id="u")
        (both,) = [one for one, value in (await known(backend)).items() if "lighthouses" in value]
        (alone,) = [one for one, value in (await known(backend)).items() if "walrus" in value]

        receipt = await backend.delete_memory(DeleteMemory(message_ids=("m1", "m2")), user_id="u")

        assert (receipt.deleted, receipt.fewer_sources) == ((alone,), (both,))
        (left,) = (await backend.get_memory(GetMemory(memory_ids=(both,)), user_id="u")).memory_detail_list
        assert (left.sources, left.conversation_id) == (("m3",), "again")
        assert backend.ledger.history.of(int(both[1:])) == []
        await followed(backend)
        assert "lighthouses" in str((await find(backend, "What does my sister collect?")).memory_detail_list)


async def test_a_conversation_goes_whole_and_the_others_stay(tmp_path: Path) -> None:
    async with store(tmp_path) as backend:
        await tell(backend, KEPT)
        await backend.add_message(add(SAID, BESIDE, conversation_id="walrus-talk", wait=True), user_id="u")

        receipt = await backend.delete_memory(DeleteMemory(conversation_ids=("walrus-talk",)), user_id="u")
        await followed(backend)
        await renewed(backend)

        assert receipt.deleted_messages == ("m2", "m3")
        assert await everything_said(backend) == [KEPT]
        with pytest.raises(NotFound):
            await everything_said(backend, "walrus-talk")
        assert files_with(tmp_path, b"walrus") == set()
        assert {value for value in (await known(backend)).values() if "lighthouses" not in value} == set()


async def test_a_stretch_goes_by_ids_or_by_times(tmp_path: Path) -> None:
    async with store(tmp_path) as backend:
        await backend.add_message(add(*(f"Number {number}." for number in range(1, 7)), wait=True), user_id="u")

        stretch = Stretch(conversation_id="c", first="m2", last="m4")
        receipt = await backend.delete_memory(DeleteMemory(stretch=stretch), user_id="u")
        assert receipt.deleted_messages == ("m2", "m3", "m4")
        assert await everything_said(backend) == ["Number 1.", "Number 5.", "Number 6."]

        stretch = Stretch(conversation_id="c", first="2020-01-01", last="2020-01-02")
        assert (await backend.delete_memory(DeleteMemory(stretch=stretch), user_id="u")).deleted_messages == ()
        stretch = Stretch(conversation_id="c", first="soon", last="later")
        with pytest.raises(InvalidRequest, match="neither the id of a message nor a time"):
            await backend.delete_memory(DeleteMemory(stretch=stretch), user_id="u")


@pytest.mark.processes
async def test_all_about_a_person_is_found_by_whole_words_and_goes_in_one_step(tmp_path: Path) -> None:
    async with store(tmp_path) as backend:
        await tell(
            backend, "My sister Ann collects lighthouses.", "We planned Ann’s visit.", "Our annual report is due."
        )
        await backend.add_message(add("I saw ANN\nyesterday.", conversation_id="d", wait=True), user_id="u")
        await tell(backend, "Ann is somebody else's friend.", user_id="v")
        everything = DeleteMemory(text="ann")

        tried = await backend.delete_memory(everything.model_copy(update={"dry_run": True}), user_id="u")
        assert len(tried.message_detail_list) == 3
        assert len(await everything_said(backend)) == 3
        receipt = await backend.delete_memory(everything, user_id="u")

        assert receipt.deleted_messages == tried.deleted_messages
        assert receipt.deleted == tried.deleted
        assert await backend.browsing.mentions("Ann", user_id="u") == 0
        assert await everything_said(backend) == ["Our annual report is due."]
        assert await everything_said(backend, user_id="v") == ["Ann is somebody else's friend."]
        left = {path.name: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
        assert not [name for name, content in left.items() if b"sister Ann" in content or b"ANN\n" in content]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Zoë", "I met ZOË in Köln."),
        ("小明", "我和小明去了北京。"),
        ("new  york", "I moved to New York."),
        ("violin", "Two violins."),
    ],
)
async def test_words_are_found_in_any_case_and_script(tmp_path: Path, text: str, said: str) -> None:
    async with store(tmp_path) as backend:
        await tell(backend, said, "The zoëtrope is broken.")

        receipt = await backend.delete_memory(DeleteMemory(text=text), user_id="u")

        assert receipt.deleted_messages == ("m1",)


async def test_what_a_memory_once_said_is_forgotten_with_the_word(tmp_path: Path) -> None:
    async with store(tmp_path) as backend:
        await tell(backend, "I keep bees on the roof.")
        for content in ("I keep a walrus on the roof.", "I keep bees on the roof, in three hives."):
            await backend.update_memory(UpdateMemory(memory_id="k1", content=content), user_id="u")

        receipt = await backend.delete_memory(DeleteMemory(text="walrus"), user_id="u")

        assert (receipt.deleted, receipt.deleted_messages) == ((), ())
        assert "hives" in str(await known(backend))
        assert files_with(tmp_path, b"walrus") == set()


async def test_a_phrase_without_a_word_forgets_nothing(tmp_path: Path) -> None:
    async with store(tmp_path) as backend:
        await tell(backend, SAID)

        with pytest.raises(InvalidRequest, match="Name the word"):
            await backend.delete_memory(DeleteMemory(text=" … "), user_id="u")
        with pytest.raises(NotFound, match="nothing was changed"):
            await backend.delete_memory(DeleteMemory(message_ids=("m1", "m99")), user_id="u")

        assert await everything_said(backend) == [SAID]


async def test_a_deletion_names_the_copies_that_may_still_hold_it(tmp_path: Path) -> None:
    backup = tmp_path / "elsewhere" / "mine.backup.sqlite3"
    backup.parent.mkdir()
    backup.touch()
    note_backup(tmp_path, backup)
    note_backup(tmp_path, tmp_path / "gone.sqlite3")
    (tmp_path / "ledger.before-restore-1.sqlite3").touch()
    async with store(tmp_path) as backend:
        await tell(backend, SAID)

        receipt = await backend.delete_memory(DeleteMemory(text="walrus"), user_id="u")

    assert receipt.stale_backups == ("ledger.before-restore-1.sqlite3", "mine.backup.sqlite3")


@pytest.mark.long
async def test_no_trace_is_left_between_many_others(tmp_path: Path) -> None:
    """Pages of the file are split and joined as rows come and go; none may keep a copy."""
    async with store(tmp_path) as backend:
        for start in range(0, 400, 40):
            texts = [
                f"Marker{number:04}x is a thing I own, with {'words ' * (number % 40)}"
                for number in range(start, start + 40)
            ]
            await backend.add_message(add(*texts, conversation_id=f"c{start}", wait=True), user_id="u")
        gone = [number for number in range(1, 401) if number % 3]
        await backend.delete_memory(DeleteMemory(message_ids=tuple(f"m{number}" for number in gone)), user_id="u")
        await renewed(backend)

        found = {
            number: where for number in gone if (where := files_with(tmp_path, f"Marker{number - 1:04}x".encode()))
        }
        assert backend.ledger.messages.matching(1, "seq = 3", ()) == {3}

    assert found == {}
