"""The hooks of hosts: which of them run ours, and whether what they run is there."""

import shlex
import shutil
from collections.abc import Iterator

from memos_mcp.cli.checks.finding import Finding
from memos_mcp.hosts import claude_plugin
from memos_mcp.hosts.changes import read
from memos_mcp.hosts.config_file import NotChanged
from memos_mcp.hosts.entries import own_command
from memos_mcp.hosts.hooks import commands_of, hooks_of, why_no_hooks
from memos_mcp.hosts.machine import Machine
from memos_mcp.hosts.registry import files_of


def check_hooks(machine: Machine) -> Iterator[Finding]:
    """Look into the file of hooks of each host that has one, and say which hosts that start us run none."""
    yield from _check_files(machine)
    lacking: dict[str, tuple[str, str]] = {}
    for file in files_of(machine):
        try:
            why = why_no_hooks(file, machine)
        except NotChanged:  # which is said where that file is looked into
            continue
        if why and file.host.key not in lacking:
            lacking[file.host.key] = (file.host.name, why)
    for name, why in lacking.values():
        if why == claude_plugin.NOT_OFFERED:
            mend = "Until then the memory is used only where the agent calls its tools."
            yield Finding.warning(f"{name} hooks", f"no hooks: {why}", mend=mend)
        else:
            yield Finding.ok(f"{name} hooks", f"no hooks: {why}")


def _check_files(machine: Machine) -> Iterator[Finding]:
    looked_at = set[str]()
    for server_file in files_of(machine):
        found = hooks_of(server_file, machine)
        if found is None or server_file.host.key in looked_at:
            continue
        looked_at.add(server_file.host.key)
        _, file = found
        try:
            commands = commands_of(read(file))
        except NotChanged as exc:
            yield Finding.warning(f"{file.host.name} hooks", str(exc), mend="The host runs none of its hooks.")
            continue
        if not commands:
            continue
        gone = sorted({event for event, command in commands.items() if shutil.which(_program(command)) is None})
        if gone:
            about = f"{', '.join(gone)} of {file.path} run a command that is not there"
            mend = f"Run `memos-mcp install {file.host.key}`, which writes {own_command()}"
            yield Finding.wrong(f"{file.host.name} hooks", about, mend=mend)
        else:
            yield Finding.ok(f"{file.host.name} hooks", f"{len(commands)} events (in {file.path}, user scope)")


def _program(command: str) -> str:
    try:
        return shlex.split(command, posix="\\" not in command)[0].strip('"')
    except ValueError:
        return command
