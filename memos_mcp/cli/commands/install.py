"""`memos-mcp install` and `uninstall`: the entry of this server in the files of hosts, written, taken out and tried."""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Literal

from rich.console import Console
from rich.text import Text

from memos_mcp.cli.printing import say
from memos_mcp.core.errors import ConfigurationError, InvalidRequest, Unavailable
from memos_mcp.core.models import Frozen
from memos_mcp.core.settings import problems_of, unknown_in
from memos_mcp.hosts import claude_plugin
from memos_mcp.hosts.changes import FileChange, What, chosen, installing, our_entries, uninstalling
from memos_mcp.hosts.config_file import NotChanged
from memos_mcp.hosts.entries import Server, own_command
from memos_mcp.hosts.hooks import Hooks, hooks_of, installing_hooks, uninstalling_hooks
from memos_mcp.hosts.machine import Machine
from memos_mcp.hosts.registry import HOSTS, HostFile, Scope, files_of
from memos_mcp.hosts.verification import ServerAnswer, prove

_COLOURS = {"+": "green", "-": "red", "@": "cyan"}
_SECRET_SETTINGS = ("API_KEY", "TOKENS")


class Outcome(Frozen):
    """What became of one host's file."""

    host: str
    name: str
    scope: Scope
    path: str
    what: What | Literal["refused"]
    diff: str = ""
    why: str = ""
    then: str = ""


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

    def change(file: HostFile) -> FileChange:
        return installing(file, command, variables)

    with_hooks = with_hooks and not variables
    outcomes = [_install_one(file, change, dry_run=dry_run, plain=not with_hooks) for file in files]
    plain = {file.host.key for file, outcome in zip(files, outcomes, strict=True) if _has_settings(file, outcome)}
    for hooks, file in _hooks_of(files, machine) if with_hooks else ():
        if hooks.host not in plain:
            outcomes.append(_made(file, partial(installing_hooks, hooks, command=command), dry_run=dry_run))
    return Report(dry_run=dry_run, command=command, answer=answer, hosts=tuple(outcomes))


def uninstall(machine: Machine, hosts: Iterable[str], *, scope: Scope, dry_run: bool) -> Report:
    """Take this server out of hosts; what is kept stays where it is."""
    files = _files(machine, hosts, scope)
    outcomes = [
        _made(file, partial(uninstalling_hooks, hooks), dry_run=dry_run)
        for hooks, file in (_hooks_of(files, machine) if scope == "user" else ())
    ]
    outcomes = [outcome for outcome in outcomes if outcome.what != "absent"]
    outcomes += [_uninstall_one(file, dry_run=dry_run) for file in files]
    return Report(dry_run=dry_run, command=own_command(), hosts=tuple(outcomes))


def _hooks_of(files: Iterable[HostFile], machine: Machine) -> list[tuple[Hooks, HostFile]]:
    """Return the hooks of the hosts of some files, each once, and the files that they stand in."""
    found = {file.host.key: hooks_of(file, machine) for file in files}
    return [one for one in found.values() if one is not None]


def _has_settings(file: HostFile, outcome: Outcome) -> bool:
    """Say whether a host gives the server settings of its own, or is not to be changed."""
    return outcome.what == "refused" or any(Server.model_validate(entry.value).env for entry in our_entries(file))


def _install_one(file: HostFile, change: Callable[[HostFile], FileChange], *, dry_run: bool, plain: bool) -> Outcome:
    if file.host.key == "claude-code" and file.scope == "user" and not plain and claude_plugin.is_offered():
        if claude_plugin.is_installed():
            return _outcome(file, "unchanged", why="the plugin is installed")
        try:
            if not dry_run:
                claude_plugin.install(claude_plugin.own_folder(), command=own_command())
        except Unavailable as exc:  # a Claude Code that has no plugins yet
            return _made(file, change, dry_run=dry_run).model_copy(update={"why": f"without the plugin: {exc}"})
        return _outcome(file, "added", why="as a plugin, with hooks, a skill and commands", then=file.host.then)
    return _made(file, change, dry_run=dry_run)


def _uninstall_one(file: HostFile, *, dry_run: bool) -> Outcome:
    if file.host.key == "claude-code" and file.scope == "user" and claude_plugin.is_installed():
        try:
            if not dry_run:
                claude_plugin.uninstall(claude_plugin.own_folder())
        except Unavailable as exc:
            return _outcome(file, "refused", why=str(exc))
        entry = _made(file, uninstalling, dry_run=dry_run)
        return entry if entry.what != "absent" else _outcome(file, "removed", why="the plugin")
    return _made(file, uninstalling, dry_run=dry_run)


def _made(file: HostFile, change: Callable[[HostFile], FileChange], *, dry_run: bool) -> Outcome:
    try:
        found = change(file)
        if not dry_run:
            found.make()
    except NotChanged as exc:
        return _outcome(file, "refused", why=str(exc))
    except OSError as exc:
        return _outcome(file, "refused", why=f"{exc.filename or file.path} cannot be written ({exc.strerror})")
    return _outcome(file, found.what, diff=found.diff(), then=file.host.then if found.is_one else "")


def _outcome(file: HostFile, what: What | Literal["refused"], **told: str) -> Outcome:
    host = file.host
    return Outcome(host=host.key, name=host.name, scope=file.scope, path=str(file.path), what=what, **told)


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


def show(report: Report, console: Console) -> None:
    """Print what became of each host's file, with its diff."""
    for outcome in report.hosts:
        _show_one(outcome, console)
    if report.answer:
        told = f"The server answers: memos-mcp {report.answer.version}, {report.answer.tools} tools."
        say(console, told)
    if report.dry_run:
        say(console, "Nothing was written.")
        return
    for outcome in report.hosts:
        if outcome.then:
            say(console, f"{outcome.name}: {outcome.then}.")


def _show_one(outcome: Outcome, console: Console) -> None:
    style = "yellow" if outcome.what == "refused" else "bold"
    console.print(Text.assemble((f"{outcome.name}: ", "bold"), (outcome.what, style)), end="")
    say(console, f" ({outcome.scope} scope, {outcome.path})")
    if outcome.why:
        say(console, f"  {outcome.why}")
    for line in outcome.diff.splitlines():
        console.print(Text("  " + line, style=_COLOURS.get(line[:1], "")), soft_wrap=True)
