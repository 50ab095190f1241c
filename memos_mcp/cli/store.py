"""The commands on what is kept: search, history, forget, backup, restore, export, import, migrate, reindex."""

import json
from pathlib import Path
from typing import Annotated, Literal

import anyio
import typer

from memos_mcp.cli.printing import JsonOption, console, errors
from memos_mcp.core.settings import read_settings

commands = typer.Typer()

Service = Literal["hosted"]
"""Where memories can be moved from and to."""


@commands.command()
def search(
    query: Annotated[str, typer.Argument(help="What to look for, in words.")],
    as_json: JsonOption = False,
) -> None:
    """Search as an agent does: memories, preferences and messages, the best first."""
    from memos_mcp.cli.commands import search as searching  # noqa: PLC0415  # the MCP client takes half a second to import

    lines, structured = anyio.run(searching.search, query)
    if as_json:
        typer.echo(json.dumps(structured, ensure_ascii=False, indent=2))
    else:
        searching.show(lines, structured, console)


@commands.command()
def history(
    memory_id: Annotated[str, typer.Argument(help='A memory, such as "k12".')],
    undo: Annotated[bool, typer.Option("--undo", help="Take back its last change.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Show every change of a memory, and take the last one back."""
    from memos_mcp.cli.commands import history as histories  # noqa: PLC0415

    settings = read_settings()
    found = histories.undo(settings, memory_id, progress=errors) if undo else histories.look(settings, memory_id)
    if as_json:
        typer.echo(found.model_dump_json(indent=2))
    else:
        histories.show(found, console)


@commands.command()
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
    """Delete for good, from every file of the store, all about a word or a person, or what is named; shown first."""
    from memos_mcp.cli.commands import forget as forgetting  # noqa: PLC0415
    from memos_mcp.core.models import DeleteMemory  # noqa: PLC0415

    if not (text or memory or message or conversation):
        raise typer.BadParameter("Name a word, or a --memory, --message or --conversation.")
    settings = read_settings()
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


@commands.command()
def backup(
    file: Annotated[Path, typer.Argument(help="Where to write the backup, one file.")],
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there.")] = False,
) -> None:
    """Write everything that is kept on this machine into one file, while everything runs."""
    from memos_mcp.cli.commands.backup import back_up  # noqa: PLC0415
    from memos_mcp.cli.commands.own_ledger import with_own_ledger  # noqa: PLC0415

    back_up(with_own_ledger(read_settings()).data_dir, file, force=force, console=console, progress=errors)


@commands.command()
def restore(file: Annotated[Path, typer.Argument(help="A file that `memos-mcp backup` wrote.")]) -> None:
    """Put a backup in the place of what is kept, while hosts run; what was kept before stays beside it."""
    from memos_mcp.cli.commands.own_ledger import with_own_ledger  # noqa: PLC0415
    from memos_mcp.cli.commands.restore import restore as restore_backup  # noqa: PLC0415

    restore_backup(with_own_ledger(read_settings()), file, console=console, progress=errors)


@commands.command()
def export(
    target: Annotated[
        Path | None, typer.Argument(help="A file, - for standard output, or (Markdown) a folder.", show_default=False)
    ] = None,
    form: Annotated[
        Literal["jsonl", "markdown"], typer.Option("--format", help="JSON lines, or Markdown: a file a conversation.")
    ] = "jsonl",
    to: Annotated[
        Literal["hosted"] | None, typer.Option("--to", help="Send to MemOS Cloud in place of writing.")
    ] = None,
    user: Annotated[str, typer.Option(help="Of this user alone.")] = "",
    force: Annotated[bool, typer.Option("--force", help="Replace what is there.")] = False,
) -> None:
    """Write messages and memories, word for word, for people, other programs or another store."""

    if to is not None:
        from memos_mcp.cli.commands.hosted_transfer import send_to_hosted  # noqa: PLC0415

        send_to_hosted(read_settings(), user=user, console=console, progress=errors)
        return
    from memos_mcp.cli.commands.export import export as write_records  # noqa: PLC0415

    if target is None:
        raise typer.BadParameter("name a file or a folder, - for standard output, or --to hosted")
    write_records(
        read_settings(),
        target,
        form=form,
        user_id=user,
        force=force,
        console=console,
        progress=errors,
    )


@commands.command("import")
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

    if service is not None:
        from memos_mcp.cli.commands.hosted_transfer import take_from_hosted  # noqa: PLC0415

        take_from_hosted(read_settings(), dry_run=dry_run, console=console, progress=errors)
        return
    from memos_mcp.cli.commands.import_files import take_in  # noqa: PLC0415

    if not paths:
        raise typer.BadParameter("name files or folders, or --from hosted")
    take_in(read_settings(), paths, dry_run=dry_run, console=console, progress=errors)


@commands.command()
def migrate(
    source: Annotated[str, typer.Option("--from", help="A data directory, or postgresql://...")],
    target: Annotated[str, typer.Option("--to", help="The other of the two, with nothing in it yet.")],
) -> None:
    """Move a store between a data directory and PostgreSQL; where it was ended, it goes on."""
    from memos_mcp.cli.commands.migrate import migrate as move  # noqa: PLC0415

    move(source, target, console=console, progress=errors)


@commands.command()
def reindex() -> None:
    """Embed everything anew with the model that MEMOS_EMBEDDER names; nothing that was said is touched."""
    from memos_mcp.cli.commands.reindex import reindex as embed_anew  # noqa: PLC0415  # loads the model

    embed_anew(read_settings(), console=console, progress=errors)
