"""Tables on standard output, progress on standard error."""

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

Cell = str | int | float | None


def run(main: Callable[..., None]) -> None:
    """Make a function the command line of its module."""
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command()(main)
    app()


def progress() -> Progress:
    """Make the progress bar that every benchmark shows."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, console=Console(stderr=True))


def show(title: str, rows: Mapping[str, Mapping[str, Cell]]) -> None:
    """Print a table with a row a key; the columns are those of all rows, in order of appearance."""
    if not rows:
        return
    columns = list(dict.fromkeys(name for row in rows.values() for name in row))
    table = Table("", title=title, title_justify="left")
    for column in columns:
        table.add_column(column, justify="right")
    for name, row in rows.items():
        table.add_row(name, *(_text(row.get(column)) for column in columns))
    _console().print(table)


def say(lines: Iterable[str]) -> None:
    """Print plain lines under a table."""
    for line in lines:
        _console().print(line, highlight=False, markup=False)


def dump(report: object) -> None:
    """Print a report as JSON."""
    print(json.dumps(report, indent=1, ensure_ascii=False))


def write(path: Path, report: object) -> None:
    """Write a report to a file as JSON."""
    path.write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _console() -> Console:
    console = Console()
    return console if console.is_terminal else Console(width=160)


def _text(value: Cell) -> str:
    match value:
        case None:
            return ""
        case float():
            return f"{value:,.3f}" if abs(value) < 1 else f"{value:,.1f}"
        case _:
            return f"{value:,}" if isinstance(value, int) else value
