"""What is exported can be read, and taken in elsewhere: word for word, each thing once."""

import json
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rich.console import Console

from memos_mcp.backends.local.directory import LEDGER_FILE
from memos_mcp.backends.local.ledger.ledger import Ledger
from memos_mcp.backends.local.ledger.record_export import RecordExport
from memos_mcp.backends.local.ledger.record_import import RecordImport
from memos_mcp.backends.local.ledger.records import MemoryRecord, MessageRecord
from memos_mcp.cli.commands.export import export
from memos_mcp.cli.commands.import_files import take_in
from memos_mcp.core.errors import InvalidRequest
from memos_mcp.core.models import DeleteMemory, GetMemory, SearchMemory
from memos_mcp.core.settings import read_settings
from tests.cli.machine import front, memos, nearest, said, say
from tests.local.stores import store

SILENT = Console(quiet=True)
Json = dict[str, Any]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "memories.jsonl"


@pytest.fixture
def elsewhere(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], Path]:
    """Go to another machine with an empty store."""

    def go() -> Path:
        memos("stop")
        folder = data_dir.with_name("elsewhere")
        monkeypatch.setenv("MEMOS_DATA_DIR", str(folder))
        return folder

    return go


def exported(data_dir: Path, file: Path, *, user_id: str = "") -> list[Json]:
    asked = read_settings({"MEMOS_DATA_DIR": str(data_dir)})
    export(asked, file, user_id=user_id, force=True, console=SILENT, progress=SILENT)
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


async def imported(file: Path) -> None:
    await anyio.to_thread.run_sync(lambda: take_in(read_settings(), [file], console=SILENT, progress=SILENT))


def written(file: Path, *records: Json) -> Path:
    file.write_text("\n".join(json.dumps(record) for record in records), encoding="utf-8")
    return file


def without_names(records: list[Json]) -> list[Json]:
    """Leave out what each store numbers by itself."""
    return [
        {
            name: value
            for name, value in record.items()
            if name not in {"id", "sources", "superseded_by", "corrected_by"}
        }
        for record in records
    ]


async def test_a_store_moves_to_another_machine_whole(
    data_dir: Path, file: Path, elsewhere: Callable[[], Path]
) -> None:
    async with front(data_dir) as backend:
        await say(backend, "I prefer window seats.", "My cat is called Mia.")
        await say(backend, "我喜欢喝茶。", conversation_id="c2", user_id="li")
        before = exported(data_dir, file)
    folder = elsewhere()

    made = memos("import", str(file))

    assert made.returncode == 0, made.stderr
    assert "Imported 3 messages" in made.stdout
    async with front(folder) as backend:
        assert await said(backend) == ["I prefer window seats.", "My cat is called Mia."]
        assert await said(backend, "c2", user_id="li") == ["我喜欢喝茶。"]
        assert await nearest(backend, "What is the cat's name?") == "My cat is called Mia."
        known = await backend.get_memory(GetMemory(), user_id="u")
        found = await backend.search_memory(SearchMemory(query="Where to sit?", relativity=0), user_id="u")
    assert known.total == sum(record["kind"] == "memory" and record["user_id"] == "u" for record in before)
    assert found.preference_detail_list or found.memory_detail_list
    assert all(memory.sources for memory in known.memory_detail_list)
    assert without_names(exported(folder, file)) == without_names(before)
    memos("stop")


async def test_importing_twice_or_into_its_own_store_changes_nothing(data_dir: Path, file: Path) -> None:
    async with front(data_dir) as backend:
        await say(backend, "I prefer window seats.", "My cat is called Mia.", "My cat is called Mia.")
        before = exported(data_dir, file)

        await imported(file)
        await imported(file)

        assert exported(data_dir, file) == before
        assert len(await said(backend)) == 3


async def test_what_was_deleted_since_stays_deleted(data_dir: Path, file: Path) -> None:
    async with front(data_dir) as backend:
        await say(backend, "I prefer window seats.", "My cat is called Mia.")
        exported(data_dir, file)
        known = await backend.get_memory(GetMemory(), user_id="u")
        everything = [one.id for one in (*known.memory_detail_list, *known.preference_detail_list)]
        await backend.delete_memory(DeleteMemory(memory_ids=tuple(everything)), user_id="u")

        await imported(file)

        assert (await backend.get_memory(GetMemory(), user_id="u")).total == 0


async def test_one_user_can_be_exported_alone(data_dir: Path, file: Path) -> None:
    async with store(data_dir) as backend:
        await say(backend, "I prefer window seats.")
        await say(backend, "My dog is called Rex.", user_id="bob")

    records = exported(data_dir, file, user_id="bob")

    assert {record["user_id"] for record in records} == {"bob"}
    assert records[0]["content"] == "My dog is called Rex."
    with pytest.raises(InvalidRequest, match="nobody"):
        exported(data_dir, file, user_id="nobody")
    if os.name != "nt":
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


async def test_a_file_written_by_hand_is_taken_in_and_learnt_from(data_dir: Path, file: Path) -> None:
    line = {"kind": "message", "user_id": "u", "conversation_id": "c", "role": "user", "content": "I love herons."}
    written(file, line, line, {**line, "content": "I live in Porto.", "create_time": "2024-05-01 10:00:00"})

    await imported(file)
    await imported(file)

    async with store(data_dir) as backend:
        assert await said(backend) == ["I love herons.", "I love herons.", "I live in Porto."]
        with anyio.fail_after(60):
            while (await backend.get_memory(GetMemory(), user_id="u")).total < 2:
                await anyio.sleep(0.1)


async def test_an_add_of_another_user_with_the_same_task_is_not_mistaken(data_dir: Path, file: Path) -> None:
    async with front(data_dir) as backend:
        await say(backend, "I prefer window seats.")
        records = exported(data_dir, file)
        written(file, *({**record, "user_id": "copy"} for record in records))

        await imported(file)
        await imported(file)

        assert await said(backend, user_id="copy") == ["I prefer window seats."]
        assert await said(backend) == ["I prefer window seats."]


async def test_a_secret_is_not_taken_in_unless_it_may_be(
    data_dir: Path, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = "sk-proj-" + "a1B2" * 8
    line = {"kind": "message", "user_id": "u", "conversation_id": "c", "role": "user", "content": f"It is {secret}."}
    written(file, line)

    await imported(file)

    assert secret not in str(exported(data_dir, file))
    monkeypatch.setenv("MEMOS_SECRETS", "keep")
    await imported(written(file, line))
    assert secret in str(exported(data_dir, file))


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("no json", "line 2"),
        ("[]", "line 2"),
        ('{"kind": "message"}', "line 2"),
        ('{"kind": "song", "user_id": "u"}', "line 2"),
        ('{"kind": "message", "user_id": "", "conversation_id": "c", "role": "user", "content": "x"}', "user_id"),
        ('{"kind": "message", "user_id": "u", "conversation_id": "c", "role": "king", "content": "x"}', "role"),
        ('{"kind": "message", "user_id": "u", "conversation_id": "c", "role": "user", "content": ""}', "empty"),
        ('{"kind": "message", "user_id": "u", "conversation_id": "c", "role": "user", "content": "\\ud83d"}', "line 2"),
        ('{"kind": "memory", "user_id": "u\\u0000", "conversation_id": "c", "memory_value": "x"}', "user_id"),
        ('{"kind": "message", "user_id": "u", "conversation_id": "c", "role": "user", "content": "%s"}', "1,000,001"),
    ],
)
def test_a_line_that_makes_no_sense_is_named_and_nothing_is_taken(
    data_dir: Path, file: Path, line: str, sentence: str
) -> None:
    good = {"kind": "message", "user_id": "u", "conversation_id": "c", "role": "user", "content": "x"}
    file.write_text(json.dumps(good) + "\n" + line.replace("%s", "x" * 1_000_001))

    with pytest.raises(InvalidRequest, match="Nothing was changed") as refused:
        take_in(read_settings(), [file], console=SILENT, progress=SILENT)

    assert "line 2" in str(refused.value)
    assert sentence in str(refused.value)
    assert len(str(refused.value)) < 1000
    assert not data_dir.exists()


async def test_an_export_for_people_has_a_file_a_conversation(data_dir: Path, tmp_path: Path) -> None:
    async with store(data_dir) as backend:
        await say(backend, "I prefer window seats.", "My cat is called\nMia.")
        await say(backend, "我喜欢喝茶。", conversation_id="a/b: c", user_id="li")
    folder = tmp_path / "notes"

    made = memos("export", str(folder), "--format", "markdown")

    assert made.returncode == 0, made.stderr
    files = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.md"))
    assert len(files) == 4
    assert {"u/c.md", "u/memories.md", "li/memories.md"} < set(files)
    page = (folder / "u" / "c.md").read_text(encoding="utf-8")
    assert page.startswith("# c\n\n## user, 20")
    assert "I prefer window seats.\n\n## user" in page
    assert "My cat is called\nMia." in page
    assert "window seats" in (folder / "u" / "memories.md").read_text(encoding="utf-8")
    assert "is not empty" in memos("export", str(folder), "--format", "markdown").stderr
    assert memos("export", str(folder), "--format", "markdown", "--force").returncode == 0
    assert (folder / "u" / "c.md").read_text(encoding="utf-8") == page


async def test_an_export_to_standard_output_can_be_piped(data_dir: Path) -> None:
    async with store(data_dir) as backend:
        await say(backend, "I prefer window seats.")

    made = memos("export", "-")

    records = [json.loads(line) for line in made.stdout.splitlines()]
    assert records[0]["content"] == "I prefer window seats."
    assert "Exported 1 message and 1 memory to standard output." in made.stderr


def test_an_import_says_what_it_found_before_it_takes_it(data_dir: Path, tmp_path: Path) -> None:
    facts = tmp_path / "facts.csv"
    facts.write_text("fact,tags\nOwns a sauna,home\n,home\n")
    (tmp_path / "photo.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(50))

    looked = memos("import", "--dry-run", str(tmp_path))

    assert looked.returncode == 0, looked.stderr
    assert "1 memory" in looked.stdout
    assert "1 new" in looked.stdout
    assert "Left out: empty messages: 1." in looked.stdout
    assert "Not recognised: 1 file (photo.png)" in looked.stdout
    assert not (data_dir / LEDGER_FILE).exists()
    assert "Imported 0 messages and 1 memory" in memos("import", str(tmp_path)).stdout
    assert "0 new" in memos("import", "--dry-run", str(tmp_path)).stdout
    assert "What is recognised: " in memos("import", str(tmp_path / "photo.png")).stderr


def test_a_file_that_is_not_there_or_empty_is_a_sentence(data_dir: Path, file: Path) -> None:
    assert "There is no file" in memos("import", str(file)).stderr
    file.write_text("\n\n")
    assert "is empty" in memos("import", str(file)).stderr
    assert not data_dir.exists()


TEXTS = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=40)
RECORDS = st.lists(st.tuples(st.sampled_from(["u", "v"]), st.sampled_from(["a", "b"]), TEXTS, TEXTS), max_size=8)


@given(RECORDS)
@settings(max_examples=30, suppress_health_check=list(HealthCheck))
def test_any_text_comes_out_as_it_went_in(tmp_path: Path, told: list[tuple[str, str, str, str]]) -> None:
    (tmp_path / LEDGER_FILE).unlink(missing_ok=True)
    ledger = Ledger.open(tmp_path / LEDGER_FILE)
    try:
        for _ in range(2):
            incoming = RecordImport(ledger, keys=lambda _: set(), now=1)
            for number, (user, conversation, content, value) in enumerate(told):
                place = {"user_id": user, "conversation_id": conversation}
                message = {"id": f"m{number}", "task_id": f"t{number}", "role": "user", "content": content}
                incoming.take(MessageRecord.model_validate(place | message))
                incoming.take(MemoryRecord.model_validate(place | {"memory_value": value, "sources": [f"m{number}"]}))
            incoming.finish()
        everything = RecordExport(ledger.database)
        assert [(one.user_id, one.conversation_id, one.content) for one in everything.messages()] == [
            (user, conversation, content) for user, conversation, content, _ in told
        ]
        assert [one.memory_value for one in everything.memories()] == [value for *_, value in told]
    finally:
        ledger.close()


def nested(depth: int) -> Json:
    info: Json = {"a": 1}
    for _ in range(depth - 1):
        info = {"a": info}
    return info


async def test_info_as_deep_as_an_add_takes_comes_in_and_out_and_what_is_deeper_does_not(
    data_dir: Path, file: Path, elsewhere: Callable[[], Path]
) -> None:
    line = {"kind": "message", "user_id": "u", "conversation_id": "c", "role": "user", "content": "I love herons."}
    await imported(written(file, {**line, "info": nested(50)}))
    before = exported(data_dir, file)
    folder = elsewhere()

    await imported(file)

    assert before[0]["info"] == nested(50)
    assert without_names(exported(folder, file)) == without_names(before)
    with pytest.raises(InvalidRequest, match="nested deeper than 50"):
        await imported(written(file, {**line, "info": nested(51)}))
    memos("stop")
