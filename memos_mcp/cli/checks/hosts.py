"""The hosts: which of them name memos-mcp, and whether what they start works."""

import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from pydantic import ValidationError

from memos_mcp import __version__
from memos_mcp.backends.selection import backend_kind
from memos_mcp.cli.checks.finding import Finding, host_of
from memos_mcp.cli.checks.settings import check_settings
from memos_mcp.core.settings import problems_of, read_settings
from memos_mcp.hosts import claude_plugin
from memos_mcp.hosts.config_file import ConfigFile
from memos_mcp.hosts.entries import Server, ServerEntry, entries_in, fetched_by, is_named_for_us, own_command, starts_us
from memos_mcp.hosts.machine import Machine
from memos_mcp.hosts.registry import HOSTS, HostFile, files_of
from memos_mcp.hosts.verification import NoAnswer, ServerAnswer, command_of, prove

Prove = Callable[[Server], ServerAnswer]
"""Start a server as a host would and ask who it is; NoAnswer where it does not answer."""

SERVER = "memos-mcp"
"""What our server calls itself."""

_FILLED_IN = re.compile(r"\$\{[^}]*\}")


def check_hosts(machine: Machine, *, proof: Prove = prove) -> Iterator[Finding]:
    """Look into each host's file that there is, and start what each entry of ours starts."""
    named = False
    for file in (*files_of(machine), *_files_of_plugins()):
        if file.path.is_file():
            for finding in _check_file(file, proof):
                named = True
                yield finding
    if not named:
        mend = f"Run `memos-mcp install`, or write its command into the host's file: {own_command()}"
        yield Finding.warning("hosts", "no host's file names memos-mcp", mend=mend)


def _files_of_plugins() -> Iterator[HostFile]:
    """Yield the file of the plugin of Claude Code where that is installed."""
    path = claude_plugin.servers_file()
    if path.is_file() and claude_plugin.is_installed():
        host = next(host for host in HOSTS if host.key == "claude-code")
        yield HostFile(replace(host, name=f"{host.name} plugin"), "user", path, host.table, found=True, written=True)


def _check_file(file: HostFile, proof: Prove) -> Iterator[Finding]:
    name = file.host.name
    try:
        document = ConfigFile.read(file.path, comments=file.host.comments).parsed()
    except OSError as exc:
        mend = "Give yourself the right to read it."
        yield Finding.warning(name, f"{file.path} cannot be read ({exc.strerror})", mend=mend)
    except ValueError as exc:
        mend = "Correct it there: the host ignores the file, or does not start."
        yield Finding.wrong(name, f"{file.path} is not valid: {exc}", mend=mend)
    else:
        for entry in entries_in(document, file.table):
            yield from _check_entry(name, entry, _where(file, entry), proof)


def _where(file: HostFile, entry: ServerEntry) -> str:
    project = f" of {entry.keys[1]}" if file.scope == "local" else ""
    return f'in {file.path}, server "{entry.name}", {file.scope} scope{project}'


def _check_entry(name: str, entry: ServerEntry, where: str, proof: Prove) -> Iterator[Finding]:
    named, ours = is_named_for_us(entry), starts_us(entry)
    try:
        server = Server.model_validate(entry.value)
    except ValidationError as exc:
        if named or ours:
            fields = ", ".join(".".join(str(part) for part in error["loc"]) for error in exc.errors())
            mend = "Write texts in quotes, args as a list."
            yield Finding.wrong(name, f"{fields} not as it should be {where}", mend=mend)
        return
    fetched = fetched_by(server)
    if not ours and not (named and (server.url or fetched)):
        return
    if server.disabled:
        yield Finding.warning(name, f"switched off {where}", mend="Switch it on there.")
    elif fetched:
        mend = f"Write the full path of this installation there, by `memos-mcp install` or by hand: {own_command()}"
        found = f'fetches the package "{fetched}" from a public index, where it is another program ({where})'
        yield Finding.warning(name, found, mend=mend)
    else:
        yield from _check_server(name, server, where, proof)


def _check_server(name: str, server: Server, where: str, proof: Prove) -> Iterator[Finding]:
    found = list(_check_variables(name, server, where))
    if server.url and not server.command:
        found.append(Finding.ok(name, f"calls {host_of(server.url)}: `memos-mcp serve` has to run there"))
    elif any(finding.level == "wrong" for finding in found):
        pass  # it would not start, and say the same
    else:
        found = [*_check_start(name, server, where, proof), *found]
    yield from (finding for finding in found if finding.level != "ok")
    if not any(finding.level == "wrong" for finding in found):
        told = "; ".join(finding.found for finding in found if finding.level == "ok")
        yield Finding.ok(name, f"{told} ({where})")


def _check_start(name: str, server: Server, where: str, proof: Prove) -> Iterator[Finding]:
    right = f"Run `memos-mcp install`, or write the full path there: {own_command()}"
    command = command_of(server)
    if command is None:
        yield Finding.wrong(name, f"there is no command {server.command} ({where})", mend=right)
        return
    if sys.platform == "darwin" and not Path(server.command).is_absolute():
        found = f"programs with windows may not find {server.command} ({where})"
        yield Finding.warning(name, found, mend=f"If the server does not start: {right}")
    if any(_FILLED_IN.search(word) for word in (*server.args, *server.env.values())):
        yield Finding.ok(name, f"starts {command}, not tried: the host fills in some of its values")
        return
    try:
        answer = proof(server)
    except NoAnswer as exc:
        yield Finding.wrong(name, f"{exc} ({where})", mend=right)
        return
    if answer.name != SERVER:
        yield Finding.warning(name, f"{command} is another server, {answer.name} ({where})", mend=right)
    elif answer.version != __version__:
        found = f"starts memos-mcp {answer.version}, this is {__version__} ({where})"
        yield Finding.warning(name, found, mend=f"Upgrade it. {right}")
    else:
        yield Finding.ok(name, f"starts {command}, which answers with {answer.tools} tools")


def _check_variables(name: str, server: Server, where: str) -> Iterator[Finding]:
    filled = {key: _FILLED_IN.sub("x", value) for key, value in server.env.items()}  # by the host, with what it likes
    known = {key: value for key, value in filled.items() if value == server.env[key] or not problems_of({key: value})}
    found = list(check_settings(known, about=name, where=where))
    yield from found
    if any(finding.level == "wrong" for finding in found) or server.url:
        return
    settings = read_settings(known)
    store = settings.base_url.host if backend_kind(settings) == "hosted" else settings.data_dir
    yield Finding.ok(name, f'user "{settings.user_id}" in {store}')
