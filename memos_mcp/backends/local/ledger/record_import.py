"""Taking records into a ledger, each once, however often the same file comes."""

import hashlib
import json
import uuid
from collections import Counter
from collections.abc import Callable, Collection, Sequence

from memos_mcp.backends.local.ledger.database_interface import Database
from memos_mcp.backends.local.ledger.ledger import Ledger
from memos_mcp.backends.local.ledger.memories import note_generation
from memos_mcp.backends.local.ledger.records import MemoryRecord, MessageRecord
from memos_mcp.backends.local.retrieval.features import analyse, analyse_memory
from memos_mcp.core.models import TaskState


class RecordImport:
    """One import; used inside one transaction.

    An add that is there already, by the id of its task, is not taken again. Nor is a memory of which no source is new:
    what its user made of it since, stands.
    """

    def __init__(self, ledger: Ledger, *, keys: Callable[[str], Collection[int]], now: int) -> None:
        """Take an open ledger, what derives keys from a text, and the time in epoch milliseconds."""
        self._ledger = ledger
        self._database = ledger.database
        self._keys = keys
        self._now = now
        self._messages: dict[tuple[str, str], int] = {}
        self._memories: dict[tuple[str, str], int] = {}
        self._new_messages: set[int] = set()
        self._new_memories: dict[int, MemoryRecord] = {}
        self._add: list[MessageRecord] = []
        self.without_sources = 0
        """Memories that were left out, since none of their messages is here."""
        self._said: Counter[str] = Counter()

    @property
    def new_messages(self) -> int:
        """How many messages were taken in."""
        return len(self._new_messages)

    @property
    def new_memories(self) -> int:
        """How many memories were taken in."""
        return len(self._new_memories)

    def take(self, record: MessageRecord | MemoryRecord) -> None:
        """Take in the next record of a file; the messages of an add follow each other, memories follow theirs."""
        if self._add and not (isinstance(record, MessageRecord) and _same_add(self._add[-1], record)):
            self._take_add()
        if isinstance(record, MessageRecord):
            self._add.append(record)
        else:
            self._take_memory(record)

    def _take_add(self) -> None:
        if not self._add:
            return
        first = self._add[0]
        known = task_named(self._database, first.user_id, first.task_id)
        if known is None:
            task_id = self._task_id(self._add)
            known = task_named(self._database, first.user_id, task_id)
            seqs = self._seqs(known) if known is not None else self._insert(self._add, task_id)
        else:
            seqs = self._seqs(known)
        for record, seq in zip(self._add, seqs, strict=False):
            self._messages[record.user_id, record.id] = seq
        self._add = []

    def _task_id(self, records: Sequence[MessageRecord]) -> str:
        """Return the task's id; that of another user, or none, is made from what was said, and how often before."""
        first = records[0]
        owner = self._ledger.tasks.owner(first.task_id) if first.task_id else None
        if first.task_id and owner in {None, first.user_id}:
            return first.task_id
        return name_of_add(records, self._said)

    def _seqs(self, task: int) -> list[int]:
        return self._database.column("SELECT seq FROM message WHERE task = ? ORDER BY seq", (task,))

    def _insert(self, records: Sequence[MessageRecord], task_id: str) -> list[int]:
        first = records[0]
        user, conversation = self._places(first)
        task = self._insert_task(first, task_id, user, conversation, first.task_status)
        seqs = [self._insert_message(record, user, conversation, task) for record in records]
        self._new_messages.update(seqs)
        return seqs

    def _insert_task(
        self, record: MessageRecord | MemoryRecord, task_id: str, user: int, conversation: int, state: TaskState
    ) -> int:
        return self._database.insert(
            "task", id=task_id, user=user, conversation=conversation, idempotency=record.task_id or None, state=state
        )

    def _insert_message(self, record: MessageRecord, user: int, conversation: int, task: int) -> int:
        seq = self._database.insert(
            "message",
            user=user,
            conversation=conversation,
            task=task,
            role=record.role,
            content=record.content,
            features=analyse(record.content, role=record.role),
            **self._shared(record),
        )
        self._database.execute("INSERT INTO pending (user, kind, seq) VALUES (?, 'message', ?)", (user, seq))
        return seq

    def _take_memory(self, record: MemoryRecord) -> None:
        if task_named(self._database, record.user_id, record.task_id) is not None:
            return
        user, conversation = self._places(record)
        sources = {self._messages[key] for name in record.sources if (key := (record.user_id, name)) in self._messages}
        known = self._same(user, record, sources)
        if known is None and (sources & self._new_messages or not record.sources):
            known = self._insert_memory(record, user, conversation, sources)
            self._new_memories[known] = record
        elif known is None and not sources:
            self.without_sources += 1
        if record.task_id:
            self._insert_task(record, uuid.uuid4().hex[:12], user, conversation, "completed")
        if known is not None:
            self._memories[record.user_id, record.id] = known
            self._database.execute_many(
                "INSERT INTO source VALUES (?, ?) ON CONFLICT DO NOTHING", [(known, one) for one in sources]
            )
            if known not in self._new_memories:
                note_generation(self._database, user)

    def _same(self, user: int, record: MemoryRecord, sources: Collection[int]) -> int | None:
        """Find the memory that says the same and has a source in common, or none either; not one of this import."""
        sql = "SELECT seq FROM memory WHERE user = ? AND memory_value = ?"
        for seq in self._database.column(sql, (user, record.memory_value)):
            there = set(self._ledger.memories.source_seqs(seq))
            if seq not in self._new_memories and (there & set(sources) or not (there or sources)):
                return seq
        return None

    def _insert_memory(self, record: MemoryRecord, user: int, conversation: int, sources: Collection[int]) -> int:
        features = analyse_memory(record.memory_value)
        seq = self._database.insert(
            "memory",
            user=user,
            conversation=conversation,
            memory_key=record.memory_key,
            memory_value=record.memory_value,
            preference=record.preference_type,
            reasoning=record.reasoning,
            status=record.status,
            confidence=record.confidence,
            memory_time=record.memory_time,
            time_grain=record.time_grain,
            extractor=record.extractor,
            features=features,
            **self._shared(record),
        )
        self._ledger.claims.put(user, seq, self._keys(record.memory_value))
        self._database.execute_many("INSERT INTO source VALUES (?, ?)", [(seq, one) for one in sources])
        self._ledger.memories.have_embedded(user, seq, features)
        return seq

    def finish(self) -> None:
        """Take in the last add, and tie the memories to what took their place now that all of them are there."""
        self._take_add()
        for seq, record in self._new_memories.items():
            self._database.execute(
                "UPDATE memory SET superseded_by = ?, corrected_by = ? WHERE seq = ?",
                (
                    self._memories.get((record.user_id, record.superseded_by)) if record.superseded_by else None,
                    self._messages.get((record.user_id, record.corrected_by)) if record.corrected_by else None,
                    seq,
                ),
            )

    def _places(self, record: MessageRecord | MemoryRecord) -> tuple[int, int]:
        user = self._ledger.messages.user_to_write_for(record.user_id)
        return user, self._ledger.messages.conversation_to_write_in(user, record.conversation_id)

    def _shared(self, record: MessageRecord | MemoryRecord) -> dict[str, object]:
        said = self._now if record.create_time is None else record.create_time
        return {
            "create_time": said,
            "update_time": self._now if record.update_time is None else record.update_time,
            "agent_id": record.agent_id,
            "app_id": record.app_id,
            "tags": json.dumps(record.tags, ensure_ascii=False),
            "info": json.dumps(record.info, ensure_ascii=False),
        }


def _same_add(before: MessageRecord, record: MessageRecord) -> bool:
    places = [(one.user_id, one.conversation_id, one.task_id) for one in (before, record)]
    return bool(record.task_id) and places[0] == places[1]


def name_of_add(records: Sequence[MessageRecord], said: Counter[str]) -> str:
    """Name an add by what it says, and by how often that was said before."""
    first = records[0]
    told = json.dumps([first.user_id, first.conversation_id, *([record.role, record.content] for record in records)])
    said[told] += 1
    return hashlib.sha256(f"{said[told]} {told}".encode()).hexdigest()[:12]


def task_named(database: Database, user_id: str, name: str) -> int | None:
    """Return the key of a user's add by its id, or by the key that made it safe to repeat."""
    if not name:
        return None
    return database.value(
        "SELECT task.key FROM task JOIN user ON user.key = task.user WHERE user_id = ? AND idempotency = ?"
        " UNION ALL SELECT task.key FROM task JOIN user ON user.key = task.user WHERE id = ? AND user_id = ?",
        (user_id, name, name, user_id),
    )


class Known:
    """What is in a ledger already, and what has come before in the same import."""

    def __init__(self, database: Database | None) -> None:
        """Take a ledger file that is open to be read; None where there is none."""
        self._database = database
        self._seen: set[int] = set()
        self._said: Counter[str] = Counter()

    def is_new(self, record: MessageRecord | MemoryRecord) -> bool:
        """Say whether a record is neither in the ledger nor has come before."""
        if isinstance(record, MessageRecord):
            name = record.task_id or name_of_add([record], self._said)
            mark = hash((record.user_id, name, record.id))
        else:
            name = record.task_id
            mark = hash((record.user_id, name or record.memory_value, record.id))
        if mark in self._seen:
            return False
        self._seen.add(mark)
        if self._database is None:
            return True
        if name or isinstance(record, MessageRecord):
            return task_named(self._database, record.user_id, name) is None
        return not self._has_memory(self._database, record.user_id, record.memory_value)

    def _has_memory(self, database: Database, user_id: str, value: str) -> bool:
        sql = "SELECT 1 FROM memory JOIN user ON user.key = memory.user WHERE user_id = ? AND memory_value = ?"
        return database.row(sql, (user_id, value)) is not None
