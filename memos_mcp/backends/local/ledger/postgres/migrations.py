"""Opening a ledger in PostgreSQL: its format, and the steps from an older one."""

import re
from importlib.resources import files

from memos_mcp.backends.local.ledger.message_info import others_are_public
from memos_mcp.backends.local.ledger.postgres.database import MOST_CONNECTIONS, PostgresDatabase
from memos_mcp.backends.local.ledger.postgres.dialect import translated_schema
from memos_mcp.backends.local.ledger.schema import FORMAT, INDEXES, MIGRATIONS
from memos_mcp.core.errors import ConfigurationError

_ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(hashtextextended('memos schema ' || current_schema, 0))"

# Sees the rows of everybody while it looks, and no longer: so a search knows it from the statement that it begins with.
_OTHERS_ARE_PUBLIC = f"""
CREATE FUNCTION others_are_public(own BIGINT) RETURNS BOOLEAN LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    sees CONSTANT TEXT := coalesce(current_setting('memos.user_id', true), '');
    found BOOLEAN;
BEGIN
    PERFORM set_config('memos.user_id', '*', true);
    found := {others_are_public("own")};
    PERFORM set_config('memos.user_id', sees, true);
    RETURN found;
END
$$;
"""


def open_postgres(url: str, *, most: int = MOST_CONNECTIONS) -> PostgresDatabase:
    """Open a ledger, new or old, in this version's format.

    Raises:
        ConfigurationError: the database refuses the address, or was written by a newer version.
        Unavailable: it cannot be reached or used.
    """
    database = PostgresDatabase.open(url, most=most)
    try:
        _bring_up_to_date(database)
    except BaseException:
        database.close()
        raise
    return database


def _bring_up_to_date(database: PostgresDatabase) -> None:
    with database.transaction():
        database.rows(_ONE_AT_A_TIME)
        found = database.format()
        if found > FORMAT:
            raise ConfigurationError(
                f"The database of MEMOS_LEDGER_URL was written by a newer memos-mcp (format {found}, this version "
                f"reads {FORMAT}). Upgrade memos-mcp here too, or name another database."
            )
        if found == FORMAT:
            _make_beside(database)
            return
        if found == 0:
            database.script(translated_schema(_read("schema.sql")) + _read("postgres/beside.sql"))
        for step in range(found or FORMAT, FORMAT):
            database.script(translated_schema(MIGRATIONS[step]))
        database.note("format", str(FORMAT))
        _make_beside(database)


def _make_beside(database: PostgresDatabase) -> None:
    """Make the tables and indexes that older versions have not made; to make an index, its table is locked."""
    if not database.number("SELECT count(to_regclass('call_count'))"):
        database.script(_read("postgres/access.sql"))
    if not database.number("SELECT count(to_regproc('others_are_public'))"):
        database.script(translated_schema(_OTHERS_ARE_PUBLIC))
    there = {row[0] for row in database.rows("SELECT indexname FROM pg_indexes WHERE schemaname = current_schema")}
    if not there.issuperset(re.findall(r"IF NOT EXISTS (\w+)", INDEXES)):
        database.script(translated_schema(INDEXES))


def _read(name: str) -> str:
    return files("memos_mcp.backends.local.ledger").joinpath(name).read_text(encoding="utf-8")
