"""Moving a memory out of the hosted service and into it: `import --from hosted`, `export --to hosted`."""

import itertools
import json
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any, Final, TypeVar

import anyio
from rich.console import Console

from memos_mcp.backends.base import MemoryBackend
from memos_mcp.backends.local.ledger.memories import memory_seq
from memos_mcp.backends.local.ledger.messages import message_seq
from memos_mcp.backends.local.ledger.record_export import RecordExport
from memos_mcp.backends.local.ledger.records import MemoryRecord, MessageRecord
from memos_mcp.cli.commands.import_files import take_in
from memos_mcp.cli.commands.own_ledger import database_to_read
from memos_mcp.cli.printing import bar, counted, say
from memos_mcp.core.errors import ConfigurationError, InvalidRequest, NotFound
from memos_mcp.core.models import (
    AddMessage,
    ConversationPage,
    GetConversation,
    GetMemory,
    GetMessage,
    Memory,
    MemoryPage,
    Message,
    MessagePage,
    Preference,
    StoredMessage,
)
from memos_mcp.core.perspective import bare
from memos_mcp.core.settings import Settings
from memos_mcp.transfer.record_builder import digest

Page = TypeVar("Page", ConversationPage, MemoryPage, MessagePage)
Open = Callable[[Settings], AbstractAsyncContextManager[MemoryBackend]]

PAGE: Final = 50
"""The most that the service gives, of memories or of messages, at a time; of a conversation it gives no more at all."""

TOGETHER: Final = 20
"""Messages of a conversation that are sent in one call."""

_MEMORIES: Final = "memories"


def open_service(settings: Settings) -> AbstractAsyncContextManager[MemoryBackend]:
    """Open the service that the settings name, without keeping anything for later."""
    from memos_mcp.backends.hosted.connect import open_hosted  # noqa: PLC0415 - the local store needs no httpx

    key = settings.api_key.get_secret_value()
    if not key and settings.spoken == "cloud":
        raise ConfigurationError("The hosted service needs a key: set MEMOS_API_KEY, then repeat the command.")
    return open_hosted(str(settings.base_url), key, data_dir=None, dialect=settings.spoken)


def take_from_hosted(
    settings: Settings, *, dry_run: bool, console: Console, progress: Console, opened: Open = open_service
) -> None:
    """Take in what the service keeps of the user: memories, and of each conversation what it still gives."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "hosted.jsonl"
        with progress.status("Fetching from the service"):
            cut = anyio.run(_fetch, settings, file, opened)
        if not file.stat().st_size:
            raise InvalidRequest(f'The service keeps nothing of the user "{settings.user_id}"; nothing was changed.')
        take_in(settings, [file], dry_run=dry_run, console=console, progress=progress)
    if cut:
        told = f"Of {counted(cut, 'conversation')} the service gives the last {PAGE} messages and no earlier ones."
        say(console, told)


async def _fetch(settings: Settings, file: Path, opened: Open) -> int:
    """Write everything as records; say how many conversations may be longer than what the service gives."""
    cut = 0
    user_id = settings.user_id
    with file.open("w", encoding="utf-8") as lines:
        async with opened(settings) as backend:
            async for listed in _pages(
                lambda page: backend.get_conversation(GetConversation(size=PAGE, page=page), user_id=user_id)
            ):
                for name in [one.conversation_id for one in listed.conversation_detail_list]:
                    messages, is_cut = await _messages(backend, name, user_id)
                    cut += is_cut
                    lines.writelines(json.dumps(one) + "\n" for one in _message_records(messages, name, user_id))
            async for known in _pages(
                lambda page: backend.get_memory(GetMemory(size=PAGE, page=page), user_id=user_id)
            ):
                for memory in (*known.memory_detail_list, *known.preference_detail_list):
                    lines.write(json.dumps(_memory_record(memory, user_id)) + "\n")
    return cut


async def _pages(read: Callable[[int], Awaitable[Page]]) -> AsyncIterator[Page]:
    page = pages = 1
    while page <= pages:
        found = await read(page)
        yield found
        page, pages = page + 1, found.pages


async def _messages(backend: MemoryBackend, conversation_id: str, user_id: str) -> tuple[list[StoredMessage], bool]:
    """Read a conversation as far as the service gives it, and say whether there may be more."""
    asked = GetMessage(conversation_id=conversation_id, message_limit_number=PAGE)
    said: list[StoredMessage] = []
    pages = 0
    try:
        async for found in _pages(
            lambda page: backend.get_message(asked.model_copy(update={"page": page}), user_id=user_id)
        ):
            said, pages = [*found.message_detail_list, *said], found.pages
    except NotFound:  # a memory speaks of it, and it is gone
        return said, False
    return said, pages == 1 and len(said) == PAGE


def _message_records(messages: Sequence[StoredMessage], conversation_id: str, user_id: str) -> Iterator[dict[str, Any]]:
    said: Counter[str] = Counter()
    for one in messages:
        name = digest(user_id, conversation_id, one.role, one.content, str(one.create_time))
        said[name] += 1
        record = MessageRecord(
            user_id=user_id,
            conversation_id=conversation_id,
            task_id=f"hosted:{name}-{said[name]}",
            task_status="completed",  # its memories come by themselves
            role=one.role,
            content=one.content,
            create_time=one.create_time or None,
            info={},
        )
        yield record.model_dump(mode="json")


def _memory_record(one: Memory | Preference, user_id: str) -> dict[str, Any]:
    shared = one.model_dump(mode="json", include={"conversation_id", "status", "create_time", "update_time"})
    if isinstance(one, Memory):
        names = {"memory_key", "memory_value", "confidence", "tags", "memory_time", "time_grain"}
        told: dict[str, Any] = one.model_dump(mode="json", include=names)
    else:
        told = one.model_dump(mode="json", include={"preference_type", "reasoning"}) | {"memory_value": one.preference}
    identity = f"hosted:{digest(user_id, one.id)}"
    return {"kind": "memory", "user_id": user_id, "task_id": identity, "extractor": "hosted", **shared, **told}


def send_to_hosted(
    settings: Settings, *, user: str, console: Console, progress: Console, opened: Open = open_service
) -> None:
    """Send what is kept here to the service, from where the last time ended; it learns its own memories from it.

    Memories that have no message here, such as imported ones, are sent as what the user said.
    """
    sent = _Sent(settings)
    with database_to_read(settings) as database, bar("Sending", progress) as report:
        if database is None:
            raise InvalidRequest(f"Nothing is kept in {settings.data_dir}, so there is nothing to export.")
        outgoing = RecordExport(database, user_id=user)
        total = outgoing.count()
        new = itertools.chain(
            (one for one in outgoing.messages() if (message_seq(one.id) or 0) > sent.message),
            (one for one in outgoing.memories() if not one.sources and (memory_seq(one.id) or 0) > sent.memory),
        )

        def note(count: int) -> None:
            report(count, total)

        done = anyio.run(_send, settings, _calls(new), sent, note, opened)
    told = f"Sent {counted(done, 'message or memory', 'messages and memories')}; what was sent before was left out."
    say(console, told)


class _Sent:
    """How far the messages and memories of this store were sent to a service."""

    def __init__(self, settings: Settings) -> None:
        account = digest(str(settings.base_url), settings.api_key.get_secret_value())
        self._file = settings.data_dir / f"sent-{account[:12]}.json"
        told: dict[str, int] = json.loads(self._file.read_text("utf-8")) if self._file.exists() else {}
        self.message, self.memory = told.get("message", 0), told.get("memory", 0)

    def note(self, record: MessageRecord | MemoryRecord) -> None:
        if isinstance(record, MessageRecord):
            self.message = max(self.message, message_seq(record.id) or 0)
        else:
            self.memory = max(self.memory, memory_seq(record.id) or 0)
        self._file.write_text(json.dumps({"message": self.message, "memory": self.memory}), "utf-8")


Call = tuple[Sequence[MessageRecord | MemoryRecord], AddMessage]


def _calls(records: Iterable[MessageRecord | MemoryRecord]) -> Iterator[Call]:
    """Put neighbours of one conversation together to calls."""
    for _, group in itertools.groupby(
        records, key=lambda one: (one.kind, one.user_id, one.conversation_id, one.app_id)
    ):
        together = list(group)
        for start in range(0, len(together), TOGETHER):
            part = together[start : start + TOGETHER]
            yield part, _request(part)


def _request(records: Sequence[MessageRecord | MemoryRecord]) -> AddMessage:
    first = records[0]
    return AddMessage(
        messages=tuple(
            Message(role=one.role, content=one.content, chat_time=one.create_time)
            if isinstance(one, MessageRecord)
            else Message(role="user", content=bare(one.memory_value), chat_time=one.create_time)
            for one in records
        ),
        conversation_id=first.conversation_id or _MEMORIES,
        app_id=first.app_id,
        key=digest(first.user_id, first.kind, records[0].id, records[-1].id),
    )


async def _send(
    settings: Settings, calls: Iterable[Call], sent: _Sent, report: Callable[[int], None], opened: Open
) -> int:
    done = 0
    async with opened(settings) as backend:
        for records, request in calls:
            await backend.add_message(request, user_id=records[0].user_id)
            sent.note(records[-1])
            done += len(records)
            report(done)
    return done
