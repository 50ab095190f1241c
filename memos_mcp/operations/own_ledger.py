"""Commands that work on the files of a ledger."""

from memos_mcp.errors import ConfigurationError
from memos_mcp.settings import Settings


def with_own_ledger(settings: Settings) -> Settings:
    """Return settings whose ledger is a file of the data directory.

    Raises:
        ConfigurationError: it is in PostgreSQL.
    """
    if settings.ledger_url.get_secret_value():
        raise ConfigurationError(
            "This command works on a ledger that is a file, and MEMOS_LEDGER_URL names one in PostgreSQL, which has "
            "tools of its own (pg_dump, pg_restore): see docs/replicas.md."
        )
    return settings
