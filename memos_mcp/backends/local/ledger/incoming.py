"""Taking records into a ledger, each once, however often the same file comes."""

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Collection, Sequence

from memos_mcp.backends.local.ledger.ledger import Ledger
from memos_mcp.backends.local.ledger.records import MemoryRecord, MessageRecord
from memos_mcp.backends.local.retrieval.features import analyse, analyse_memory


class Incoming:
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
        task_id = self._task_id(self._add)
        known = self._database.row("SELECT key FROM task WHERE id = ?", (task_id,))
        seqs = self._seqs(int(known["key"])) if known else self._insert(self._add, task_id)
        for record, seq in zip(self._add, seqs, strict=False):
            self._messages[record.user_id, record.id] = seq
        self._add = []

    def _task_id(self, records: Sequence[MessageRecord]) -> str:
        """Give the id of the task; that of another user, or none, is made from what was said, and how often before."""
        first = records[0]
        owner = self._ledger.tasks.owner(first.task_id) if first.task_id else None
        if first.task_id and owner in {None, first.user_id}:
            return first.task_id
        told = json.dumps(
            [first.user_id, first.conversation_id, *([record.role, record.content] for record in records)]
        )
        self._said[told] += 1
        return hashlib.sha256(f"{self._said[told]} {told}".encode()).hexdigest()[:12]

    def _seqs(self, task: int) -> list[int]:
        rows = self._database.rows("SELECT seq FROM message WHERE task = ? ORDER BY seq", (task,))
        return [row["seq"] for row in rows]

    def _insert(self, records: Sequence[MessageRecord], task_id: str) -> list[int]:
        first = records[0]
        user, conversation = self._places(first)
        task = self._database.insert(
            "INSERT INTO task (id, user, conversation, state) VALUES (?, ?, ?, ?)",
            (task_id, user, conversation, first.task_status),
        )
        seqs = [self._insert_message(record, user, conversation, task) for record in records]
        self._new_messages.update(seqs)
        return seqs

    def _insert_message(self, record: MessageRecord, user: int, conversation: int, task: int) -> int:
        seq = self._put(
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
        user, conversation = self._places(record)
        sources = {self._messages[key] for name in record.sources if (key := (record.user_id, name)) in self._messages}
        known = self._same(user, record, sources)
        if known is None and (sources & self._new_messages or not record.sources):
            known = self._insert_memory(record, user, conversation, sources)
            self._new_memories[known] = record
        if known is not None:
            self._memories[record.user_id, record.id] = known
            self._database.execute_many(
                "INSERT INTO source VALUES (?, ?) ON CONFLICT DO NOTHING", [(known, one) for one in sources]
            )

    def _same(self, user: int, record: MemoryRecord, sources: Collection[int]) -> int | None:
        """Find the memory that says the same and has a source in common, or none either; not one of this import."""
        rows = self._database.rows(
            "SELECT seq FROM memory WHERE user = ? AND memory_value = ?", (user, record.memory_value)
        )
        for row in rows:
            there = set(self._ledger.memories.source_seqs(row["seq"]))
            if row["seq"] not in self._new_memories and (there & set(sources) or not (there or sources)):
                return int(row["seq"])
        return None

    def _insert_memory(self, record: MemoryRecord, user: int, conversation: int, sources: Collection[int]) -> int:
        features = analyse_memory(record.memory_value)
        seq = self._put(
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
        place = (user, record.conversation_id)
        self._database.execute(
            "INSERT INTO conversation (user, conversation_id) VALUES (?, ?) ON CONFLICT DO NOTHING", place
        )
        sql = "SELECT key FROM conversation WHERE user = ? AND conversation_id = ?"
        return user, self._database.number(sql, place)

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

    def _put(self, table: str, **columns: object) -> int:
        marks = ", ".join("?" * len(columns))
        return self._database.insert(
            f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})", list(columns.values()), key="seq"
        )


def _same_add(before: MessageRecord, record: MessageRecord) -> bool:
    places = [(one.user_id, one.conversation_id, one.task_id) for one in (before, record)]
    return bool(record.task_id) and places[0] == places[1]
