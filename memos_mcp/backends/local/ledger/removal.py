"""Taking messages and memories out of the ledger for good, with all that would still tell of them."""

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from memos_mcp.backends.local.ledger.database_interface import Database, Parameters
from memos_mcp.backends.local.ledger.memories import Memories, note_generation
from memos_mcp.backends.local.ledger.messages import in_chunks, marks
from memos_mcp.backends.local.ledger.secure_delete import wipe
from memos_mcp.backends.local.text.mentions import Mention
from memos_mcp.core.models import Removed

AT_ONCE = 2_000
"""Rows read at once when a text is looked for."""


@dataclass(frozen=True, slots=True)
class Mentions:
    """What holds a text: the keys of messages, of memories, and of changes in the history of memories."""

    messages: set[int]
    memories: set[int]
    changes: set[int]


class Removal:
    """Removes; the vector index follows. What is deleted is overwritten in the file, and leaves the write-ahead log."""

    def __init__(self, database: Database, memories: Memories) -> None:
        """Take an open ledger file."""
        self._database = database
        self._memories = memories

    def messages_among(self, user: int, seqs: Collection[int]) -> set[int]:
        """Return those of the keys that are messages of this user."""
        return self._keys("SELECT seq AS key FROM message WHERE user = ? AND seq IN ({})", seqs, user)

    def messages_where(self, condition: str, parameters: Parameters) -> set[int]:
        """Return the messages that meet a condition on the columns of `message`."""
        return {row["seq"] for row in self._database.rows(f"SELECT seq FROM message WHERE {condition}", parameters)}

    def messages_of(self, conversations: Collection[int]) -> set[int]:
        """Return all messages of conversations."""
        return self._keys("SELECT seq AS key FROM message WHERE conversation IN ({})", conversations)

    def sources_of(self, memories: Collection[int]) -> set[int]:
        """Return the messages that memories were learnt from."""
        return self._keys("SELECT message AS key FROM source WHERE memory IN ({})", memories)

    def resting_on(self, messages: Collection[int]) -> set[int]:
        """Return the memories that were learnt from messages, whatever their status."""
        return self._keys("SELECT memory AS key FROM source WHERE message IN ({})", messages)

    def orphans_of(self, messages: Collection[int], *, known: Collection[int] = ()) -> set[int]:
        """Return the memories, but for those known, that would have no message left without these."""
        gone = set(messages)
        resting = self.resting_on(gone) - set(known)
        return {memory for memory in resting if gone.issuperset(self._memories.source_seqs(memory))}

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
        with self._database.transaction():
            self._database.one_writer(user)
            memories = {*memories, *self.orphans_of(messages, known=memories)}
            left = self.resting_on(messages) - memories
            where = self._conversations_of("message", messages) | self._conversations_of("memory", memories)
            self._forget_changes(left, changes)
            for kind, seqs in (("message", messages), ("memory", memories)):
                for chunk in in_chunks(seqs):
                    self._database.execute(
                        f"INSERT INTO pending (user, kind, seq) SELECT user, '{kind}', seq FROM {kind}"
                        f" JOIN {kind}_vector USING (seq) WHERE user = ? AND seq IN ({marks(chunk)})",
                        (user, *chunk),
                    )
                    self._database.execute(
                        f"DELETE FROM {kind} WHERE user = ? AND seq IN ({marks(chunk)})", (user, *chunk)
                    )
            for memory in left:
                self._settle(user, memory)
            self._close_empty(where)
            note_generation(self._database, user)
        wipe(self._database)

    def _forget_changes(self, memories: Collection[int], changes: Collection[int]) -> None:
        """Remove from the history of memories that stay what else said the same, and the changes named.

        To take that back would leave a memory without the messages that are left to it.
        """
        for chunk in in_chunks(memories):
            self._database.execute(
                f"DELETE FROM history WHERE event = 'strengthened' AND memory IN ({marks(chunk)})", chunk
            )
        for chunk in in_chunks(changes):
            self._database.execute(f"DELETE FROM history WHERE key IN ({marks(chunk)})", chunk)

    def _settle(self, user: int, memory: int) -> None:
        """Have a memory that lost a message stand where its last one does, with a vector if it needs one now."""
        self._database.execute(
            "UPDATE memory SET conversation = (SELECT conversation FROM message WHERE seq ="
            " (SELECT max(message) FROM source WHERE memory = ?)) WHERE seq = ?",
            (memory, memory),
        )
        row = self._database.row(
            "SELECT features FROM memory WHERE seq = ? AND NOT EXISTS (SELECT 1 FROM memory_vector WHERE seq = ?)",
            (memory, memory),
        )
        if row is not None:
            self._memories.have_embedded(user, memory, row["features"])

    def _close_empty(self, conversations: Collection[int]) -> None:
        """Remove conversations that have nothing left, and let no task wait that has no messages."""
        for chunk in in_chunks(conversations):
            chosen = marks(chunk)
            self._database.execute(
                f"DELETE FROM conversation WHERE key IN ({chosen})"
                " AND NOT EXISTS (SELECT 1 FROM message WHERE conversation = conversation.key)"
                " AND NOT EXISTS (SELECT 1 FROM memory WHERE conversation = conversation.key)",
                chunk,
            )
            self._database.execute(
                f"UPDATE task SET state = 'completed' WHERE conversation IN ({chosen}) AND state = 'running'"
                " AND NOT EXISTS (SELECT 1 FROM message WHERE task = task.key)",
                chunk,
            )

    def _conversations_of(self, table: str, seqs: Collection[int]) -> set[int]:
        return self._keys(f"SELECT DISTINCT conversation AS key FROM {table} WHERE seq IN ({{}})", seqs)

    def _keys(self, sql: str, seqs: Collection[int], *before: int) -> set[int]:
        found: set[int] = set()
        for chunk in in_chunks(seqs):
            found |= {row["key"] for row in self._database.rows(sql.format(marks(chunk)), (*before, *chunk))}
        return found

    def _holding(self, user: int, wording: Mention, table: str, columns: str) -> Iterator[int]:
        last = 0
        sql = f"SELECT seq, {columns} FROM {table} WHERE user = ? AND seq > ? ORDER BY seq LIMIT {AT_ONCE}"
        while rows := self._database.rows(sql, (user, last)):
            last = rows[-1]["seq"]
            yield from (row["seq"] for row in rows if any(wording.is_in(text) for text in tuple(row)[1:]))

    def _changes_holding(self, user: int, wording: Mention) -> Iterator[int]:
        sql = "SELECT history.key, before, after FROM history JOIN memory ON memory.seq = history.memory WHERE user = ?"
        for row in self._database.rows(sql, (user,)):
            values = (json.loads(row["before"]), json.loads(row["after"]))
            if any(wording.is_in(json.dumps(value, ensure_ascii=False)) for value in values):
                yield row["key"]

    def forget_conversations(self, user: int, conversations: Collection[int]) -> None:
        """Remove conversations of a user with all that was learnt from them, and have the vector index follow."""
        chosen = (user, *conversations)
        where = f"user = ? AND conversation IN ({marks(conversations)})"
        with self._database.transaction():
            self._database.one_writer(user)
            for kind in ("message", "memory"):
                self._database.execute(
                    f"INSERT INTO pending (user, kind, seq) SELECT user, '{kind}', seq FROM {kind}"
                    f" JOIN {kind}_vector USING (seq) WHERE {where}",
                    chosen,
                )
            self._database.execute(
                f"DELETE FROM conversation WHERE user = ? AND key IN ({marks(conversations)})", chosen
            )
        wipe(self._database)

    def forget_user(self, user: int) -> Removed:
        """Remove everything of a user, have the vector index follow, and return how much it was."""
        with self._database.transaction():
            self._database.one_writer(user)
            removed = Removed(
                conversations=self._database.number("SELECT count(*) FROM conversation WHERE user = ?", (user,)),
                messages=self._database.number("SELECT count(*) FROM message WHERE user = ?", (user,)),
                memories=self._database.number("SELECT count(*) FROM memory WHERE user = ?", (user,)),
            )
            self._database.execute("DELETE FROM pending WHERE user = ?", (user,))
            self._database.execute("INSERT INTO pending (user, kind, seq) VALUES (?, 'message', 0)", (user,))
            self._database.execute("DELETE FROM user WHERE key = ?", (user,))
        wipe(self._database)
        return removed
