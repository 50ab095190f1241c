"""Opening a ledger: its format, and the steps from an older one."""

from importlib.resources import files
from pathlib import Path

from memos_mcp.backends.local.ledger.database import SqliteDatabase
from memos_mcp.errors import ConfigurationError

FORMAT = 2
"""The format that this version writes; `migrations` lead to it from every older one."""

MIGRATIONS: dict[int, str] = {1: "ALTER TABLE message ADD COLUMN utc_offset INTEGER;"}
"""SQL that turns a ledger of the format in the key into one of the next format."""


def open_ledger_file(path: Path) -> SqliteDatabase:
    """Open a ledger, new or old, in this version's format.

    Raises:
        ConfigurationError: it was written by a newer version.
        Unavailable: it cannot be used.
    """
    database = SqliteDatabase.open(path)
    try:
        _bring_up_to_date(database)
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


def _format_of(database: SqliteDatabase) -> int:
    return database.number("PRAGMA user_version")


def _run(database: SqliteDatabase, sql: str, reached: int) -> None:
    try:
        database.script(f"BEGIN IMMEDIATE; {sql} PRAGMA user_version = {reached}; COMMIT;")
    except Exception:
        if database.in_transaction:
            database.execute("ROLLBACK")
        raise
