"""The ledger keeps what it has acknowledged, and says what is wrong."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from memos_mcp.backends.local.embedders.base import Embedding
from memos_mcp.backends.local.extraction.base import Draft
from memos_mcp.backends.local.ledger.database import SqliteDatabase
from memos_mcp.backends.local.ledger.database_interface import Parameters, ResultRow
from memos_mcp.backends.local.ledger.ledger import Ledger
from memos_mcp.backends.local.ledger.schema import FORMAT
from memos_mcp.backends.local.ledger.tasks import Tasks
from memos_mcp.core.errors import ConfigurationError, InvalidRequest, Unavailable
from memos_mcp.core.models import AddMessage, MemoryViews, Message
from tests.consolidation.conversation import add

WHOLE_TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=400)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    opened = Ledger.open(tmp_path / "new" / "ledger.sqlite3")
    yield opened
    opened.close()


def put(ledger: Ledger, request: AddMessage, *, user_id: str = "u", now: int = 1) -> str:
    return ledger.messages.add(request, user_id=user_id, features=[b""] * len(request.messages), now=now).task_id


def contents(ledger: Ledger, conversation_id: str = "c", *, user_id: str = "u", size: int = 50) -> list[str]:
    user = ledger.messages.user_key(user_id)
    assert user is not None
    conversation = ledger.messages.conversation_key(user, conversation_id)
    assert conversation is not None
    return [message.content for message in ledger.messages.page(conversation, size=size, page=1)]


def test_messages_come_out_in_the_order_they_were_added_in(ledger: Ledger) -> None:
    put(ledger, add("one", "two"))
    put(ledger, add("three"))

    assert contents(ledger) == ["one", "two", "three"]


@pytest.mark.long
@given(texts=st.lists(WHOLE_TEXT, min_size=1, max_size=5))
def test_any_text_comes_out_word_for_word(tmp_path_factory: pytest.TempPathFactory, texts: list[str]) -> None:
    ledger = Ledger.open(tmp_path_factory.mktemp("ledger") / "ledger.sqlite3")
    try:
        put(ledger, add(*texts))
        assert contents(ledger) == texts
    finally:
        ledger.close()


def test_page_one_is_the_most_recent_and_every_message_can_be_reached(ledger: Ledger) -> None:
    put(ledger, add(*[f"message {number}" for number in range(7)]))
    user = ledger.messages.user_key("u") or 0
    conversation = ledger.messages.conversation_key(user, "c") or 0

    pages = [ledger.messages.page(conversation, size=3, page=page) for page in (1, 2, 3, 4)]

    assert [[message.content[-1] for message in page] for page in pages] == [
        ["4", "5", "6"],
        ["1", "2", "3"],
        ["0"],
        [],
    ]


def test_a_repeated_key_stores_once_and_answers_alike(ledger: Ledger) -> None:
    first = put(ledger, add("once", key="k"))
    second = put(ledger, add("once", key="k"))

    assert first == second
    assert contents(ledger) == ["once"]


def test_a_key_that_comes_with_other_messages_is_refused(ledger: Ledger) -> None:
    put(ledger, add("once", key="k"))

    with pytest.raises(InvalidRequest, match="take a new key"):
        put(ledger, add("something else", key="k"))

    assert contents(ledger) == ["once"]


def test_the_same_key_of_another_user_is_another_add(ledger: Ledger) -> None:
    put(ledger, add("mine", key="k"), user_id="u")
    put(ledger, add("yours", key="k"), user_id="v")

    assert contents(ledger, user_id="v") == ["yours"]


def test_what_fails_half_way_leaves_nothing(ledger: Ledger) -> None:
    request = add("fine", "half a character: \ud83d")

    with pytest.raises(UnicodeEncodeError):
        put(ledger, request)

    assert ledger.messages.users() == {}
    assert ledger.vectors.count_after(0, limit=1) == 0


def test_an_add_opens_a_task_with_what_came_before(ledger: Ledger) -> None:
    put(ledger, add("first"))
    task_id = put(ledger, add("second", "third"))
    first = ledger.tasks.next_open(now=1)
    assert first is not None
    ledger.tasks.complete(first, MemoryViews(added=2))

    second = ledger.tasks.next_open(now=1)

    assert second is not None
    assert [source.content for source in second.messages] == ["second", "third"]
    assert [source.content for source in second.before] == ["first"]
    status = ledger.tasks.status(task_id, user=second.user)
    assert status is not None
    assert status.status == "running"


def test_a_postponed_task_is_not_due_before_its_time(ledger: Ledger) -> None:
    put(ledger, add("text"))
    task = ledger.tasks.next_open(now=1)
    assert task is not None

    ledger.tasks.postpone(task, due=100)

    assert ledger.tasks.next_open(now=99) is None
    assert ledger.tasks.next_due() == 100
    again = ledger.tasks.next_open(now=100)
    assert again is not None
    assert again.attempts == 1


def test_the_next_task_is_found_without_a_look_at_those_that_are_done(ledger: Ledger) -> None:
    put(ledger, add("done"))
    ledger.database.execute("UPDATE task SET state = 'completed'")
    ledger.database.execute(
        "WITH RECURSIVE counted (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counted WHERE n < 5000)"
        " INSERT INTO task (id, user, conversation, state) SELECT 'done ' || n, user, conversation, state"
        " FROM task JOIN counted"
    )
    put(ledger, add("open"))
    steps: list[None] = []
    with closing(sqlite3.connect(ledger.database.path, isolation_level=None)) as connection:
        connection.set_progress_handler(lambda: steps.append(None), 1)
        found = Tasks(SqliteDatabase(connection, ledger.database.path)).next_open(now=1)

    assert found is not None
    assert [message.content for message in found.messages] == ["open"]
    assert len(steps) < 5000


def memory(ledger: Ledger, *sources: int, value: str = "a value") -> int:
    draft = Draft(key="a key", value=value, sources=sources)
    return ledger.memories.add(draft, user=1, conversation=1, extractor="test-1", features=b"", keys=(), now=5)


def test_a_memory_names_its_sources(ledger: Ledger) -> None:
    put(ledger, add("one", "two"))
    seq = memory(ledger, 1, 2)

    assert ledger.memories.by_seq(1, [seq])[seq].sources == ("m1", "m2")


def test_a_removed_memory_leaves_no_trace_in_the_files(ledger: Ledger) -> None:
    put(ledger, add("one"))
    seq = memory(ledger, 1, value="an unmistakable sentence")

    ledger.removal.remove(1, memories=[seq], messages=())

    files = [path.read_bytes() for path in ledger.database.path.parent.iterdir()]
    assert not any(b"unmistakable" in content for content in files)
    assert contents(ledger) == ["one"]


def test_a_memory_learnt_since_its_messages_were_looked_up_goes_with_them(ledger: Ledger) -> None:
    put(ledger, add("one", "two"))
    alone, shared = memory(ledger, 1), memory(ledger, 1, 2)

    ledger.removal.remove(1, messages=[1], memories=())

    assert contents(ledger) == ["two"]
    assert list(ledger.memories.by_seq(1, [alone, shared])) == [shared]


def test_another_user_sees_no_memory_of_the_first(ledger: Ledger) -> None:
    put(ledger, add("one"))
    put(ledger, add("one"), user_id="v")
    seq = memory(ledger, 1)

    assert ledger.memories.by_seq(2, [seq]) == {}


def test_an_archived_memory_keeps_its_history(ledger: Ledger) -> None:
    put(ledger, add("one", "two"))
    old, new = memory(ledger, 1), memory(ledger, 2)

    ledger.changes.archive(1, old, superseded_by=new, now=9)

    assert [row.seq for row in ledger.memories.rows_after(1, 0)] == [new]
    assert ledger.memories.by_seq(1, [old])[old].status == "archived"
    assert ledger.database.number("SELECT count(*) FROM history WHERE memory = ?", (old,)) == 1


def test_forgetting_a_user_forgets_all_of_it_and_nothing_else(ledger: Ledger) -> None:
    put(ledger, add("one"))
    put(ledger, add("other"), user_id="v")
    memory(ledger, 1)

    ledger.removal.forget_user(1)

    assert ledger.messages.users() == {2: "v"}
    assert ledger.database.number("SELECT count(*) FROM memory") == 0
    assert contents(ledger, user_id="v") == ["other"]


def test_token_vectors_that_are_read_while_their_user_is_forgotten_do_not_stay_in_memory(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(ledger, add("secret words"))
    [text] = ledger.vectors.pending_after(0, 9)
    ledger.vectors.keep([(text, Embedding(np.ones(4, np.float32), np.ones((2, 64), np.int8)))])
    assert 1 in ledger.vectors.tokens("message", [1])
    ledger.vectors.forget_tokens()
    read = ledger.database.rows

    def forgotten_after_the_read(statement: str, parameters: Parameters = ()) -> Sequence[ResultRow]:
        rows = read(statement, parameters)
        if "tokens FROM message_vector" in statement:
            ledger.removal.forget_user(1)
            ledger.vectors.forget_tokens()
        return rows

    monkeypatch.setattr(ledger.database, "rows", forgotten_after_the_read)
    ledger.vectors.tokens("message", [1])
    monkeypatch.undo()

    assert ledger.vectors.tokens("message", [1]) == {}


def test_a_ledger_of_a_newer_version_is_refused_with_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite3"
    Ledger.open(path).close()
    with sqlite3.connect(path) as connection:
        connection.execute(f"PRAGMA user_version = {FORMAT + 1}")
    connection.close()

    with pytest.raises(ConfigurationError, match="newer memos-mcp.*Upgrade"):
        Ledger.open(path)


def test_a_file_that_is_no_ledger_is_refused_with_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite3"
    path.write_text("this is not a database, and is long enough to be sure of it" * 20)

    with pytest.raises(Unavailable, match="damaged.*restore"):
        Ledger.open(path)


def test_a_full_disk_is_a_sentence_and_changes_nothing(ledger: Ledger) -> None:
    put(ledger, add("before"))
    pages = ledger.database.number("PRAGMA page_count")
    ledger.database.number(f"PRAGMA max_page_count = {pages}")

    with pytest.raises(Unavailable, match="disk .* is full; nothing was stored"):
        put(ledger, AddMessage(messages=(Message(role="user", content="x" * 900_000),), conversation_id="c"))

    assert contents(ledger) == ["before"]


def test_a_path_that_is_no_folder_is_a_sentence(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")

    with pytest.raises(Unavailable, match="cannot be used.*MEMOS_DATA_DIR"):
        Ledger.open(blocked / "ledger.sqlite3")


@pytest.mark.parametrize("replaced", [False, True])
def test_a_ledger_whose_file_was_taken_away_acknowledges_nothing(ledger: Ledger, replaced: bool) -> None:
    put(ledger, add("before"))
    path = ledger.database.path
    path.rename(path.with_name("elsewhere"))
    if replaced:
        Ledger.open(path).close()

    with pytest.raises(Unavailable, match="nothing was stored"):
        put(ledger, add("after"))
