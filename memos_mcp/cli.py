"""The command line: reads the settings, opens, serves, closes."""

import logging
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import anyio
import typer
from rich.console import Console

from memos_mcp import __version__, accounts
from memos_mcp.errors import MemosError

if TYPE_CHECKING:
    from memos_mcp.operations.installing import Report

app = typer.Typer(
    name="memos-mcp",
    help="Long-term memory for any MCP host. Without a command it serves MCP over standard input and output.",
    no_args_is_help=False,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(accounts.token, name="token")
app.add_typer(accounts.user, name="user")
console = Console()
errors = Console(stderr=True)

OF_THE_STORE = {"chromadb", "onnxruntime", "tokenizers", "numpy"}
"""What an installation for the hosted service alone is without."""

JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")]


class Transport(StrEnum):
    """How MCP is served."""

    ALL = "all"
    STREAMABLE_HTTP = "streamable-http"
    SSE = "sse"
    STDIO = "stdio"


class InstallScope(StrEnum):
    """Whose files of hosts are written."""

    USER = "user"
    PROJECT = "project"


def run() -> None:
    """Run the command line; an error of ours is one sentence and exit status 1."""
    try:
        app()
    except MemosError as exc:
        errors.print(f"memos-mcp: {exc}", markup=False, highlight=False, soft_wrap=True)
        sys.exit(1)
    except ModuleNotFoundError as exc:
        from memos_mcp.opening import NO_STORE  # noqa: PLC0415

        if (exc.name or "").partition(".")[0] not in OF_THE_STORE:
            raise
        errors.print(f"memos-mcp: {NO_STORE}", markup=False, highlight=False, soft_wrap=True)
        sys.exit(1)


def show_version(asked: bool) -> None:
    """Print the version and end."""
    if asked:
        console.print(__version__, highlight=False)
        raise typer.Exit


@app.callback()
def memos_mcp(
    version: Annotated[
        bool, typer.Option("--version", callback=show_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Long-term memory for any MCP host."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    del version


@app.command()
def demo() -> None:
    """Show the main job: store a conversation in a scratch store, restart, ask, see what comes back."""
    from memos_mcp.demo import show  # noqa: PLC0415  # the MCP client takes half a second to import

    if not anyio.run(show, console):
        raise typer.Exit(1)


@app.command()
def serve(
    host: Annotated[
        str, typer.Option(help="Address to listen on; others than loopback need MEMOS_TOKENS.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 takes a free one.")] = 8765,
    transport: Annotated[
        Transport, typer.Option(help="Which MCP transports, beside the MemOS contract.")
    ] = Transport.ALL,
    name: Annotated[
        list[str] | None, typer.Option(help="A further name that callers use, as behind a proxy; may be repeated.")
    ] = None,
    oauth: Annotated[
        bool, typer.Option("--oauth", help="Have users sign in, as hosts elsewhere need it (OAuth 2.1).")
    ] = False,
    url: Annotated[
        str, typer.Option(help="The address that callers use, such as https://memory.example.org, for --oauth.")
    ] = "",
) -> None:
    """Serve the store over HTTP: MCP (Streamable HTTP, SSE) and the MemOS contract on one port."""
    from memos_mcp.engine.running import run_server  # noqa: PLC0415
    from memos_mcp.operations.about import ThisMachine  # noqa: PLC0415
    from memos_mcp.settings import read_settings  # noqa: PLC0415

    if transport is Transport.STDIO:
        from memos_mcp.host import serve_host  # noqa: PLC0415
        from memos_mcp.server.wire import take_wire  # noqa: PLC0415

        raise typer.Exit(serve_host(take_wire()))
    wanted = {"streamable-http", "sse"} if transport is Transport.ALL else {transport.value}
    run_server(
        read_settings(),
        host=host,
        port=port,
        transports=frozenset(wanted),
        names=name or (),
        machine=ThisMachine(),
        oauth=oauth,
        url=url,
    )


@app.command("open")
def open_page(
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Print the link and leave it at that.")] = False,
) -> None:
    """Open the page that shows what is remembered, to correct it and to have it forgotten."""
    from memos_mcp.operations.page import open_page as show_page  # noqa: PLC0415
    from memos_mcp.settings import read_settings  # noqa: PLC0415

    show_page(read_settings().data_dir, browse=not no_browser, console=console)


@app.command()
def status(as_json: JsonOption = False) -> None:
    """Show the engine, what is kept, and what waits."""
    from memos_mcp.operations.status import look, show  # noqa: PLC0415
    from memos_mcp.settings import read_settings  # noqa: PLC0415

    overview = look(read_settings())
    if as_json:
        typer.echo(overview.model_dump_json(indent=2))
    else:
        show(overview, console)


@app.command()
def stop() -> None:
    """Have the engine finish; hosts start another when they need it."""
    from memos_mcp.operations.stop import stop as stop_engine  # noqa: PLC0415
    from memos_mcp.settings import read_settings  # noqa: PLC0415

    stop_engine(read_settings().data_dir, console=console, progress=errors)


config = typer.Typer(help="Show every setting and where it comes from.", invoke_without_command=True)
app.add_typer(config, name="config")


@config.callback()
def show_config(context: typer.Context, as_json: JsonOption = False) -> None:
    """Show every setting and where it comes from."""
    from memos_mcp.operations import config as settings_shown  # noqa: PLC0415
    from memos_mcp.settings import read_settings  # noqa: PLC0415

    if context.invoked_subcommand is not None:
        return
    values = settings_shown.values_of(read_settings())
    if as_json:
        console.print_json(data=[value.model_dump() for value in values])
    else:
        settings_shown.show(values, console)


@config.command("set")
def set_config(
    name: Annotated[str, typer.Argument(help="A setting of the store, such as embedder or MEMOS_EMBEDDER.")],
    value: Annotated[str, typer.Argument(help='Its value; "" takes it out.')],
) -> None:
    """Write a setting into the store's config.toml, for all hosts."""
    from memos_mcp.operations.config import write  # noqa: PLC0415
    from memos_mcp.settings import read_settings  # noqa: PLC0415

    write(read_settings(), name, value, console=console)


@app.command()
def doctor(as_json: JsonOption = False) -> None:
    """Look for what is wrong and say how to mend it; exit status 1 where something is."""
    from memos_mcp.operations.doctor import run_checks  # noqa: PLC0415  # loads the store and the model

    if not run_checks(as_json=as_json, console=console, progress=errors):
        raise typer.Exit(1)


HostsArgument = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[HOST]...", help="Hosts, such as cursor or claude-desktop; without one, all that are found."
    ),
]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Show what would change, and change nothing.")]
ScopeOption = Annotated[
    InstallScope, typer.Option(help="For this user everywhere, or in the files of the project in the current folder.")
]


@app.command()
def install(
    hosts: HostsArgument = None,
    scope: ScopeOption = InstallScope.USER,
    env: Annotated[
        list[str] | None, typer.Option(help="A setting for the server, such as MEMOS_USER_ID=ann; may be repeated.")
    ] = None,
    hooks: Annotated[
        bool, typer.Option(help="Have hosts that can hand over what is said, and be told what is known, by themselves.")
    ] = True,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """Put this server into the hosts of this machine, and prove that it answers."""
    from memos_mcp.hosts.machine import Machine  # noqa: PLC0415
    from memos_mcp.operations import installing  # noqa: PLC0415

    report = installing.install(
        Machine.here(),
        hosts or (),
        scope=scope.value,
        variables=installing.variables_of(env or ()),
        with_hooks=hooks,
        dry_run=dry_run,
    )
    _tell_installed(report, as_json=as_json)


@app.command()
def uninstall(
    hosts: HostsArgument = None,
    scope: ScopeOption = InstallScope.USER,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """Take this server out of the hosts of this machine; what is kept stays."""
    from memos_mcp.hosts.machine import Machine  # noqa: PLC0415
    from memos_mcp.operations import installing  # noqa: PLC0415

    report = installing.uninstall(Machine.here(), hosts or (), scope=scope.value, dry_run=dry_run)
    _tell_installed(report, as_json=as_json)


def _tell_installed(report: "Report", *, as_json: bool) -> None:
    from memos_mcp.operations import installing  # noqa: PLC0415

    if as_json:
        typer.echo(report.model_dump_json(indent=2))
    else:
        installing.show(report, console)
    if not report.is_well:
        raise typer.Exit(1)


@app.command()
def history(
    memory_id: Annotated[str, typer.Argument(help='A memory, such as "k12".')],
    undo: Annotated[bool, typer.Option("--undo", help="Take back its last change.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Show every change of a memory, and take the last one back."""
    from memos_mcp.operations import history as histories  # noqa: PLC0415
    from memos_mcp.operations.own_ledger import with_own_ledger  # noqa: PLC0415
    from memos_mcp.settings import read_settings  # noqa: PLC0415

    settings = with_own_ledger(read_settings())
    found = histories.undo(settings, memory_id, progress=errors) if undo else histories.look(settings, memory_id)
    if as_json:
        typer.echo(found.model_dump_json(indent=2))
    else:
        histories.show(found, console)


@app.command()
def forget(
    text: Annotated[str, typer.Argument(help="A word, a name or a phrase: all that speaks of it goes.")] = "",
    memory: Annotated[list[str] | None, typer.Option(help="A memory that goes; may be repeated.")] = None,
    message: Annotated[list[str] | None, typer.Option(help="A message that goes; may be repeated.")] = None,
    conversation: Annotated[list[str] | None, typer.Option(help="A conversation that goes; may be repeated.")] = None,
    with_messages: Annotated[
        bool, typer.Option("--with-messages", help="With the messages that the memories come from.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would go, and change nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Delete for good, from every file, all about a word or a person, or what is named; shown first."""
    from memos_mcp.models import DeleteMemory  # noqa: PLC0415
    from memos_mcp.operations import forgetting  # noqa: PLC0415
    from memos_mcp.operations.own_ledger import with_own_ledger  # noqa: PLC0415
    from memos_mcp.settings import read_settings  # noqa: PLC0415

    if not (text or memory or message or conversation):
        raise typer.BadParameter("Name a word, or a --memory, --message or --conversation.")
    settings = with_own_ledger(read_settings())
    request = DeleteMemory(
        text=text,
        memory_ids=tuple(memory or ()),
        message_ids=tuple(message or ()),
        conversation_ids=tuple(conversation or ()),
        delete_messages=with_messages,
    )
    found = forgetting.look(settings, request)
    if not dry_run and not found.is_empty:
        if not yes:
            forgetting.show(found, errors)
            typer.confirm("Delete this for good?", abort=True, err=True)
        found = forgetting.forget(settings, request, progress=errors)
    if as_json:
        typer.echo(found.model_dump_json(indent=2))
    else:
        forgetting.show(found, console)


@app.command()
def backup(
    file: Annotated[Path, typer.Argument(help="Where to write the backup, one file.")],
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there.")] = False,
) -> None:
    """Write everything that is kept on this machine into one file, while everything runs."""
    from memos_mcp.operations.backup import back_up  # noqa: PLC0415
    from memos_mcp.operations.own_ledger import with_own_ledger  # noqa: PLC0415
    from memos_mcp.settings import read_settings  # noqa: PLC0415

    back_up(with_own_ledger(read_settings()).data_dir, file, force=force, console=console, progress=errors)


@app.command()
def restore(file: Annotated[Path, typer.Argument(help="A file that `memos-mcp backup` wrote.")]) -> None:
    """Put a backup in the place of what is kept, while hosts run; what was kept before stays beside it."""
    from memos_mcp.operations.own_ledger import with_own_ledger  # noqa: PLC0415
    from memos_mcp.operations.restore import restore as restore_backup  # noqa: PLC0415
    from memos_mcp.settings import read_settings  # noqa: PLC0415

    restore_backup(with_own_ledger(read_settings()), file, console=console, progress=errors)


class Form(StrEnum):
    """How an export is written."""

    JSONL = "jsonl"
    MARKDOWN = "markdown"


class Service(StrEnum):
    """Where memories can be moved from and to."""

    HOSTED = "hosted"


@app.command()
def export(
    target: Annotated[
        Path | None, typer.Argument(help="A file, - for standard output, or (Markdown) a folder.", show_default=False)
    ] = None,
    form: Annotated[
        Form, typer.Option("--format", help="JSON lines, or Markdown: a file a conversation.")
    ] = Form.JSONL,
    to: Annotated[Service | None, typer.Option("--to", help="Send to MemOS Cloud in place of writing.")] = None,
    user: Annotated[str, typer.Option(help="Of this user alone.")] = "",
    force: Annotated[bool, typer.Option("--force", help="Replace what is there.")] = False,
) -> None:
    """Write messages and memories, word for word, for people, other programs or another store."""
    from memos_mcp.settings import read_settings  # noqa: PLC0415

    if to is not None:
        from memos_mcp.operations.hosted import send_to_hosted  # noqa: PLC0415

        send_to_hosted(read_settings(), user=user, console=console, progress=errors)
        return
    from memos_mcp.operations.exporting import export as write_records  # noqa: PLC0415
    from memos_mcp.operations.own_ledger import with_own_ledger  # noqa: PLC0415

    if target is None:
        raise typer.BadParameter("name a file or a folder, - for standard output, or --to hosted")
    write_records(
        with_own_ledger(read_settings()).data_dir,
        target,
        form=form.value,
        user_id=user,
        force=force,
        console=console,
        progress=errors,
    )


@app.command("import")
def import_paths(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            help="Files, folders and archives, such as an export of ChatGPT; docs/import.md lists what.",
            metavar="PATH…",
            show_default=False,
        ),
    ] = None,
    service: Annotated[Service | None, typer.Option("--from", help="Take from MemOS Cloud.")] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what is there and how much is new; take nothing.")
    ] = False,
) -> None:
    """Take in what other programs, or `memos-mcp export`, wrote: each thing once, however often it comes."""
    from memos_mcp.settings import read_settings  # noqa: PLC0415

    if service is not None:
        from memos_mcp.operations.hosted import take_from_hosted  # noqa: PLC0415

        take_from_hosted(read_settings(), dry_run=dry_run, console=console, progress=errors)
        return
    from memos_mcp.operations.importing import take_in  # noqa: PLC0415
    from memos_mcp.operations.own_ledger import with_own_ledger  # noqa: PLC0415

    if not paths:
        raise typer.BadParameter("name files or folders, or --from hosted")
    take_in(with_own_ledger(read_settings()), paths, dry_run=dry_run, console=console, progress=errors)


@app.command()
def migrate(
    source: Annotated[str, typer.Option("--from", help="A data directory, or postgresql://...")],
    target: Annotated[str, typer.Option("--to", help="The other of the two, with nothing in it yet.")],
) -> None:
    """Move a store between a data directory and PostgreSQL; where it was ended, it goes on."""
    from memos_mcp.operations.migrate import migrate as move  # noqa: PLC0415

    move(source, target, console=console, progress=errors)


@app.command()
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


@app.command()
def reindex() -> None:
    """Embed everything anew with the model that MEMOS_EMBEDDER names; nothing that was said is touched."""
    from memos_mcp.operations.own_ledger import with_own_ledger  # noqa: PLC0415
    from memos_mcp.operations.reindex import reindex as embed_anew  # noqa: PLC0415  # loads the model
    from memos_mcp.settings import read_settings  # noqa: PLC0415

    embed_anew(with_own_ledger(read_settings()), console=console, progress=errors)
