"""The files in which hosts name their servers: where they are, and what they say of us."""

import json
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import platformdirs

ALL = "*"
"""In the place of a key: every key there is."""

_COMMENT = re.compile(r'("(?:\\.|[^"\\])*")|//[^\n]*|/\*.*?\*/', re.DOTALL)
_LAST_COMMA = re.compile(r'("(?:\\.|[^"\\])*")|,(?=\s*[}\]])')


@dataclass(frozen=True, slots=True)
class HostFile:
    """A file that a host reads; `tables` are the ways to its tables of servers. Some hosts allow comments in JSON."""

    host: str
    path: Path
    tables: tuple[tuple[str, ...], ...]
    comments: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """A server as a host's file names it: the name, and what is said of it."""

    name: str
    value: dict[str, Any]


def host_files(home: Path, folder: Path) -> list[HostFile]:
    """Give the files that hosts read for a user, and in the folder of a project."""
    servers = (("mcpServers",),)
    code = _settings_of("Code") / "User"
    return [
        HostFile("Claude Desktop", _settings_of("Claude") / "claude_desktop_config.json", servers),
        HostFile("Claude Code", home / ".claude.json", (*servers, ("projects", ALL, "mcpServers"))),
        HostFile("Claude Code", folder / ".mcp.json", servers),
        HostFile("Cursor", home / ".cursor" / "mcp.json", servers, comments=True),
        HostFile("Cursor", folder / ".cursor" / "mcp.json", servers, comments=True),
        HostFile("VS Code", code / "mcp.json", (("servers",),), comments=True),
        HostFile("VS Code", code / "settings.json", (("mcp", "servers"),), comments=True),
        HostFile("VS Code", folder / ".vscode" / "mcp.json", (("servers",),), comments=True),
        HostFile("Codex", home / ".codex" / "config.toml", (("mcp_servers",),)),
        HostFile("Windsurf", home / ".codeium" / "windsurf" / "mcp_config.json", servers),
    ]


def _settings_of(program: str) -> Path:
    """Give the folder in which a desktop program of this platform keeps its settings."""
    return platformdirs.user_config_path(program, appauthor=False, roaming=True)


def entries_of(file: HostFile) -> list[Entry]:
    """Read the servers that a file names, ours among them or not.

    Raises:
        OSError: it cannot be read.
        ValueError: it is no JSON or TOML; the message says where.
    """
    text = file.path.read_text(encoding="utf-8-sig")
    document = tomllib.loads(text) if file.path.suffix == ".toml" else _json(text, comments=file.comments)
    return [
        Entry(name, cast("dict[str, Any]", value))
        for keys in file.tables
        for table in _at(document, keys)
        for name, value in table.items()
        if isinstance(value, dict)
    ]


def _json(text: str, *, comments: bool) -> object:
    if comments:
        for unwanted in (_COMMENT, _LAST_COMMA):
            text = unwanted.sub(lambda match: match[1] or "", text)
    return json.loads(text or "{}")


def _at(document: object, keys: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    if not isinstance(document, dict):
        return
    table = cast("dict[str, Any]", document)
    if not keys:
        yield table
        return
    for key in table if keys[0] == ALL else keys[:1]:
        yield from _at(table.get(key), keys[1:])
