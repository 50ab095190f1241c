"""The ledger as one thing: its tables, and what is noted about it as a whole."""

from pathlib import Path

from memos_mcp.backends.local.ledger.database import Database
from memos_mcp.backends.local.ledger.memories import Memories
from memos_mcp.backends.local.ledger.messages import Messages
from memos_mcp.backends.local.ledger.schema import open_ledger_file
from memos_mcp.backends.local.ledger.tasks import Tasks
from memos_mcp.backends.local.ledger.vectors import Vectors


class Ledger:
    """What every user said, and what was learnt from it."""

    def __init__(self, database: Database) -> None:
        """Take a ledger file that is open and in this version's format."""
        self.database = database
        self.messages = Messages(database)
        self.memories = Memories(database)
        self.tasks = Tasks(database)
        self.vectors = Vectors(database)

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
        """Give what was noted under a name, or an empty text."""
        row = self.database.row("SELECT value FROM meta WHERE name = ?", (name,))
        return "" if row is None else str(row["value"])

    def note(self, name: str, value: str) -> None:
        """Note a value under a name."""
        self.database.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, value))
