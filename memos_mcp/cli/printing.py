"""Where and how the commands print: answers to standard output, progress and failures to standard error."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress

console = Console()
errors = Console(stderr=True)

JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")]


def say(console: Console, line: str) -> None:
    """Print a line as it is: nothing in it is markup, and only the terminal breaks it."""
    console.print(line, markup=False, highlight=False, soft_wrap=True)


def counted(count: int, one: str, many: str = "") -> str:
    """Write a number of things."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


@contextmanager
def bar(name: str, progress: Console) -> Generator[Callable[[int, int], None]]:
    """Show how far a piece of work has come: what is given takes (done, of how much)."""
    with Progress(console=progress, transient=True) as bars:
        task = bars.add_task(name)
        yield lambda done, total: bars.update(task, completed=done, total=total)
