"""The hosts that are known, as data: their files, the table of servers in each, and the form of an entry."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from memos_mcp.hosts.machine import Machine, System

ALL = "*"
"""In the place of a key: every key there is."""

Keys = tuple[str, ...]
Scope = Literal["user", "project", "local"]
Form = Literal["plain", "typed", "codex", "goose", "opencode"]
"""How a host spells an entry: `plain` is {command, args, env}, `typed` says beside it that it is a stdio server.

The others are spelled as their hosts alone do; `entries.written` has all of them.
"""

EVERYWHERE: tuple[System, ...] = ("linux", "darwin", "win32")
SERVERS: Keys = ("mcpServers",)


@dataclass(frozen=True, slots=True)
class ConfigLocation:
    """A file in which a host looks for servers: the first of `paths` that is there, or else the first.

    A path begins with one of the folders of `Machine`: {home}, {project}, {codex}, {local} (LOCALAPPDATA of Windows),
    {config} (where programs with windows keep settings) or {xdg} (where terminal programs do, on Linux and macOS). The
    last two are the same on Linux, not on macOS.

    `sign` is what is there where the host is installed; a place without one is read and never written.
    """

    paths: tuple[str, ...]
    scope: Scope = "user"
    sign: str = ""
    systems: tuple[System, ...] = EVERYWHERE
    table: Keys = ()
    """The table of servers, where it is another than the host's."""


@dataclass(frozen=True, slots=True)
class Host:
    """A host, as `memos-mcp install KEY` names it and as people do.

    `table` is the way of keys to its servers, `form` how it spells an entry. `comments` says whether its JSON may have
    comments and last commas (JSONC); where it may not, a file that has them is invalid and left alone. `then` says what
    a person has to do so that it starts a new server.
    """

    key: str
    name: str
    places: tuple[ConfigLocation, ...]
    table: Keys = SERVERS
    form: Form = "plain"
    comments: bool = False
    then: str = ""


@dataclass(frozen=True, slots=True)
class HostFile:
    """A file of a host on this machine."""

    host: Host
    scope: Scope
    path: Path
    table: Keys
    found: bool
    written: bool


HOSTS = (
    Host(
        "claude-desktop",
        "Claude Desktop",
        (
            ConfigLocation(("{config}/Claude/claude_desktop_config.json",), sign="{config}/Claude"),
            ConfigLocation(
                ("{local}/Packages/Claude_pzs8sxrjxfjjc/LocalCache/Roaming/Claude/claude_desktop_config.json",),
                sign="{local}/Packages/Claude_pzs8sxrjxfjjc",
                systems=("win32",),
            ),
            ConfigLocation(
                ("{local}/Claude-Data/claude_*/claude_desktop_config.json",),
                sign="{local}/Claude-Data",
                systems=("win32",),
            ),
        ),
        then="quit it (from its menu) and start it again",
    ),
    Host(
        "claude-code",
        "Claude Code",
        (
            ConfigLocation(("{home}/.claude.json",), sign="{home}/.claude"),
            ConfigLocation(("{home}/.claude.json",), scope="local", table=("projects", ALL, "mcpServers")),
            ConfigLocation(("{project}/.mcp.json",), scope="project", sign="{home}/.claude"),
        ),
        form="typed",
        then="start a new session",
    ),
    Host(
        "cursor",
        "Cursor",
        (
            ConfigLocation(("{home}/.cursor/mcp.json",), sign="{home}/.cursor"),
            ConfigLocation(("{project}/.cursor/mcp.json",), scope="project", sign="{home}/.cursor"),
        ),
        comments=True,
        then="open a new chat",
    ),
    Host(
        "vscode",
        "VS Code",
        (
            ConfigLocation(("{config}/Code/User/mcp.json",), sign="{config}/Code"),
            ConfigLocation(("{config}/Code - Insiders/User/mcp.json",), sign="{config}/Code - Insiders"),
            ConfigLocation(("{config}/Code/User/settings.json",), table=("mcp", "servers")),
            ConfigLocation(("{project}/.vscode/mcp.json",), scope="project", sign="{config}/Code"),
        ),
        table=("servers",),
        form="typed",
        comments=True,
        then="trust the server when it asks",
    ),
    Host(
        "codex",
        "Codex",
        (
            ConfigLocation(("{codex}/config.toml",), sign="{codex}"),
            ConfigLocation(("{project}/.codex/config.toml",), scope="project", sign="{codex}"),
        ),
        table=("mcp_servers",),
        form="codex",
        then="start it again",
    ),
    Host(
        "gemini",
        "Gemini CLI",
        (
            ConfigLocation(("{home}/.gemini/settings.json",), sign="{home}/.gemini"),
            ConfigLocation(("{project}/.gemini/settings.json",), scope="project", sign="{home}/.gemini"),
        ),
        comments=True,
        then="start it again, or /mcp refresh; it starts servers in folders that you trust",
    ),
    Host(
        "windsurf",
        "Windsurf",
        (ConfigLocation(("{home}/.codeium/windsurf/mcp_config.json",), sign="{home}/.codeium/windsurf"),),
        then="press Refresh in its MCP settings",
    ),
    Host(
        "zed",
        "Zed",
        (
            ConfigLocation(("{xdg}/zed/settings.json",), sign="{xdg}/zed", systems=("linux", "darwin")),
            ConfigLocation(("{config}/Zed/settings.json",), sign="{config}/Zed", systems=("win32",)),
        ),
        table=("context_servers",),
        comments=True,
    ),
    Host(
        "cline",
        "Cline",
        (
            ConfigLocation(
                ("{config}/Code/User/globalStorage/saoudrizwan.claude-dev/settings/cline_mcp_settings.json",),
                sign="{config}/Code/User/globalStorage/saoudrizwan.claude-dev",
            ),
            ConfigLocation(("{home}/.cline/data/settings/cline_mcp_settings.json",), sign="{home}/.cline"),
        ),
    ),
    Host(
        "goose",
        "Goose",
        (
            ConfigLocation(("{xdg}/goose/config.yaml",), sign="{xdg}/goose", systems=("linux", "darwin")),
            ConfigLocation(
                ("{config}/Block/goose/config/config.yaml",), sign="{config}/Block/goose", systems=("win32",)
            ),
        ),
        table=("extensions",),
        form="goose",
        then="start a new session",
    ),
    Host(
        "opencode",
        "OpenCode",
        (
            ConfigLocation(("{xdg}/opencode/opencode.json", "{xdg}/opencode/opencode.jsonc"), sign="{xdg}/opencode"),
            ConfigLocation(
                ("{project}/opencode.json", "{project}/opencode.jsonc"), scope="project", sign="{xdg}/opencode"
            ),
        ),
        table=("mcp",),
        form="opencode",
        comments=True,
        then="start it again",
    ),
    Host(
        "lm-studio",
        "LM Studio",
        (ConfigLocation(("{home}/.lmstudio/mcp.json",), sign="{home}/.lmstudio"),),
    ),
)


def files_of(machine: Machine) -> Iterator[HostFile]:
    """Yield the files of all hosts on a machine, whether they are there or not."""
    for host in HOSTS:
        for place in host.places:
            if machine.system in place.systems:
                yield from _files_at(host, place, machine)


def _files_at(host: Host, place: ConfigLocation, machine: Machine) -> Iterator[HostFile]:
    found = any(path.exists() for path in machine.paths(place.sign)) if place.sign else False
    candidates = [machine.paths(template) for template in place.paths]
    there = [paths for paths in candidates if any(path.exists() for path in paths)]
    for path in (there or candidates)[0]:
        yield HostFile(host, place.scope, path, place.table or host.table, found or path.exists(), bool(place.sign))
