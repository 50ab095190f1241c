"""Opening a ledger: its format, and the steps from an older one."""

from importlib.resources import files
from pathlib import Path

from memos_mcp.backends.local.ledger.database import SqliteDatabase
from memos_mcp.backends.local.ledger.message_info import is_public
from memos_mcp.core.errors import ConfigurationError

FORMAT = 2
"""The format that this version writes; `migrations` lead to it from every older one."""

MIGRATIONS: dict[int, str] = {1: "ALTER TABLE message ADD COLUMN utc_offset INTEGER;"}
"""SQL that turns a ledger of the format in the key into one of the next format."""

INDEXES = f"""
CREATE INDEX IF NOT EXISTS message_said ON message (user, create_time);
CREATE INDEX IF NOT EXISTS message_in_conversation ON message (conversation, create_time);
CREATE INDEX IF NOT EXISTS memory_said ON memory (user, create_time);
CREATE INDEX IF NOT EXISTS memory_shown ON memory (user, status, update_time, seq, preference);
CREATE INDEX IF NOT EXISTS memory_sure ON memory (user, status, confidence, seq, preference);
CREATE INDEX IF NOT EXISTS message_public ON message (user) WHERE {is_public()};
"""
"""SQL that makes what pages are read by, and what other users may find."""


def open_ledger_file(path: Path) -> SqliteDatabase:
    """Open a ledger, new or old, in this version's format.

    Raises:
        ConfigurationError: it was written by a newer version.
        Unavailable: it cannot be used.
    """
    database = SqliteDatabase.open(path)
    try:
        _bring_up_to_date(database)
        _make_indexes(database)
    except BaseException:
        database.close()
        raise
    return database


def _bring_up_to_date(database: SqliteDatabase) -> None:
    found = _format_of(database)
    if found > FORMAT:
        raise ConfigurationError(
            f"{database.path} was written by a newer memos-mcp (format {found}, this version reads {FORMAT}). "
            "Upgrade memos-mcp, or set MEMOS_DATA_DIR to another folder."
        )
    if found == 0:
        schema = files("memos_mcp.backends.local.ledger").joinpath("schema.sql").read_text(encoding="utf-8")
        _run(database, schema, FORMAT)
        return
    if found < FORMAT:
        database.copy_to(database.path.with_name(f"{database.path.name}.format-{found}.backup"))
    for step in range(found, FORMAT):
        _run(database, MIGRATIONS[step], step + 1)


def _make_indexes(database: SqliteDatabase) -> None:
    """Make the indexes that older versions have not made: they are derived, so the format is the same without them."""
    database.script(INDEXES)


def _format_of(database: SqliteDatabase) -> int:
    return database.number("PRAGMA user_version")


def _run(database: SqliteDatabase, sql: str, reached: int) -> None:
    try:
        database.script(f"BEGIN IMMEDIATE; {sql} PRAGMA user_version = {reached}; COMMIT;")
    except Exception:
        if database.in_transaction:
            database.execute("ROLLBACK")
        raise
