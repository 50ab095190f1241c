"""The commands `memos-mcp token` and `memos-mcp user`: whom a server lets in."""

import sys
from typing import Annotated

import typer

from memos_mcp.cli.printing import JsonOption, console, say
from memos_mcp.core.settings import read_settings

token = typer.Typer(help="Make, list and revoke the tokens of `memos-mcp serve`.", no_args_is_help=True)
user = typer.Typer(
    help="Make, list and remove the users who sign in to `memos-mcp serve --oauth`.", no_args_is_help=True
)


@token.command("add")
def add_token(
    user: Annotated[
        str, typer.Argument(help='Whose memory it opens; "*" for an application that acts for many users.')
    ],
) -> None:
    """Make a token for a user and print it, this once; a server that runs accepts it from now on."""
    from memos_mcp.cli.commands import tokens  # noqa: PLC0415

    tokens.add(read_settings(), user, console=console)


@token.command("list")
def list_tokens(as_json: JsonOption = False) -> None:
    """List the tokens by name and user; the tokens themselves are not kept."""
    from memos_mcp.cli.commands import tokens  # noqa: PLC0415

    found = tokens.listed(read_settings())
    if as_json:
        console.print_json(data=[one.model_dump() for one in found])
    else:
        tokens.show(found, console)


@token.command("revoke")
def revoke_token(name: Annotated[str, typer.Argument(help="The name that `token list` shows.")]) -> None:
    """Take a token back; a server that runs no longer accepts it."""
    from memos_mcp.cli.commands import tokens  # noqa: PLC0415

    tokens.revoke(read_settings(), name, console=console)


FromStdin = Annotated[bool, typer.Option("--password-stdin", help="Read the password from standard input.")]


def _password(from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True))


@user.command("add")
def add_user(
    name: Annotated[str, typer.Argument(help="The user, whose memory it is too.")], password_stdin: FromStdin = False
) -> None:
    """Let a user sign in with a password, which is asked for."""
    from memos_mcp.cli.commands import users  # noqa: PLC0415

    users.add(read_settings(), name, _password(password_stdin), console=console)


@user.command("password")
def change_password(name: Annotated[str, typer.Argument(help="The user.")], password_stdin: FromStdin = False) -> None:
    """Give a user another password; applications have to sign in again."""
    from memos_mcp.cli.commands import users  # noqa: PLC0415

    users.change_password(read_settings(), name, _password(password_stdin), console=console)


@user.command("list")
def list_users(as_json: JsonOption = False) -> None:
    """List the users who may sign in."""
    from memos_mcp.cli.commands import users  # noqa: PLC0415

    found = users.listed(read_settings())
    if as_json:
        console.print_json(data=found)
    else:
        say(console, "\n".join(found) or "There are no users.")


@user.command("remove")
def remove_user(name: Annotated[str, typer.Argument(help="The user.")]) -> None:
    """Let a user no longer sign in; what is remembered stays."""
    from memos_mcp.cli.commands import users  # noqa: PLC0415

    users.remove(read_settings(), name, console=console)
