"""The hooks of hosts that keep them in a file of JSON: where each does, at which events, and how one is written."""

import re
import shlex
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, cast

from pydantic import ValidationError

from memos_mcp.hosts import claude_plugin
from memos_mcp.hosts.changes import FileChange, cannot, our_entries, read
from memos_mcp.hosts.config_file import ConfigFile, NotChanged, check_writable, copy_of
from memos_mcp.hosts.entries import Server
from memos_mcp.hosts.machine import Machine
from memos_mcp.hosts.registry import HostFile

_OURS = re.compile(r"""memos[-_](memory[-_])?mcp(\.exe)?["']? hook """)
_SECONDS = 10
"""After so many a host goes on without a hook; the hook itself gives up sooner."""


@dataclass(frozen=True, slots=True)
class Hooks:
    """The hooks of a host: `nested` are those whose elements hold a list of commands each.

    `shared` is a file that holds servers too, `beside` what a file of hooks needs besides them.
    """

    host: str
    path: str
    events: tuple[str, ...]
    nested: bool = True
    milliseconds: bool = False
    shared: bool = False
    beside: tuple[tuple[str, object], ...] = ()
    then: str = ""


HOOKS = (
    Hooks(
        "codex",
        "{codex}/hooks.json",
        ("SessionStart", "UserPromptSubmit", "Stop", "PreCompact"),
        then="trust its hooks with /hooks, or they do not run",
    ),
    Hooks(
        "gemini",
        "{home}/.gemini/settings.json",
        ("SessionStart", "BeforeAgent", "AfterAgent", "PreCompress", "SessionEnd"),
        milliseconds=True,
        shared=True,
    ),
    Hooks(
        "cursor",
        "{home}/.cursor/hooks.json",
        ("sessionStart", "beforeSubmitPrompt", "afterAgentResponse"),
        nested=False,
        beside=(("version", 1),),
    ),
    Hooks(
        "vscode",
        "{home}/.copilot/hooks/memos.json",
        ("SessionStart", "UserPromptSubmit", "Stop", "PreCompact"),
        nested=False,
    ),
)


def hooks_of(file: HostFile, machine: Machine) -> tuple[Hooks, HostFile] | None:
    """Return the hooks of the host of a user's file, and the file that they stand in; None where there are none."""
    for hooks in HOOKS:
        if hooks.host == file.host.key and file.scope == "user":
            (path,) = machine.paths(hooks.path)
            host = replace(file.host, then=hooks.then)
            return hooks, HostFile(host, "user", path, ("hooks",), found=True, written=True)
    return None


def installing_hooks(hooks: Hooks, file: HostFile, command: str, *, before: ConfigFile | None = None) -> FileChange:
    """Return what has to change so that a host runs our hooks, and nothing else of ours."""
    before = after = before or read(file)
    there = {event: (index, said) for event, index, said in _ours(before)}
    try:
        for key, value in hooks.beside:
            after = after if key in after.parsed() else after.with_value((key,), value)
        for event in hooks.events:
            wanted = _command(hooks, event, command)
            index, said = there.get(event, (None, ""))
            if said != wanted:
                after = after.with_element(("hooks", event), index, _written(hooks, wanted))
    except ValueError as exc:
        raise NotChanged(cannot(file, exc)) from exc
    if after.text == before.text:
        return FileChange(file, "unchanged", before, before)
    check_writable(before)
    return FileChange(file, "changed" if there else "added", before, after, copied=not hooks.shared)


def uninstalling_hooks(hooks: Hooks, file: HostFile, *, before: ConfigFile | None = None) -> FileChange:
    """Return what has to change so that a host runs no hook of ours; a file that was made for them goes."""
    before = after = before or read(file)
    ours = [*_ours(before)]
    if not ours:
        return FileChange(file, "absent", before, before)
    check_writable(before)
    try:
        for event, index, _ in reversed(ours):
            after = after.without_element(("hooks", event), index)
        if not after.parsed()["hooks"]:
            after = after.without(("hooks",))
    except ValueError as exc:
        raise NotChanged(cannot(file, exc)) from exc
    if hooks.shared:
        return FileChange(file, "removed", before, after, copied=False)
    origin = ConfigFile.read(copy_of(file.path), comments=file.host.comments)
    as_before = origin.parsed() | dict(hooks.beside) == after.parsed() | dict(hooks.beside)
    return FileChange(file, "removed", before, origin if as_before else after, gone=as_before and not origin.there)


def why_no_hooks(file: HostFile, machine: Machine) -> str:
    """Say why a host whose user's file names our server runs no hook of ours; nothing where it does or knows none."""
    is_claude = file.host.key == claude_plugin.HOST and file.scope == "user"
    found = hooks_of(file, machine)
    if not our_entries(file) or not (is_claude or found):
        return ""
    own = replace(file, path=machine.home / ".claude" / "settings.json") if found is None else found[1]
    if commands_of(read(own)) or (is_claude and claude_plugin.is_installed()):
        return ""
    if settings := settings_of(file):
        return without(settings)
    if is_claude and not claude_plugin.is_offered():
        return claude_plugin.NOT_OFFERED
    return f"`memos-mcp install {file.host.key}` adds them"


def settings_of(file: HostFile) -> list[str]:
    """Return the names of the variables that a host gives to our server."""
    try:
        return [name for entry in our_entries(file) for name in Server.model_validate(entry.value).env]
    except ValidationError:  # an entry that no host can start either
        return []


def without(settings: Iterable[str]) -> str:
    """Say why a host that gives the server settings of its own gets no hooks."""
    return f"they would run without the settings of its entry ({', '.join(settings)})"


def commands_of(document: ConfigFile) -> dict[str, str]:
    """Return the command of our hook at each event that has one."""
    return {event: command for event, _, command in _ours(document)}


def _ours(document: ConfigFile) -> Iterator[tuple[str, int, str]]:
    """Yield the event, the place and the command of each hook of ours."""
    hooks = document.parsed().get("hooks")
    for event, elements in cast("dict[str, object]", hooks).items() if isinstance(hooks, dict) else ():
        for index, element in enumerate(cast("list[object]", elements) if isinstance(elements, list) else ()):
            for command in _commands(element):
                if _OURS.search(command):
                    yield event, index, command


def _commands(element: object) -> Iterator[str]:
    if isinstance(element, dict):
        said = cast("dict[str, object]", element)
        yield str(said.get("command", ""))
        inner = said.get("hooks")
        for one in cast("list[object]", inner) if isinstance(inner, list) else ():
            yield from _commands(one)


def _command(hooks: Hooks, event: str, command: str) -> str:
    quoted = f'"{command}"' if "\\" in command else shlex.quote(command)
    return f"{quoted} hook {event} --host {hooks.host}"


def _written(hooks: Hooks, command: str) -> dict[str, Any]:
    hook = {"type": "command", "command": command, "timeout": _SECONDS * (1000 if hooks.milliseconds else 1)}
    return {"hooks": [hook]} if hooks.nested else hook
