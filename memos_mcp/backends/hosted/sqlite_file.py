"""The small SQLite files that the hosted backend keeps in the data directory, for their owner only."""

import sqlite3
from collections.abc import Generator
from contextlib import closing, contextmanager
from pathlib import Path

from memos_mcp.core.errors import Unavailable


@contextmanager
def opened(path: Path, schema: str, *, what: str) -> Generator[sqlite3.Connection]:
    """Open a file for one piece of work, in one transaction: it is rarely needed, and others may hold it.

    What is deleted from it is overwritten. `what` names the file in an error.

    Raises:
        Unavailable: the file cannot be read or written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.touch(mode=0o600)
        with closing(sqlite3.connect(path, timeout=10)) as database, database:
            database.execute("PRAGMA secure_delete = ON")
            database.executescript(schema)
            yield database
    except (OSError, sqlite3.Error) as exc:
        raise Unavailable(
            f"The {what} in the data directory cannot be used ({type(exc).__name__}): "
            "check the disk and MEMOS_DATA_DIR."
        ) from exc
