"""The ledger as one thing: its tables, and what is noted about it as a whole."""

import uuid
from collections.abc import Callable, Collection
from pathlib import Path

from memos_mcp.backends.local.ledger.changes import Changes
from memos_mcp.backends.local.ledger.claim_keys import ClaimKeys
from memos_mcp.backends.local.ledger.conversation_lists import ConversationLists
from memos_mcp.backends.local.ledger.database_interface import Database
from memos_mcp.backends.local.ledger.history import History
from memos_mcp.backends.local.ledger.index_work import IndexWork
from memos_mcp.backends.local.ledger.memories import Memories
from memos_mcp.backends.local.ledger.memory_lists import MemoryLists
from memos_mcp.backends.local.ledger.messages import Messages
from memos_mcp.backends.local.ledger.removal import Removal
from memos_mcp.backends.local.ledger.schema import open_ledger_file
from memos_mcp.backends.local.ledger.tasks import INSTRUCTIONS, TAKEN_OVER, Tasks
from memos_mcp.backends.local.ledger.vectors import Vectors
from memos_mcp.backends.local.retrieval.features import analyse, analyse_memory
from memos_mcp.core.models import StoreStatus


class Ledger:
    """What every user said, and what was learnt from it."""

    def __init__(self, database: Database) -> None:
        """Take a ledger file that is open and in this version's format."""
        self.database = database
        self.messages = Messages(database)
        self.claims = ClaimKeys(database)
        self.history = History(database)
        self.memories = Memories(database, self.claims)
        self.changes = Changes(database, self.memories, self.claims, self.history)
        self.memory_lists = MemoryLists(database, self.memories)
        self.conversation_lists = ConversationLists(database, self.messages)
        self.removal = Removal(database, self.memories)
        self.tasks = Tasks(database)
        self.vectors = Vectors(database)
        self.work = IndexWork(database)

    @classmethod
    def open(cls, path: Path) -> "Ledger":
        """Open or create a ledger file.

        Raises:
            ConfigurationError: it was written by a newer version.
            Unavailable: it cannot be used.
        """
        return cls(open_ledger_file(path))

    def close(self) -> None:
        """Close the file."""
        self.database.close()

    def noted(self, name: str) -> str:
        """Return what was noted under a name, or an empty text."""
        return self.database.noted(name)

    def noted_under(self, beginning: str) -> list[str]:
        """Return the names that begin so, under which something was noted."""
        sql = "SELECT name FROM meta WHERE substr(name, 1, length(?)) = ? ORDER BY name"
        return self.database.column(sql, (beginning, beginning))

    def note(self, name: str, value: str) -> None:
        """Note a value under a name."""
        self.database.note(name, value)

    def forget_note(self, name: str) -> None:
        """Forget what was noted under a name."""
        self.database.forget_note(name)

    def instruct(self, task: int, instructions: str) -> None:
        """Keep what the application wants to be learnt from an add, until that is done."""
        self.note(f"{INSTRUCTIONS}{task}", instructions)

    def instructions(self, task: int) -> str:
        """Return what the application wants to be learnt from an add."""
        return self.noted(f"{INSTRUCTIONS}{task}")

    def status(self) -> StoreStatus:
        """Count what is kept, of all users together, and what waits."""
        count = self.database.number
        return StoreStatus(
            users=count("SELECT count(*) FROM user"),
            conversations=count("SELECT count(*) FROM conversation"),
            messages=count("SELECT count(*) FROM message"),
            memories=count("SELECT count(*) FROM memory WHERE status = 'activated'"),
            waiting_for_vectors=self.vectors.unembedded_count(),
            waiting_for_memories=self.tasks.open_count(),
            failed_for_memories=count("SELECT count(*) FROM task WHERE state = 'running' AND attempts > 0"),
            taken_over_by_rules=int(self.noted(TAKEN_OVER) or 0),
            embedder=self.noted("embedder"),
            missing=self.noted("missing_library"),
        )

    def identity(self) -> str:
        """Return a name that no other ledger has, made when it is first asked for."""
        with self.database.transaction():
            # Of several processes that ask at once the first makes it, and the others read that.
            made = uuid.uuid4().hex[:12]
            self.database.execute("INSERT INTO meta VALUES ('identity', ?) ON CONFLICT (name) DO NOTHING", (made,))
            return self.noted("identity")

    def analyse_again(self, version: str) -> None:
        """Derive the features of every text anew, after a change in how they are derived."""
        with self.database.transaction():
            for table, columns in (("message", "content, role"), ("memory", "memory_value, NULL")):
                for rows in self.database.batches(
                    f"SELECT seq, {columns} FROM {table} WHERE seq > ? ORDER BY seq LIMIT ?"
                ):
                    self.database.execute_many(
                        f"UPDATE {table} SET features = ? WHERE seq = ?",
                        [(_features(row[1], row[2]), row["seq"]) for row in rows],
                    )
            self.note("features", version)

    def find_keys_again(self, version: str, keys: Callable[[str], Collection[int]]) -> None:
        """Derive the keys of every memory anew, after a change in how they are derived."""
        with self.database.transaction():
            for rows in self.database.batches(
                "SELECT seq, user, memory_value FROM memory WHERE seq > ? ORDER BY seq LIMIT ?"
            ):
                for row in rows:
                    self.claims.put(row["user"], row["seq"], keys(row["memory_value"]))
            self.note("keys", version)


def _features(text: str, role: str | None) -> bytes:
    return analyse_memory(text) if role is None else analyse(text, role=role)
