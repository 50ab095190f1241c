"""Where the commands write: answers to standard output, progress and failures to standard error."""

from typing import Annotated

import typer
from rich.console import Console

console = Console()
errors = Console(stderr=True)

JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")]
