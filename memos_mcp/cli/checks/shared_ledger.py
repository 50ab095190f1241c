"""The ledger in PostgreSQL: reachable, of a format that this version reads, and guarded."""

from collections.abc import Iterator

from memos_mcp.backends.local.ledger.schema import FORMAT
from memos_mcp.backends.local.ledger.shared import examine
from memos_mcp.cli.checks.finding import Finding
from memos_mcp.cli.commands.status import kept
from memos_mcp.core.settings import Settings

ABOUT = "ledger"


def check_shared_ledger(settings: Settings) -> Iterator[Finding]:
    """Look into the database, and try whether it can be written to."""
    found = examine(settings.ledger_url.get_secret_value(), by_writing=True)
    if found.status is not None:
        yield Finding.ok(ABOUT, f"PostgreSQL: {kept(found.status)}")
    elif found.format > FORMAT:
        newer = f"written by a newer memos-mcp (format {found.format}, this version reads {FORMAT})"
        yield Finding.wrong(ABOUT, newer, mend="Upgrade memos-mcp here too, or name another database.")
    elif found.format:
        yield Finding.ok(ABOUT, f"PostgreSQL, of format {found.format}; the next start brings it up to {FORMAT}")
    else:
        yield Finding.ok(ABOUT, "PostgreSQL, nothing is kept yet")
    if found.unguarded:
        told = "the user of MEMOS_LEDGER_URL is a superuser, so the database does not keep users apart"
        yield Finding.warning(ABOUT, told, mend="Let the ledger belong to a user without special rights.")
