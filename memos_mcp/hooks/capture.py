"""Keeping what was said in a session: from its transcript, from where the last time ended, each message once."""

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final, cast

import anyio
import anyio.to_thread

from memos_mcp.backends.base import MemoryBackend
from memos_mcp.backends.local.ledger.records import MessageRecord
from memos_mcp.core.models import AddMessage, Message
from memos_mcp.hooks.events import Event
from memos_mcp.hooks.private_text import without_private
from memos_mcp.relay.jsonrpc import mapping
from memos_mcp.transfer.documents import Document, unread
from memos_mcp.transfer.record_builder import LeftOut, Origin, digest, elements, text
from memos_mcp.transfer.transcripts import Transcript, Utterance, parsed

FOLDER: Final = "hooks"
RECENT: Final = 40
"""Messages of a transcript that are known again when the host tells of one of them."""

FORGOTTEN_AFTER: Final = 60 * 86_400
"""Seconds after which it is forgotten how far a transcript was read; what was kept is known by its key."""

_PART: Final = 20
"""Characters from which on a text is held for a part of another that has it within."""

Redact = Callable[[str], tuple[str, int]]


@dataclass(frozen=True, slots=True)
class TranscriptPosition:
    """How far a transcript was read (bytes or, where it is one object, messages), and marks of what it had last.

    `loose` are marks of what was kept before the transcript had it.
    """

    offset: int = 0
    recent: tuple[str, ...] = ()
    loose: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Keeping:
    """Whose memory it is kept in, and how secrets are taken out."""

    backend: MemoryBackend
    user_id: str
    redact: Redact | None

    async def add(self, said: Sequence[Utterance], event: Event) -> None:
        """Add messages, each with the key that makes it one however often it comes."""
        origin = Origin(event.source, self.user_id)
        for one in said:
            content = without_private(one.content).strip()
            content = self.redact(content)[0] if self.redact is not None else content
            record = origin.message(
                one.role, content, identity=one.id, conversation=event.session, time=one.time, app_id=event.project
            )
            if isinstance(record, MessageRecord):
                await self.backend.add_message(_request(record), user_id=self.user_id)


def _request(record: MessageRecord) -> AddMessage:
    message = Message(role=record.role, content=record.content, chat_time=record.create_time)
    return AddMessage(
        messages=(message,),
        conversation_id=record.conversation_id,
        app_id=record.app_id,
        info=record.info,
        key=record.task_id,
    )


class Keeper:
    """Keeps what hooks tell of, one event at a time."""

    def __init__(self, data_dir: Path) -> None:
        """Take the data directory, where it is noted how far each transcript was read."""
        self._folder = data_dir / FOLDER
        self._lock = anyio.Lock()

    async def keep(self, event: Event, keeping: Keeping, *, is_last: bool) -> bool:
        """Keep what was said since the last time; say whether all that the event tells of is among it.

        A transcript may be late with what its host has told already: with `is_last`, that is kept as the host told it.

        Raises:
            MemosError: the memory cannot be used; the next hook begins where this one did.
        """
        async with self._lock:
            reader = event.reader() if event.transcript else None
            if reader is None:
                await keeping.add(_told(event), event)
                return True
            return await self._read_on(event, reader, keeping, is_last=is_last)

    async def _read_on(self, event: Event, reader: Transcript, keeping: Keeping, *, is_last: bool) -> bool:
        note = self._folder / f"{digest(event.transcript)}.json"
        place = await anyio.to_thread.run_sync(_read_place, note)
        said, offset = await anyio.to_thread.run_sync(partial(_new_in, Path(event.transcript), reader, place.offset))
        await keeping.add([one for one in said if _mark(one.content) not in place.loose], event)
        missing = [one for one in _told(event) if not _is_among(one, said, place)] if event.kind == "turn" else []
        if is_last:
            await keeping.add(missing, event)
        marks = [_mark(one.content) for one in said]
        kept = [*(one for one in place.loose if one not in marks), *(_mark(one.content) for one in missing if is_last)]
        now = TranscriptPosition(offset, (*place.recent, *marks)[-RECENT:], tuple(kept)[-RECENT:])
        await anyio.to_thread.run_sync(_write_place, note, now)
        return is_last or not missing


def _told(event: Event) -> list[Utterance]:
    """Return what the event itself tells of; by turn and text, it is the same each time."""
    said = [("user", event.prompt)] if event.kind in ("prompt", "turn") else []
    said += [("assistant", event.reply)] if event.kind == "turn" else []
    return [
        Utterance(digest(event.session, event.turn, role, content), role, content, None)
        for role, content in said
        if content.strip()
    ]


def _is_among(told: Utterance, said: Sequence[Utterance], place: TranscriptPosition) -> bool:
    """Say whether a transcript has what the host tells of; a host may tell several messages as one."""
    if _mark(told.content) in (*place.recent, *place.loose):
        return True
    whole = _plain(told.content)
    for one in said:
        part = _plain(one.content)
        if one.role == told.role and (part == whole or (len(part) >= _PART and part in whole) or whole in part):
            return True
    return False


def _plain(content: str) -> str:
    return " ".join(content.split())


def _mark(content: str) -> str:
    return digest(_plain(content))


def _new_in(transcript: Path, reader: Transcript, offset: int) -> tuple[list[Utterance], int]:
    """Read on in a transcript; a line that is not whole yet is left to the next time."""
    try:
        size = transcript.stat().st_size
    except OSError:
        return [], offset
    if transcript.suffix == ".json":
        return _new_in_object(transcript, reader, offset, size)
    said: list[Utterance] = []
    with transcript.open("rb") as lines:
        lines.seek(offset if offset <= size else 0)
        place = lines.tell()
        for line in lines:
            if not line.endswith(b"\n"):
                break
            place += len(line)
            found = reader.take(parsed(line.decode("utf-8", "replace")))
            if isinstance(found, Utterance):
                said.append(found)
    return said, place


def _new_in_object(transcript: Path, reader: Transcript, offset: int, size: int) -> tuple[list[Utterance], int]:
    """Read a transcript that is one object, written anew each time; `offset` counts the messages known."""
    document = Document(transcript.name, size, lambda: transcript.open("rb"))
    messages = [
        mapping(one) for one in elements(document, "messages.item", on_read=unread) if not isinstance(one, LeftOut)
    ]
    found = [reader.take(message) for message in messages][offset if offset <= len(messages) else 0 :]
    return [one for one in found if isinstance(one, Utterance)], len(messages)


def _read_place(note: Path) -> TranscriptPosition:
    try:
        told = parsed(note.read_text(encoding="utf-8"))
    except OSError:
        return TranscriptPosition()
    offset = told.get("offset")
    return TranscriptPosition(
        offset if isinstance(offset, int) else 0, _texts(told.get("recent")), _texts(told.get("loose"))
    )


def _texts(value: object) -> tuple[str, ...]:
    return tuple(map(text, cast("list[object]", value))) if isinstance(value, list) else ()


def _write_place(note: Path, place: TranscriptPosition) -> None:
    note.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = note.with_suffix(".part")
    told = {"offset": place.offset, "recent": place.recent, "loose": place.loose}
    part.write_text(json.dumps(told), encoding="utf-8")
    part.replace(note)
    for other in note.parent.glob("*.json"):
        if time.time() - other.stat().st_mtime > FORGOTTEN_AFTER:
            other.unlink(missing_ok=True)
