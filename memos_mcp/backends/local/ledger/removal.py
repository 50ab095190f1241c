"""Taking messages and memories out of the ledger for good, with all that would still tell of them."""

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from memos_mcp.backends.local.ledger.database_interface import Database, Parameters, marks
from memos_mcp.backends.local.ledger.memories import Memories, note_generation
from memos_mcp.backends.local.text.mentions import Mention
from memos_mcp.core.models import Removed

_FOLLOW = "INSERT INTO pending (user, kind, seq) SELECT user, '{0}', seq FROM {0} JOIN {0}_vector USING (seq) WHERE"
"""Has the vector index follow the removal of rows that have a vector."""


@dataclass(frozen=True, slots=True)
class Mentions:
    """What holds a text: the keys of messages, of memories, and of changes in the history of memories."""

    messages: set[int] = field(default_factory=set[int])
    memories: set[int] = field(default_factory=set[int])
    changes: set[int] = field(default_factory=set[int])

    @property
    def count(self) -> int:
        """How many there are in all."""
        return len(self.messages) + len(self.memories) + len(self.changes)


@dataclass(frozen=True, slots=True)
class Removal:
    """Removes; the vector index follows. What is deleted is overwritten in the file, and leaves the write-ahead log."""

    database: Database
    memories: Memories

    def messages_among(self, user: int, seqs: Collection[int]) -> set[int]:
        """Return those of the keys that are messages of this user."""
        return self.database.keys_among("SELECT seq FROM message WHERE user = ? AND seq IN ({})", seqs, user)

    def messages_where(self, condition: str, parameters: Parameters) -> set[int]:
        """Return the messages that meet a condition on the columns of `message`."""
        return set(self.database.column(f"SELECT seq FROM message WHERE {condition}", parameters))

    def messages_of(self, conversations: Collection[int]) -> set[int]:
        """Return all messages of conversations."""
        return self.database.keys_among("SELECT seq FROM message WHERE conversation IN ({})", conversations)

    def sources_of(self, memories: Collection[int]) -> set[int]:
        """Return the messages that memories were learnt from."""
        return self.database.keys_among("SELECT message FROM source WHERE memory IN ({})", memories)

    def resting_on(self, messages: Collection[int]) -> set[int]:
        """Return the memories that were learnt from messages, whatever their status."""
        return self.database.keys_among("SELECT memory FROM source WHERE message IN ({})", messages)

    def orphans_of(self, messages: Collection[int], *, known: Collection[int] = ()) -> set[int]:
        """Return the memories, but for those known, that would have no message left without these."""
        gone = set(messages)
        resting = self.resting_on(gone) - set(known)
        return {memory for memory in resting if gone.issuperset(self.memories.source_seqs(memory))}

    def mentions(self, user: int, wording: Mention) -> Mentions:
        """Find everything of a user that holds a text, whatever its status."""
        return Mentions(
            messages=set(self._holding(user, wording, "message", "content, tags, info")),
            memories=set(self._holding(user, wording, "memory", "memory_key, memory_value, reasoning, tags, info")),
            changes=set(self._changes_holding(user, wording)),
        )

    def remove(
        self, user: int, *, messages: Collection[int], memories: Collection[int], changes: Collection[int] = ()
    ) -> None:
        """Remove messages, memories and changes of a user's memories, all or nothing.

        Memories that were learnt from these messages alone since the caller looked go with them.
        """
        with self.database.transaction():
            self.database.one_writer(user)
            memories = {*memories, *self.orphans_of(messages, known=memories)}
            left = self.resting_on(messages) - memories
            where = self._conversations_of("message", messages) | self._conversations_of("memory", memories)
            self._forget_changes(left, changes)
            for kind, seqs in (("message", messages), ("memory", memories)):
                self.database.execute_among(f"{_FOLLOW.format(kind)} user = ? AND seq IN ({{}})", seqs, user)
                self.database.execute_among(f"DELETE FROM {kind} WHERE user = ? AND seq IN ({{}})", seqs, user)
            for memory in left:
                self._settle(user, memory)
            self._close_empty(where)
            note_generation(self.database, user)
        self.database.wipe()

    def _forget_changes(self, memories: Collection[int], changes: Collection[int]) -> None:
        """Remove from the history of memories that stay what else said the same, and the changes named.

        To take that back would leave a memory without the messages that are left to it.
        """
        self.database.execute_among("DELETE FROM history WHERE event = 'strengthened' AND memory IN ({})", memories)
        self.database.execute_among("DELETE FROM history WHERE key IN ({})", changes)

    def _settle(self, user: int, memory: int) -> None:
        """Have a memory that lost a message stand where its last one does, with a vector if it needs one now."""
        self.database.execute(
            "UPDATE memory SET conversation = (SELECT conversation FROM message WHERE seq ="
            " (SELECT max(message) FROM source WHERE memory = ?)) WHERE seq = ?",
            (memory, memory),
        )
        row = self.database.row(
            "SELECT features FROM memory WHERE seq = ? AND NOT EXISTS (SELECT 1 FROM memory_vector WHERE seq = ?)",
            (memory, memory),
        )
        if row is not None:
            self.memories.have_embedded(user, memory, row["features"])

    def _close_empty(self, conversations: Collection[int]) -> None:
        """Remove conversations that have nothing left, and let no task wait that has no messages."""
        self.database.execute_among(
            "DELETE FROM conversation WHERE key IN ({})"
            " AND NOT EXISTS (SELECT 1 FROM message WHERE conversation = conversation.key)"
            " AND NOT EXISTS (SELECT 1 FROM memory WHERE conversation = conversation.key)",
            conversations,
        )
        self.database.execute_among(
            "UPDATE task SET state = 'completed' WHERE conversation IN ({}) AND state = 'running'"
            " AND NOT EXISTS (SELECT 1 FROM message WHERE task = task.key)",
            conversations,
        )

    def _conversations_of(self, table: str, seqs: Collection[int]) -> set[int]:
        return self.database.keys_among(f"SELECT DISTINCT conversation FROM {table} WHERE seq IN ({{}})", seqs)

    def _holding(self, user: int, wording: Mention, table: str, columns: str) -> Iterator[int]:
        sql = f"SELECT seq, {columns} FROM {table} WHERE user = ? AND seq > ? ORDER BY seq LIMIT ?"
        for rows in self.database.batches(sql, user):
            yield from (row["seq"] for row in rows if any(wording.is_in(text) for text in tuple(row)[1:]))

    def _changes_holding(self, user: int, wording: Mention) -> Iterator[int]:
        sql = "SELECT history.key, before, after FROM history JOIN memory ON memory.seq = history.memory WHERE user = ?"
        for row in self.database.rows(sql, (user,)):
            values = (json.loads(row["before"]), json.loads(row["after"]))
            if any(wording.is_in(json.dumps(value, ensure_ascii=False)) for value in values):
                yield row["key"]

    def forget_conversations(self, user: int, conversations: Collection[int]) -> None:
        """Remove conversations of a user with all that was learnt from them, and have the vector index follow."""
        chosen = (user, *conversations)
        where = f"user = ? AND conversation IN ({marks(conversations)})"
        with self.database.transaction():
            self.database.one_writer(user)
            for kind in ("message", "memory"):
                self.database.execute(f"{_FOLLOW.format(kind)} {where}", chosen)
            self.database.execute(
                f"DELETE FROM conversation WHERE user = ? AND key IN ({marks(conversations)})", chosen
            )
        self.database.wipe()

    def forget_user(self, user: int) -> Removed:
        """Remove everything of a user, have the vector index follow, and return how much it was."""
        with self.database.transaction():
            self.database.one_writer(user)
            removed = Removed(
                conversations=self.database.number("SELECT count(*) FROM conversation WHERE user = ?", (user,)),
                messages=self.database.number("SELECT count(*) FROM message WHERE user = ?", (user,)),
                memories=self.database.number("SELECT count(*) FROM memory WHERE user = ?", (user,)),
            )
            self.database.execute("DELETE FROM pending WHERE user = ?", (user,))
            self.database.execute("INSERT INTO pending (user, kind, seq) VALUES (?, 'message', 0)", (user,))
            self.database.execute("DELETE FROM user WHERE key = ?", (user,))
        self.database.wipe()
        return removed
