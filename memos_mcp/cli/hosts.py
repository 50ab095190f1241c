"""The commands about hosts: `memos-mcp install`, `uninstall` and `hook`."""

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from memos_mcp.cli.printing import JsonOption, console

if TYPE_CHECKING:
    from memos_mcp.cli.commands.install import Report

commands = typer.Typer()


HostsArgument = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[HOST]...", help="Hosts, such as cursor or claude-desktop; without one, all that are found."
    ),
]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Show what would change, and change nothing.")]
VerboseOption = Annotated[bool, typer.Option("--verbose", help="Show the changes of each file as a diff.")]
ScopeOption = Annotated[
    Literal["user", "project"],
    typer.Option(help="For this user everywhere, or in the files of the project in the current folder."),
]


@commands.command()
def install(
    hosts: HostsArgument = None,
    scope: ScopeOption = "user",
    env: Annotated[
        list[str] | None, typer.Option(help="A setting for the server, such as MEMOS_USER_ID=ann; may be repeated.")
    ] = None,
    hooks: Annotated[
        bool, typer.Option(help="Have hosts that can hand over what is said, and be told what is known, by themselves.")
    ] = True,
    dry_run: DryRunOption = False,
    verbose: VerboseOption = False,
    as_json: JsonOption = False,
) -> None:
    """Put this server into the hosts of this machine, and prove that it answers."""
    from memos_mcp.cli.commands import install as installing  # noqa: PLC0415
    from memos_mcp.hosts.machine import Machine  # noqa: PLC0415

    report = installing.install(
        Machine.here(),
        hosts or (),
        scope=scope,
        variables=installing.variables_of(env or ()),
        with_hooks=hooks,
        dry_run=dry_run,
    )
    _tell_installed(report, verbose=verbose, as_json=as_json)


@commands.command()
def uninstall(
    hosts: HostsArgument = None,
    scope: ScopeOption = "user",
    dry_run: DryRunOption = False,
    verbose: VerboseOption = False,
    as_json: JsonOption = False,
) -> None:
    """Take this server out of the hosts of this machine; what is kept stays."""
    from memos_mcp.cli.commands import install as installing  # noqa: PLC0415
    from memos_mcp.hosts.machine import Machine  # noqa: PLC0415

    report = installing.uninstall(Machine.here(), hosts or (), scope=scope, dry_run=dry_run)
    _tell_installed(report, verbose=verbose, as_json=as_json)


def _tell_installed(report: "Report", *, verbose: bool, as_json: bool) -> None:
    from memos_mcp.cli.commands import install as installing  # noqa: PLC0415

    if as_json:
        typer.echo(report.model_dump_json(indent=2))
    else:
        installing.show(report, console, verbose=verbose)
    if not report.is_well:
        raise typer.Exit(1)


@commands.command()
def hook(
    event: Annotated[str, typer.Argument(help="The host's own name of the event, such as UserPromptSubmit.")],
    host: Annotated[
        str,
        typer.Option(help="claude-code, cursor, codex, gemini or vscode; told from the event where it is left out."),
    ] = "",
) -> None:
    """Speak a host's hook protocol: give what bears on a session or a prompt, keep what was said."""
    from memos_mcp.relay.hook import main  # noqa: PLC0415

    raise typer.Exit(main([event, "--host", host]))
