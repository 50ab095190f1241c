"""What other programs wrote comes out of a store as it was said: who, what, when, in which conversation."""

import json
import zipfile
from collections.abc import AsyncIterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from memos_mcp.backends.local.backend import LocalBackend
from memos_mcp.backends.local.directory import LEDGER_FILE
from memos_mcp.backends.local.ledger.ledger import Ledger
from memos_mcp.core.errors import InvalidRequest, Unavailable
from memos_mcp.core.models import AddMessage, GetMemory, GetMessage, Message, SearchMemory, clock_text
from memos_mcp.transfer.importer import FoundInDocuments, recognise, run, survey
from memos_mcp.transfer.registry import FORMATS
from tests.local.stores import store
from tests.transfer.samples import SAMPLES, chatgpt_conversations, claude_code_lines, jsonl

TOOLS = "tool calls and their output"
ASIDE = "messages of branches left aside"
ATTACHED = "attachments, of which the names are kept"


@dataclass(frozen=True)
class Store:
    """Every sample, taken in twice, each for a user of its own; what the first survey and the second run found."""

    backend: LocalBackend
    found: dict[str, dict[str, FoundInDocuments]]
    taken: dict[str, tuple[int, int]]
    again: dict[str, tuple[int, int]]


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
async def kept(anyio_backend: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Store]:
    del anyio_backend
    folder = tmp_path_factory.mktemp("imported")
    found: dict[str, dict[str, FoundInDocuments]] = {}
    rounds: list[dict[str, tuple[int, int]]] = [{}, {}]
    with closing(Ledger.open(folder / LEDGER_FILE)) as ledger:
        for name, make in SAMPLES.items():
            recognised = recognise([make(tmp_path_factory.mktemp(name))])
            found[name] = survey(recognised, user_id=name, database=ledger.database)
            for taken in rounds:
                taken[name] = run(recognised, ledger, user_id=name, redact=True)
            (after,) = survey(recognised, user_id=name, database=ledger.database).values()
            assert (after.new_messages, after.new_memories) == (0, 0), name
    async with store(folder) as backend:
        yield Store(backend, found, *rounds)


async def said(kept: Store, user_id: str, conversation_id: str) -> list[tuple[str, str, str]]:
    request = GetMessage(conversation_id=conversation_id, message_limit_number=50)
    page = await kept.backend.get_message(request, user_id=user_id)
    return [(one.role, one.content, clock_text(one.create_time)) for one in page.message_detail_list]


async def known(kept: Store, user_id: str) -> dict[str, str]:
    """Return the memories that were imported, with their times."""
    page = await kept.backend.get_memory(GetMemory(size=50), user_id=user_id)
    return {
        one.memory_value: clock_text(one.create_time)
        for one in page.memory_detail_list
        if not one.sources or user_id == "ours"
    }


CONVERSATIONS: list[tuple[str, str, Sequence[tuple[str, str, str]]]] = [
    *(
        (
            name,
            "chatgpt:c1",
            [
                ("user", "My sister lives in Graz.", "2026-01-01 00:00:01"),
                ("assistant", "Graz is in Austria.", "2026-01-01 00:00:01"),
                ("user", "What does the otter eat?", "2026-01-01 00:01:40"),
                ("assistant", "Fish ? and crabs.", "2026-01-01 00:01:41"),
            ],
        )
        for name in ("chatgpt_zip", "chatgpt_utf16")
    ),
    (
        "chatgpt_zip",
        "chatgpt:c2",
        [("user", "I play the oboe.", "2026-01-01 20:40:00"), ("assistant", "Since when?", "2026-01-01 20:40:00")],
    ),
    (
        "claude",
        "claude:k1",
        [
            ("user", "I keep two llamas.", "2026-01-05 08:00:00"),
            ("assistant", "How old?", "2026-01-05 08:00:05"),
            ("user", "They are 4 and 7.", "2026-01-05 08:02:00"),
            ("assistant", "A fine age.", "2026-01-05 08:03:00"),
        ],
    ),
    (
        "claude_code",
        "claude-code:s1",
        [
            ("user", "The kite needs two lines.", "2026-02-01 10:00:00"),
            ("assistant", "A kite with two lines.", "2026-02-01 10:00:02"),
            ("user", "Its colour is green.", "2026-02-01 10:00:06"),
        ],
    ),
    ("claude_code", "claude-code:s2", [("user", "Paint the kite with a heron.", "2026-02-02 10:00:00")]),
    (
        "codex",
        "codex:r1",
        [
            ("user", "The boat is built of larch.", "2026-03-01 09:00:02"),
            ("assistant", "Larch lasts in water.", "2026-03-01 09:00:04"),
        ],
    ),
    (
        "gemini_cli",
        "gemini-cli:g1",
        [("user", "I bake rye bread.", "2026-04-01 10:00:01"), ("assistant", "With a starter?", "2026-04-01 10:00:03")],
    ),
    (
        "vscode",
        "vscode:v",
        [
            ("user", "The lamp takes a small bulb.", "2026-05-01 10:00:01"),
            ("assistant", "An E14, then.", "2026-05-01 10:00:04"),
        ],
    ),
    (
        "tables",
        "table:t1",
        [("user", 'I said "yes";\nthen no.', "2026-01-05 10:00:00"), ("assistant", "Which?", "2026-01-05 10:00:00")],
    ),
    (
        "tables",
        "table:talk.jsonl",
        [
            ("user", "The\x00 fox came.", "2026-01-01 00:00:00"),
            ("assistant", "Again?", "2026-01-01 00:00:00"),
            ("user", "The\x00 fox came.", "2026-01-01 00:00:00"),
        ],
    ),
    ("ours", "c", [("user", "I hike on Sundays.", "2026-01-05 10:00:00")]),
]


@pytest.mark.parametrize(("user_id", "conversation_id", "expected"), CONVERSATIONS)
async def test_a_conversation_is_kept_word_for_word_with_roles_and_times(
    kept: Store, user_id: str, conversation_id: str, expected: Sequence[tuple[str, str, str]]
) -> None:
    got = await said(kept, user_id, conversation_id)

    assert [(role, content.replace("\ufffd", "?"), time) for role, content, time in got] == list(expected)


MEMORIES: dict[str, dict[str, str]] = {
    "server_memory": {"Ada L: breeds goats": "", "Ada L works at Goat House": ""},
    "memory_service": {
        "The server room is on floor 3.": "2026-01-01 00:00:00",
        "Backups run at night.": "2026-01-01 00:00:01",
    },
    "mem0": {
        "Likes jazz": "2025-11-01 17:00:00",
        "Name is Ada": "2025-11-02 17:00:00",
        "Has a red canoe": "2025-10-01 10:00:00",
        "Collects stamps": "2025-09-01 10:00:00",
    },
    "claude": {
        "Paints signs for shops.": "",
        "Has a barn with a blue door": "",
        "Sleeps late": "",
        "Wants a logo.": "",
    },
    "markdown": {
        "Coffee: Pour over tastes best (at home)": "2026-01-02 08:00:00",
        "Coffee brewed_with Kettle": "2026-01-02 08:00:00",
        "A plain item over two lines": "2026-01-02 08:00:00",
        "Some prose about water, on two lines.": "2026-01-02 08:00:00",
        "Sister lives in Linz": "",
    },
    "tables": {"Owns a sauna": ""},
}


@pytest.mark.parametrize("user_id", MEMORIES)
async def test_memories_are_kept_each_once_with_their_times_and_without_the_deleted(kept: Store, user_id: str) -> None:
    got = await known(kept, user_id)

    assert got.keys() == MEMORIES[user_id].keys()
    assert {value: time for value, time in got.items() if MEMORIES[user_id][value]} == {
        value: time for value, time in MEMORIES[user_id].items() if time
    }


LEFT_OUT: dict[str, dict[str, int]] = {
    "chatgpt_utf16": {
        ASIDE: 1,
        "hidden messages": 2,
        TOOLS: 2,
        ATTACHED: 1,
        "parts that are no conversation": 1,
        "conversations that are not to be remembered": 1,
    },
    "claude": {
        ASIDE: 1,
        ATTACHED: 1,
        "parts that are no conversation": 2,
        "projects, with their instructions and documents": 1,
    },
    "claude_code": {TOOLS: 4, "notes of the host": 4, "messages of sub-agents": 2},
    "codex": {TOOLS: 2, "notes of the host": 2},
    "server_memory": {"empty memories": 1, "lines that are no entity or relation": 1},
    "memory_service": {"deleted memories": 1, "empty memories": 1},
    "mem0": {"deleted memories": 3},
    "markdown": {"blocks of code": 1, "tasks of lists": 1},
    "tables": {"empty messages": 1, 'messages of a role "narrator"': 1, "lines that are no JSON object": 1},
}


def test_every_format_has_a_sample(kept: Store) -> None:
    assert {title for found in kept.found.values() for title in found} == {one.title for one in FORMATS}


@pytest.mark.parametrize("sample", LEFT_OUT)
def test_what_is_left_out_is_counted(kept: Store, sample: str) -> None:
    (found,) = kept.found[sample].values()

    assert dict(found.left_out) == LEFT_OUT[sample]


@pytest.mark.parametrize("sample", SAMPLES)
def test_the_survey_says_how_much_is_new_and_a_second_run_takes_nothing(kept: Store, sample: str) -> None:
    (found,) = kept.found[sample].values()

    assert (found.new_messages, found.new_memories) == kept.taken[sample]
    assert sum(kept.taken[sample]) > 0
    assert kept.again[sample] == (0, 0)


@pytest.mark.parametrize(
    ("user_id", "query", "expected"),
    [
        ("chatgpt_zip", "Where does my sister live?", "My sister lives in Graz."),
        ("claude", "What blue door is there?", "Has a barn with a blue door"),
        ("claude_code", "What is painted on the kite?", "Paint the kite with a heron."),
        ("codex", "Which wood is the boat of?", "The boat is built of larch."),
        ("gemini_cli", "Which bread do I bake?", "I bake rye bread."),
        ("server_memory", "Who breeds goats?", "Ada L: breeds goats"),
        ("memory_service", "On which floor is the server room?", "The server room is on floor 3."),
        ("mem0", "Which canoe is there?", "Has a red canoe"),
        ("markdown", "Where does the sister live?", "Sister lives in Linz"),
        ("tables", "Is there a sauna?", "Owns a sauna"),
        ("ours", "When do I hike?", "I hike on Sundays."),
    ],
)
async def test_a_search_finds_it(kept: Store, user_id: str, query: str, expected: str) -> None:
    request = SearchMemory(query=query, relativity=0, memory_limit_number=3, message_limit_number=3)

    found = await kept.backend.search_memory(request, user_id=user_id)

    texts = [one.content for one in found.message_detail_list] + [one.memory_value for one in found.memory_detail_list]
    assert expected in texts


async def test_titles_attachments_and_tags_go_along(kept: Store) -> None:
    conversations = {"chatgpt_zip": ("Trip", ["sediment://file_1"]), "claude": ("Llamas", ["notes.txt"])}
    for user_id, (title, attached) in conversations.items():
        user = kept.backend.ledger.messages.user_key(user_id)
        rows = kept.backend.ledger.database.rows("SELECT info FROM message WHERE user = ?", (user,))
        told = " ".join(row["info"] for row in rows)
        assert f'"title": "{title}"' in told
        assert attached[0] in told
    page = await kept.backend.get_memory(GetMemory(size=50), user_id="markdown")
    tags = {one.memory_value: one.tags for one in page.memory_detail_list}
    assert tags["Coffee: Pour over tastes best (at home)"] == ("drinks", "morning", "filter", "method")


@pytest.mark.parametrize(
    "content",
    [
        (
            '[{"role": "user", "content": "I mend clocks.", "time": "2026-01-05T10:00:00+01:00"}, null,'
            ' {"role": "user"}, {"role": "assistant", "content": "Of which age?"}]'
        ),
        "role,content,time\nuser,I mend clocks.,2026-01-05T09:00:00Z\nassistant,Of which age?,\n",
        "Role\tContent\tTimestamp\nhuman\tI mend clocks.\t1767603600\nai\tOf which age?\t\n",
        (
            '{"role": "user", "content": [{"type": "text", "text": "I mend clocks."}], "time": 1767603600000}\r\n\r\n'
            '{"sender": "assistant", "role": "assistant", "text": "Of which age?"}\r\n'
        ),
    ],
    ids=["JSON list", "commas", "tabs", "JSON lines"],
)
def test_a_table_has_any_of_its_forms_and_a_message_without_a_time_that_of_the_one_before(
    tmp_path: Path, content: str
) -> None:
    (tmp_path / "talk").write_text(content, encoding="utf-8", newline="")
    with closing(Ledger.open(tmp_path / LEDGER_FILE)) as ledger:
        assert run(recognise([tmp_path / "talk"]), ledger, user_id="u", redact=True) == (2, 0)
        rows = ledger.database.rows("SELECT role, content, create_time FROM message ORDER BY seq", ())

    assert [tuple(row) for row in rows] == [
        ("user", "I mend clocks.", 1767603600000),
        ("assistant", "Of which age?", 1767603600000),
    ]


def test_what_a_hook_has_kept_of_a_session_is_not_taken_again(tmp_path: Path) -> None:
    (tmp_path / "s.jsonl").write_text(jsonl(*claude_code_lines()), encoding="utf-8")
    with closing(Ledger.open(tmp_path / LEDGER_FILE)) as ledger:
        request = AddMessage(
            messages=(Message(role="user", content="The kite needs two lines."),),
            conversation_id="claude-code:s1",
            key="claude-code:l1",
        )
        ledger.messages.add(request, user_id="u", features=[b""], now=1)

        assert run(recognise([tmp_path / "s.jsonl"]), ledger, user_id="u", redact=True) == (2, 0)


def test_an_import_that_was_ended_is_taken_up_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("memos_mcp.transfer.importer.AT_ONCE", 2)
    lines = [{"role": "user", "content": f"Number {number}.", "id": str(number)} for number in range(7)]
    (tmp_path / "t.jsonl").write_text(jsonl(*lines), encoding="utf-8")
    recognised = recognise([tmp_path / "t.jsonl"])
    with closing(Ledger.open(tmp_path / LEDGER_FILE)) as ledger:
        database = ledger.database
        database.execute(
            "CREATE TEMP TRIGGER stop BEFORE INSERT ON main.message WHEN NEW.content = 'Number 5.'"
            " BEGIN SELECT RAISE(ABORT, 'ended'); END"
        )
        with pytest.raises(Unavailable, match="ended"):
            run(recognised, ledger, user_id="u", redact=False)
        assert database.number("SELECT count(*) FROM message") == 4
        database.execute("DROP TRIGGER stop")

        assert run(recognised, ledger, user_id="u", redact=False) == (3, 0)
        assert database.number("SELECT count(*) FROM message") == 7


def test_a_memory_that_was_deleted_does_not_come_back(tmp_path: Path) -> None:
    recognised = recognise([SAMPLES["server_memory"](tmp_path)])
    with closing(Ledger.open(tmp_path / LEDGER_FILE)) as ledger:
        assert run(recognised, ledger, user_id="u", redact=False) == (0, 2)
        ledger.database.execute("DELETE FROM memory")

        assert run(recognised, ledger, user_id="u", redact=False) == (0, 0)


@pytest.mark.parametrize(
    "content",
    [b"\x89PNG\r\n\x1a\n" + b"\x00" * 50, b'{"some": "thing"}', b"[1, 2, 3]", b"just words", b"PK\x03\x04rest"],
)
def test_what_is_not_recognised_is_refused_with_the_list_of_what_is(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "conversations.json"
    path.write_bytes(content)

    with pytest.raises(InvalidRequest, match="nothing was changed") as refused:
        recognise([path])

    assert "export of ChatGPT" in str(refused.value) or "archive" in str(refused.value)


def test_an_archive_that_unpacks_to_far_more_than_it_is_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("conversations.json", b" " * 30_000_000)

    with pytest.raises(InvalidRequest, match="unpacks to more"):
        recognise([tmp_path / "bomb.zip"])


def test_a_file_that_breaks_off_gives_what_came_before(tmp_path: Path) -> None:

    (tmp_path / "c.json").write_text(json.dumps(chatgpt_conversations())[:-400], encoding="utf-8")
    with closing(Ledger.open(tmp_path / LEDGER_FILE)) as ledger:
        assert run(recognise([tmp_path / "c.json"]), ledger, user_id="u", redact=False)[0] == 4
