"""The commands `memos-mcp token` and `memos-mcp user`: whom a server lets in."""

from typing import Annotated

import typer
from rich.console import Console

token = typer.Typer(help="Make, list and revoke the tokens of `memos-mcp serve`.", no_args_is_help=True)
console = Console()

JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")]


@token.command("add")
def add_token(
    user: Annotated[
        str, typer.Argument(help='Whose memory it opens; "*" for an application that acts for many users.')
    ],
) -> None:
    """Make a token for a user and print it, this once; a server that runs accepts it from now on."""
    from memos_mcp.operations import tokens  # noqa: PLC0415
    from memos_mcp.settings import read_settings  # noqa: PLC0415

    tokens.add(read_settings(), user, console=console)


@token.command("list")
def list_tokens(as_json: JsonOption = False) -> None:
    """List the tokens by name and user; the tokens themselves are not kept."""
    from memos_mcp.operations import tokens  # noqa: PLC0415
    from memos_mcp.settings import read_settings  # noqa: PLC0415

    found = tokens.listed(read_settings())
    if as_json:
        console.print_json(data=[one.model_dump() for one in found])
    else:
        tokens.show(found, console)


@token.command("revoke")
def revoke_token(name: Annotated[str, typer.Argument(help="The name that `token list` shows.")]) -> None:
    """Take a token back; a server that runs no longer accepts it."""
    from memos_mcp.operations import tokens  # noqa: PLC0415
    from memos_mcp.settings import read_settings  # noqa: PLC0415

    tokens.revoke(read_settings(), name, console=console)
