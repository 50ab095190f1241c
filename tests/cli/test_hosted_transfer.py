"""A memory moves out of the hosted service and into it, each thing once."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, closing
from pathlib import Path

import anyio
import pytest
from rich.console import Console

from memos_mcp.backends.base import MemoryBackend
from memos_mcp.backends.local.directory import LEDGER_FILE
from memos_mcp.backends.local.ledger.database import SqliteDatabase
from memos_mcp.backends.local.ledger.record_export import RecordExport
from memos_mcp.cli.commands.hosted_transfer import open_service, send_to_hosted, take_from_hosted
from memos_mcp.cli.commands.import_files import take_in
from memos_mcp.core.errors import ConfigurationError, InvalidRequest, Unavailable
from memos_mcp.core.models import AddMessage, Message
from memos_mcp.core.settings import Settings, read_settings
from tests.fakes.cloud import FakeCloud
from tests.hosted.opened import hosted
from tests.transfer.samples import jsonl

SILENT = Console(quiet=True)


@pytest.fixture
def settings(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    del data_dir
    monkeypatch.setenv("MEMOS_USER_ID", "u")
    return read_settings()


def opened(cloud: FakeCloud) -> Callable[[Settings], AbstractAsyncContextManager[MemoryBackend]]:
    return lambda _: hosted(cloud)


def take(settings: Settings, cloud: FakeCloud) -> None:
    take_from_hosted(settings, dry_run=False, console=SILENT, progress=SILENT, opened=opened(cloud))


def send(settings: Settings, cloud: FakeCloud) -> None:
    send_to_hosted(settings, user="", console=SILENT, progress=SILENT, opened=opened(cloud))


def say(cloud: FakeCloud, *contents: str, conversation_id: str) -> None:
    async def add() -> None:
        async with hosted(cloud) as backend:
            for content in contents:
                said = Message(role="user", content=content, chat_time=1_767_225_600_000)
                await backend.add_message(AddMessage(messages=(said,), conversation_id=conversation_id), user_id="u")

    anyio.run(add)


def kept(settings: Settings) -> tuple[list[str], list[str]]:
    with closing(SqliteDatabase.look(settings.data_dir / LEDGER_FILE)) as database:
        outgoing = RecordExport(database)
        messages = [f"{one.conversation_id}: {one.content} ({one.create_time})" for one in outgoing.messages()]
        return messages, [one.memory_value for one in outgoing.memories()]


def test_what_the_service_keeps_is_taken_in_once(settings: Settings) -> None:
    cloud = FakeCloud()
    say(cloud, "I row.", "I row.", conversation_id="boats")
    say(cloud, *(f"Number {number}." for number in range(53)), conversation_id="long")

    take(settings, cloud)
    first = kept(settings)
    say(cloud, "I sail too.", conversation_id="boats")
    take(settings, cloud)
    again = kept(settings)

    messages, memories = first
    assert [one for one in messages if one.startswith("boats")] == ["boats: I row. (1767225600000)"] * 2
    assert sum(one.startswith("long") for one in messages) == 50  # the service gives no more
    assert len(memories) == 55
    assert again[0] == [*messages, "boats: I sail too. (1767225600000)"]
    assert len(again[1]) == 56


def test_a_service_that_keeps_nothing_is_a_sentence(settings: Settings) -> None:
    with pytest.raises(InvalidRequest, match="keeps nothing of the user"):
        take(settings, FakeCloud())
    with pytest.raises(ConfigurationError, match="MEMOS_API_KEY"):
        open_service(settings)


def test_what_is_kept_here_is_sent_once_and_goes_on_where_it_broke_off(settings: Settings, tmp_path: Path) -> None:
    file = tmp_path / "talk.jsonl"
    said = [
        {
            "role": "user",
            "content": f"Number {number}.",
            "id": str(number),
            "time": 1_767_225_600 + number,
            "thread": "t",
        }
        for number in range(45)
    ]
    file.write_text(jsonl(*said))
    facts = tmp_path / "facts.csv"
    facts.write_text("fact,tags\nOwns a sauna,home\n")
    take_in(settings, [file, facts], console=SILENT, progress=SILENT)
    cloud = FakeCloud()
    cloud.break_next("refused", "refused", "refused")
    with pytest.raises(Unavailable):
        send(settings, cloud)

    send(settings, cloud)
    calls = len(cloud.requests)
    send(settings, cloud)

    assert [content for _, content in cloud.said("u", "table:t")] == [f"Number {number}." for number in range(45)]
    assert cloud.said("u", "table:memories") == [("user", "Owns a sauna")]
    assert len([one for one in cloud.requests[calls:] if one[0] == "add/message"]) == 0
    times = [one["create_time"] for one in cloud.users["u"].conversations["table:t"]]
    assert times[0] == "2026-01-01 00:00:00"
