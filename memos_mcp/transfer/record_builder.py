"""Records made of what other programs wrote: ids that stay the same, times that mean what they meant, whole text."""

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal, cast

import ijson  # pyright: ignore[reportMissingTypeStubs]
from pydantic import JsonValue

from memos_mcp.backends.local.ledger.records import MemoryRecord, MessageRecord
from memos_mcp.core.limits import is_blank
from memos_mcp.core.message_shapes import ROLES, read_role
from memos_mcp.core.models import (
    FIRST_MILLISECOND,
    LAST_MILLISECOND,
    MAX_CONTENT_BYTES,
    MAX_ID_LENGTH,
    Role,
    Status,
)
from memos_mcp.core.timestamps import read_time
from memos_mcp.transfer.documents import Document

_HALVES: Final = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Something that is not taken in: what it is, in the plural ("hidden messages"), and how many of it."""

    what: str
    count: int = 1


Progress = Callable[[int], None]
"""Is told how many bytes were read."""

Item = MessageRecord | MemoryRecord | LeftOut


class Repeats:
    """Tells what comes again in a document from what was only written again."""

    def __init__(self) -> None:
        """Begin a document."""
        self._named: Counter[str] = Counter()
        self._conversation = ""
        self._seen: set[int] = set()
        self._further: Counter[str] = Counter()

    def numbered(self, name: str) -> str:
        """Return the identity of what has no id, by a name made of what it says: a repeat gets a number."""
        self._named[name] += 1
        return name if self._named[name] == 1 else f"{name}-{self._named[name]}"

    def checked(self, conversation: str, identity: str, *said: object) -> str | None:
        """Return an identity, numbered where it named another message of the conversation; None where it named this."""
        if conversation != self._conversation:
            self._conversation, self._seen, self._further = conversation, set(), Counter()
        name, message = hash(identity), hash((identity, *said))
        if message in self._seen:
            return None
        self._seen.add(message)
        if name not in self._seen:
            self._seen.add(name)
            return identity
        self._further[identity] += 1
        return f"{identity}-{self._further[identity] + 1}"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where the records of a document come from: the format, whose name begins their ids, and whose they become."""

    name: str
    user_id: str
    repeats: Repeats = field(default_factory=Repeats)

    def message(
        self,
        role: str,
        content: str,
        *,
        identity: str,
        conversation: str,
        time: int | None,
        title: str = "",
        app_id: str = "",
        info: Mapping[str, JsonValue] | None = None,
    ) -> MessageRecord | LeftOut:
        """Return a message, or why it is left out.

        `identity` stands for the message among all that its user imports in this format: one that is in the store is
        not taken in again. It is the id in the source or, where that has none, `repeats.numbered` of a digest of what
        tells the message from others: its conversation, role, time and text. `role` may be a maker's name for one
        ("human", "bot"); `conversation` need only be unique within the format.
        """
        if is_blank(content):
            return LeftOut("empty messages")
        content, about = whole(content), {"source": self.name, **(info or {})}
        if len(content.encode()) > MAX_CONTENT_BYTES:
            return LeftOut(f"messages of more than {MAX_CONTENT_BYTES:,} bytes")
        known = str(read_role(role))
        if known not in ROLES:
            return LeftOut(f'messages of a role "{role[:30]}"')
        checked = self.repeats.checked(conversation, identity, known, content)
        if checked is None:
            return LeftOut("messages that are written twice")
        return MessageRecord(
            user_id=self.user_id,
            conversation_id=self._id(conversation),
            task_id=self._id(checked),
            role=cast("Role", known),
            content=content,
            create_time=time,
            app_id=app_id[-MAX_ID_LENGTH:],
            info=about | ({"title": whole(title)} if title else {}),
        )

    def memory(
        self,
        value: str,
        *,
        identity: str,
        conversation: str = "memories",
        key: str = "",
        time: int | None = None,
        memory_time: int | None = None,
        tags: Sequence[str] = (),
        status: Status = "activated",
        preference: Literal["explicit_preference"] | None = None,
        info: Mapping[str, JsonValue] | None = None,
    ) -> MemoryRecord | LeftOut:
        """Return a memory, or why it is left out; `identity` is as a message's, and need not tell equal ones apart."""
        if is_blank(value):
            return LeftOut("empty memories")
        value = whole(value).strip()
        if len(value.encode()) > MAX_CONTENT_BYTES:
            return LeftOut(f"memories of more than {MAX_CONTENT_BYTES:,} bytes")
        return MemoryRecord(
            user_id=self.user_id,
            conversation_id=self._id(conversation),
            task_id=self._id(identity),
            memory_key=whole(key),
            memory_value=value,
            preference_type=preference,
            status=status,
            memory_time=memory_time,
            time_grain=None if memory_time is None else "day",
            create_time=time,
            tags=tuple(whole(tag) for tag in tags if tag),
            info={"source": self.name, **(info or {})},
        )

    def _id(self, name: str) -> str:
        whole_id = f"{self.name}:{name}".replace("\x00", "")
        whole_id = _HALVES.sub("\ufffd", whole_id)
        if len(whole_id) <= MAX_ID_LENGTH:
            return whole_id
        return f"{self.name}:{digest(whole_id)}"


def whole(text: str) -> str:
    """Return a text with a mark in place of each half of a character."""
    return _HALVES.sub("\ufffd", text)


def digest(*parts: str) -> str:
    """Return a short name made of texts: the same for the same."""
    joined = "\x1f".join(parts).encode("utf-8", "surrogatepass")
    return hashlib.sha256(joined).hexdigest()[:32]


def milliseconds(value: object) -> int | None:
    """Return a time as epoch milliseconds; None for what is none. A time without a zone is UTC."""
    try:
        found = read_time(value)
    except ValueError:
        return None
    return found if isinstance(found, int) and FIRST_MILLISECOND <= found <= LAST_MILLISECOND else None


def text(value: object) -> str:
    """Return a text, or a number as one; empty for anything else."""
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""


def objects(value: object) -> list[dict[str, Any]]:
    """Return the objects of a list; nulls and whatever else is in it are passed over."""
    found = cast("list[Any]", value) if isinstance(value, list) else []
    return [cast("dict[str, Any]", one) for one in found if isinstance(one, dict)]


def elements(document: Document, place: str = "item", *, on_read: Progress) -> Iterator[object]:
    """Yield what stands at a place of a JSON document, or of each of its lines; one that breaks off ends there."""
    source = document.utf8(on_read)
    try:
        yield from cast("Iterator[object]", ijson.items(source, place, use_float=True, multiple_values=True))
    except ijson.IncompleteJSONError:
        yield LeftOut("documents that break off")
    finally:
        source.close()
