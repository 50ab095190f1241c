"""`memos-mcp stop`: have the engine finish."""

from pathlib import Path

from rich.console import Console

from memos_mcp.cli.commands.holding import FINISHING, PATIENCE
from memos_mcp.cli.printing import say
from memos_mcp.engine.client import stop as stop_engine


def stop(data_dir: Path, *, console: Console, progress: Console) -> None:
    """Ask the engine of a data directory to finish, wait until it has, and say so; none is no error."""
    with progress.status(FINISHING):
        ended = stop_engine(str(data_dir), patience=PATIENCE)
    if ended is None:
        say(console, "No engine runs.")
        return
    say(
        console,
        f"The engine (process {ended}) has finished. Hosts start another at their next call; one that was started "
        "with `memos-mcp serve` has to be started by hand.",
    )
