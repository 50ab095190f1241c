"""Ledger files as such: whether one is whole, and copying one."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from rich.console import Console

from memos_mcp.backends.local.ledger.database import SqliteDatabase
from memos_mcp.backends.local.ledger.schema import FORMAT
from memos_mcp.cli.printing import bar
from memos_mcp.core.errors import Unavailable
from memos_mcp.rendering.instructions import visible

_NAMED = 5  # damaged rows that are named

TABLES = frozenset({"meta", "user", "conversation", "task", "message", "memory", "source", "history", "pending"})
"""What every ledger has, of whatever format."""


def problem_of(path: Path, *, in_use: bool = False) -> str:
    """Read a whole file and say what keeps it from being a ledger that this version reads; empty where nothing does."""
    try:
        with closing(SqliteDatabase.look(path, in_use=in_use)) as database:
            found = database.number("PRAGMA user_version")
            tables = {str(row["name"]) for row in database.rows("SELECT name FROM sqlite_schema WHERE type = 'table'")}
            if not found or not tables >= TABLES:
                return "it is no ledger of memos-mcp"
            foreign = database.row("SELECT type, name FROM sqlite_schema WHERE type IN ('trigger', 'view')")
            if foreign is not None:
                return f"it has a {foreign['type']} named {visible(foreign['name'])}, which no ledger of ours has"
            if found > FORMAT:
                return f"a newer memos-mcp wrote it (format {found}, this version reads {FORMAT}): upgrade memos-mcp"
            result = database.rows("PRAGMA integrity_check(1)")[0][0]
            return "" if result == "ok" else f"it is damaged ({result})"
    except Unavailable as exc:
        cause = exc.__cause__
        return f"it cannot be read ({cause})" if isinstance(cause, sqlite3.Error) else str(exc)


def damaged_texts(path: Path, *, in_use: bool = False) -> list[str]:
    """Read every text of a ledger and name the rows whose text cannot be decoded, which no check of SQLite finds."""
    found: list[str] = []
    with closing(SqliteDatabase.look(path, in_use=in_use)) as database, database.one_moment():
        for table in sorted(TABLES):
            columns = database.rows(f"PRAGMA table_info({table})")
            key, texts = columns[0]["name"], [row["name"] for row in columns if row["type"] == "TEXT"]
            if texts:
                found += [f"{table} {row}" for row in database.undecodable(table, key=key, columns=texts)]
    return found


def named(damaged: Sequence[str]) -> str:
    """Write which texts are damaged."""
    more = f" and {len(damaged) - _NAMED} more" if len(damaged) > _NAMED else ""
    return f"texts that are damaged on disk: {', '.join(damaged[:_NAMED])}{more}"


def copy(source: SqliteDatabase, target: Path, *, progress: Console) -> None:
    """Write a consistent copy of a ledger that may be in use."""
    with bar("Copying", progress) as report:
        source.copy_to(target, report=report)
