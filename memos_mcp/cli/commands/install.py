"""`memos-mcp install` and `uninstall`: the entry of this server in the files of hosts, written, taken out and tried."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Literal

from rich.console import Console
from rich.text import Text

from memos_mcp.cli.printing import say
from memos_mcp.core.errors import ConfigurationError, InvalidRequest, Unavailable
from memos_mcp.core.models import Frozen
from memos_mcp.core.settings import problems_of, unknown_in
from memos_mcp.hosts import claude_plugin
from memos_mcp.hosts.changes import FileChange, What, chosen, installing, uninstalling
from memos_mcp.hosts.config_file import NotChanged
from memos_mcp.hosts.entries import Server, own_command
from memos_mcp.hosts.hooks import Hooks, hooks_of, installing_hooks, settings_of, uninstalling_hooks, without
from memos_mcp.hosts.machine import Machine
from memos_mcp.hosts.registry import HOSTS, HostFile, Scope, files_of
from memos_mcp.hosts.verification import ServerAnswer, prove

_COLOURS = {"+": "green", "-": "red", "@": "cyan"}
_SECRET_SETTINGS = ("API_KEY", "TOKENS")


class Outcome(Frozen):
    """What became of one host's file; `no_hooks` says why the host gets none, where it could have some."""

    host: str
    name: str
    scope: Scope
    path: str
    part: Literal["server", "hooks"] = "server"
    what: What | Literal["refused"]
    diff: str = ""
    why: str = ""
    then: str = ""
    no_hooks: str = ""


class Report(Frozen):
    """What became of all of them, and what the server answered."""

    dry_run: bool
    command: str
    answer: ServerAnswer | None = None
    hosts: tuple[Outcome, ...]

    @property
    def is_well(self) -> bool:
        """Say whether nothing was refused."""
        return all(outcome.what != "refused" for outcome in self.hosts)


class _Changes:
    """The changes of one run. A file that is changed twice has one diff, with the later outcome."""

    def __init__(self, *, dry_run: bool) -> None:
        self.dry_run = dry_run
        self.outcomes: list[Outcome] = []
        self._of: dict[Path, FileChange] = {}

    def make(self, file: HostFile, change: Callable[..., FileChange], *, hooks: bool = False) -> Outcome:
        """Make a change, or in a dry run only look at it; a dry run of a second change begins where the first ends."""
        first = self._of.get(file.path)
        try:
            found = change(before=first.after if first and self.dry_run else None)
            if not self.dry_run:
                found.make()
        except NotChanged as exc:
            return self.tell(file, "refused", hooks=hooks, why=str(exc))
        except OSError as exc:
            why = f"{exc.filename or file.path} cannot be written ({exc.strerror})"
            return self.tell(file, "refused", hooks=hooks, why=why)
        whole = replace(found, before=first.before) if first else found
        self._of[file.path] = whole
        self.outcomes = [
            one.model_copy(update={"diff": ""}) if one.path == str(file.path) else one for one in self.outcomes
        ]
        then = file.host.then if found.is_one and found.what != "removed" else ""
        return self.tell(file, found.what, hooks=hooks, diff=whole.diff(), then=then)

    def tell(self, file: HostFile, what: What | Literal["refused"], *, hooks: bool = False, **told: str) -> Outcome:
        """Keep an outcome."""
        host, part = file.host, "hooks" if hooks else "server"
        outcome = Outcome(
            host=host.key, name=host.name, scope=file.scope, path=str(file.path), part=part, what=what, **told
        )
        self.outcomes.append(outcome)
        return outcome

    def add_to_last(self, **told: str) -> None:
        """Add to what was told last."""
        self.outcomes[-1] = self.outcomes[-1].model_copy(update=told)


def install(
    machine: Machine,
    hosts: Iterable[str],
    *,
    scope: Scope,
    variables: Mapping[str, str],
    with_hooks: bool = True,
    dry_run: bool,
) -> Report:
    """Have hosts start this server and run its hooks: prove that it answers, then write what is not there yet.

    A host that gives the server settings of its own gets no hooks, which would not have them.
    """
    _check_variables(variables, scope)
    files = _files(machine, hosts, scope)
    command = own_command()
    answer = None if dry_run else prove(Server(command=command, env=dict(variables)))
    changes = _Changes(dry_run=dry_run)
    without_hooks = set[str]()
    for file in files:
        why = _why_no_hooks(file, variables, machine) if with_hooks else ""
        change = partial(installing, file, command, variables)
        if with_hooks and not variables and _is_claude(file):
            _install_claude(file, change, changes, why)
        elif changes.make(file, change).what == "refused":
            without_hooks.add(file.host.key)
        elif why:
            changes.add_to_last(no_hooks=why)
            without_hooks.add(file.host.key)
    for hooks, file in _hooks_of(files, machine) if with_hooks else ():
        if hooks.host not in without_hooks:
            changes.make(file, partial(installing_hooks, hooks, file, command), hooks=True)
    return Report(dry_run=dry_run, command=command, answer=answer, hosts=tuple(changes.outcomes))


def uninstall(machine: Machine, hosts: Iterable[str], *, scope: Scope, dry_run: bool) -> Report:
    """Take this server out of hosts; what is kept stays where it is."""
    files = _files(machine, hosts, scope)
    changes = _Changes(dry_run=dry_run)
    for hooks, file in _hooks_of(files, machine) if scope == "user" else ():
        changes.make(file, partial(uninstalling_hooks, hooks, file), hooks=True)
    for file in files:
        _uninstall_one(file, changes)
    outcomes = tuple(one for one in changes.outcomes if one.part == "server" or one.what != "absent")
    return Report(dry_run=dry_run, command=own_command(), hosts=outcomes)


def _hooks_of(files: Iterable[HostFile], machine: Machine) -> list[tuple[Hooks, HostFile]]:
    """Return the hooks of the hosts of some files, each once, and the files that they stand in."""
    found = {file.host.key: hooks_of(file, machine) for file in files}
    return [one for one in found.values() if one is not None]


def _is_claude(file: HostFile) -> bool:
    return file.host.key == claude_plugin.HOST and file.scope == "user"


def _why_no_hooks(file: HostFile, variables: Mapping[str, str], machine: Machine) -> str:
    """Say why a host gets no hooks: its entry has, or is to have, settings of its own."""
    if not _is_claude(file) and hooks_of(file, machine) is None:
        return ""
    try:
        settings = {*variables, *settings_of(file)}
    except NotChanged:  # which the change of the file says too
        return ""
    return without(sorted(settings)) if settings else ""


def _install_claude(file: HostFile, change: Callable[..., FileChange], changes: _Changes, why: str) -> None:
    """Have Claude Code take the plugin in place of an entry, where it can be asked to."""
    offered = claude_plugin.is_offered()
    if offered and claude_plugin.is_installed():
        changes.tell(file, "unchanged", why="the plugin is installed")
        return
    if offered and not why:
        try:
            if not changes.dry_run:
                claude_plugin.install(claude_plugin.own_folder(), command=own_command())
        except Unavailable as exc:  # a Claude Code that has no plugins yet
            why = str(exc)
        else:
            # Claude Code would start the server twice.
            changes.make(file, partial(uninstalling, file))
            if changes.outcomes[-1].what != "refused":
                told = "as a plugin, with hooks, a skill and commands"
                changes.add_to_last(what="added", why=told, then=file.host.then)
            return
    if changes.make(file, change).what != "refused":
        changes.add_to_last(no_hooks=why or claude_plugin.NOT_OFFERED)


def _uninstall_one(file: HostFile, changes: _Changes) -> None:
    plugin = _is_claude(file) and claude_plugin.is_installed()
    if plugin:
        try:
            if not changes.dry_run:
                claude_plugin.uninstall(claude_plugin.own_folder())
        except Unavailable as exc:
            changes.tell(file, "refused", why=str(exc))
            return
    if changes.make(file, partial(uninstalling, file)).what == "absent" and plugin:
        changes.add_to_last(what="removed", why="the plugin")


def _files(machine: Machine, hosts: Iterable[str], scope: Scope) -> list[HostFile]:
    wanted = tuple(host.strip().lower() for host in hosts)
    known = [host.key for host in HOSTS]
    unknown = [host for host in wanted if host not in known]
    if unknown:
        raise InvalidRequest(f"There is no host {', '.join(unknown)}. There are {', '.join(known)}.")
    files = chosen(files_of(machine), wanted, scope)
    without = [host for host in wanted if host not in {file.host.key for file in files}]
    if without:
        raise InvalidRequest(f"{', '.join(without)} has no file of {scope} scope on this system.")
    if not files:
        raise InvalidRequest(f"No host was found on this machine. Name one to write its file: {', '.join(known)}.")
    return files


def _check_variables(variables: Mapping[str, str], scope: Scope) -> None:
    wrong = [*problems_of(variables), *(f"{name} is no setting" for name in unknown_in(variables))]
    wrong += [f"{name} is no setting" for name in variables if not name.startswith("MEMOS_")]
    if wrong:
        raise InvalidRequest(". ".join(wrong) + ".")
    secret = [name for name in variables if name.endswith(_SECRET_SETTINGS)]
    if secret and scope == "project":
        raise InvalidRequest(f"{', '.join(secret)}: the files of a project are shared. Use --scope user for keys.")


def variables_of(assignments: Iterable[str]) -> dict[str, str]:
    """Read variables written as NAME=VALUE."""
    pairs = [assignment.partition("=") for assignment in assignments]
    if any(not (name and equals) for name, equals, _ in pairs):
        raise ConfigurationError("Write a variable as NAME=VALUE, such as --env MEMOS_USER_ID=ann.")
    return {name: value for name, _, value in pairs}


def show(report: Report, console: Console, *, verbose: bool = False) -> None:
    """Print a line for each host and what is left to do; the diffs of the files in a dry run, or where asked for."""
    for _, outcomes in groupby(sorted(report.hosts, key=_order(report)), key=lambda outcome: outcome.host):
        _show_host(list(outcomes), console, diffs=verbose or report.dry_run)
    if report.answer:
        told = f"The server answers: memos-mcp {report.answer.version}, {report.answer.tools} tools."
        say(console, told)
    if report.dry_run:
        say(console, "Nothing was written.")
        return
    for line in dict.fromkeys(f"{outcome.name}: {outcome.then}." for outcome in report.hosts if outcome.then):
        say(console, line)
    if report.answer and any(outcome.then for outcome in report.hosts):
        say(console, 'Then try it. Say there: "Remember that my sister\'s birthday is on 3 May."')


def _order(report: Report) -> Callable[[Outcome], int]:
    """Return what brings the outcomes of each host together, the hosts as they are, the server first."""
    hosts = list(dict.fromkeys(outcome.host for outcome in report.hosts))
    return lambda outcome: 2 * hosts.index(outcome.host) + (outcome.part == "hooks")


def _show_host(outcomes: list[Outcome], console: Console, *, diffs: bool) -> None:
    told = "; ".join(_told(outcome) for outcome in outcomes)
    style = "bold yellow" if any(outcome.what == "refused" or outcome.no_hooks for outcome in outcomes) else "bold"
    console.print(Text.assemble((f"{outcomes[0].name}: ", style), told), soft_wrap=True)
    for outcome in outcomes if diffs else ():
        for line in outcome.diff.splitlines():
            console.print(Text("  " + line, style=_COLOURS.get(line[:1], "")), soft_wrap=True)


def _told(outcome: Outcome) -> str:
    told = f"{outcome.part} {outcome.what} ({outcome.path})" + (f": {outcome.why}" if outcome.why else "")
    return told + (f"; no hooks: {outcome.no_hooks}" if outcome.no_hooks else "")
