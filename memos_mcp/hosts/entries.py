"""The entries of servers in hosts' files: read from any host's spelling, written in its own."""

import re
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PureWindowsPath
from typing import Annotated, Any, cast

from pydantic import AliasChoices, BeforeValidator, Field, model_validator

from memos_mcp.core.models import Frozen
from memos_mcp.hosts.registry import ALL, Form, Keys

NAME = "memos"
"""What the server is called in a host."""

_DISTRIBUTIONS = ("memos-memory-mcp", "memos-memory-mcp-hosted")
"""What we are called on the Python Package Index, where `memos-mcp` is another program."""

_OURS = re.compile(r"(^|[\\/\s@=])memos[-_](memory[-_])?mcp([-_]hosted)?(\.exe|[=@\[].*)?$")
"""Our command, module or package, however it is started."""

_FETCHING = (
    ("uvx", ("--from",)),
    ("uv tool run", ("--from",)),
    ("pipx run", ("--spec",)),
    ("npx", ("--package", "-p")),
    ("bunx", ()),
    ("pnpx", ()),
)
"""Programs that fetch what they start, with the options that name a package other than the command."""

_WITH_VALUE = ("--with", "--python", "--index-url", "--index", "--extra-index-url", "--pip-args", "--refresh-package")
_OF_PYTHON = ("uvx", "uv tool run", "pipx run")
_ELSEWHERE = re.compile(r"^[.~/]|^[A-Za-z]:[\\/]|://|\.whl$| @ ")


class Server(Frozen):
    """What an entry says, whatever the host's spelling."""

    command: Annotated[str, Field(validation_alias=AliasChoices("command", "cmd"))] = ""
    args: Annotated[tuple[str, ...], BeforeValidator(lambda value: value or ())] = ()
    env: Annotated[
        dict[str, str], Field(default_factory=dict, validation_alias=AliasChoices("env", "envs", "environment"))
    ]
    url: str = ""
    disabled: bool = False

    @model_validator(mode="before")
    @classmethod
    def _spelled(cls, value: object) -> object:
        if not isinstance(value, dict):
            return value
        said = dict(cast("dict[str, Any]", value))
        words = said.get("command")
        if isinstance(words, list) and words:
            said |= {"command": words[0], "args": words[1:]}
        if said.get("enabled") is False:
            said["disabled"] = True
        return said

    @property
    def words(self) -> list[str]:
        """Return the command and its arguments, without the shell that Windows needs around some."""
        words = [self.command, *self.args]
        shell = PureWindowsPath(self.command).stem.lower() == "cmd" and [word.lower() for word in words[1:2]] == ["/c"]
        return words[2:] if shell else words


@dataclass(frozen=True, slots=True)
class ServerEntry:
    """A server as a host's file names it: the way to it, and what is said of it."""

    keys: Keys
    value: dict[str, Any]

    @property
    def name(self) -> str:
        """Return the server's name."""
        return self.keys[-1]


def entries_in(document: Mapping[str, Any], table: Keys) -> list[ServerEntry]:
    """Return the servers in a table of a document, ours among them or not."""
    return [
        ServerEntry((*keys, name), cast("dict[str, Any]", value))
        for keys, servers in _tables(document, table)
        for name, value in servers.items()
        if isinstance(value, dict)
    ]


def _tables(document: object, wanted: Keys, way: Keys = ()) -> Iterator[tuple[Keys, Mapping[str, Any]]]:
    if not isinstance(document, dict):
        return
    table = cast("dict[str, Any]", document)
    if not wanted:
        yield way, table
        return
    for key in table if wanted[0] == ALL else wanted[:1]:
        yield from _tables(table.get(key), wanted[1:], (*way, key))


def starts_us(entry: ServerEntry) -> bool:
    """Say whether an entry names our command, module or package."""
    said = entry.value.get("args")
    command = entry.value.get("command", entry.value.get("cmd"))
    parts = [cast("list[object]", part) if isinstance(part, list) else [part] for part in (command, said)]
    return any(_OURS.search(str(word)) for part in parts for word in part)


def is_named_for_us(entry: ServerEntry) -> bool:
    """Say whether an entry has our name."""
    return NAME in entry.name.lower()


def fetched_by(server: Server) -> str:
    """Return the package that is not ours and that an entry has fetched from a public index by its name, or nothing."""
    words = server.words or [""]
    words[0] = PureWindowsPath(words[0]).stem
    for start, options in _FETCHING:
        length = len(start.split())
        if " ".join(words[:length]).lower() == start:
            package = _package(words[length:], options)
            ours = start in _OF_PYTHON and re.split(r"[\[=@<>~! ]", package)[0] in _DISTRIBUTIONS
            return "" if ours or _ELSEWHERE.search(package) else package
    return ""


def _package(words: Sequence[str], options: Sequence[str]) -> str:
    rest = iter(words)
    for word in rest:
        option, _, value = word.partition("=")
        if option in options:
            return value or next(rest, "")
        if option in _WITH_VALUE and not value:
            next(rest, "")
        elif not word.startswith("-"):
            return word
    return ""


def own_command() -> str:
    """Return the full path of the command of this installation, as a host can be told it."""
    beside = Path(sys.executable).with_name("memos-mcp.exe" if sys.platform == "win32" else "memos-mcp")
    return str(beside) if beside.exists() else shutil.which("memos-mcp") or "memos-mcp"


def written(form: Form, command: str, env: Mapping[str, str]) -> dict[str, Any]:
    """Return the entry of a server that is started by a command without arguments, as a host spells it."""
    own = {"env": dict(env)} if env else {}
    match form:
        case "plain":
            return {"command": command, "args": [], **own}
        case "typed":
            return {"type": "stdio", "command": command, "args": [], **own}
        case "codex":  # whose own patience, ten seconds, is short for the first start of a busy machine
            return {"command": command, "startup_timeout_sec": 30, **own}
        case "goose":
            return {
                "enabled": True,
                "type": "stdio",
                "name": NAME,
                "description": "Long-term memory",
                "cmd": command,
                "args": [],
                "envs": dict(env),
                "timeout": 300,
            }
        case "opencode":  # whose own patience is five seconds
            return {
                "type": "local",
                "command": [command],
                "enabled": True,
                "timeout": 30_000,
                **({"environment": dict(env)} if env else {}),
            }


def brought_up_to(found: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of an entry that is there that have to change; what only the user set stays."""
    kept = {"enabled", "timeout", "startup_timeout_sec", "name", "description"} & set(found)
    merged = {
        key: {**cast("dict[str, str]", found.get(key) or {}), **cast("dict[str, str]", value)}
        if isinstance(value, dict)
        else value
        for key, value in wanted.items()
        if key not in kept
    }
    return {
        key: value
        for key, value in merged.items()
        if found.get(key) != value and not (key == "args" and not found.get(key) and not value)
    }
