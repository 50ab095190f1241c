"""The ledger: whole, reachable, of a format that this version reads, and in PostgreSQL guarded."""

from collections.abc import Iterator
from pathlib import Path

from rich.filesize import decimal

from memos_mcp.backends.local.directory import LEDGER_FILE
from memos_mcp.backends.local.ledger.schema import FORMAT
from memos_mcp.backends.local.ledger.shared import examine
from memos_mcp.cli.checks.finding import Finding
from memos_mcp.cli.commands.holding import is_held
from memos_mcp.cli.commands.ledger_files import damaged_texts, named, problem_of
from memos_mcp.cli.commands.status import kept, kept_in, size_of
from memos_mcp.core.settings import Settings

ABOUT = "ledger"


def check_ledger(data_dir: Path) -> Iterator[Finding]:
    """Read all of it."""
    ledger = data_dir / LEDGER_FILE
    if not ledger.exists() or not ledger.stat().st_size:
        yield Finding.ok(ABOUT, "nothing is kept yet")
        return
    problem = problem_of(ledger, in_use=is_held(data_dir))
    if problem:
        mend = f"Put a backup in its place (memos-mcp restore FILE), or move {ledger} away to begin anew."
        yield Finding.wrong(ABOUT, f"{ledger} cannot be used: {problem}", mend=mend)
        return
    damaged = damaged_texts(ledger, in_use=is_held(data_dir))
    if damaged:
        mend = "Put a backup of before in its place (memos-mcp restore FILE), or go on: everything else can be read."
        yield Finding.wrong(ABOUT, f"{ledger} has {named(damaged)}", mend=mend)
        return
    store = kept_in(ledger)
    what = kept(store) if store else "nothing"
    yield Finding.ok(ABOUT, f"whole, {decimal(size_of(ledger))}: {what}")


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
