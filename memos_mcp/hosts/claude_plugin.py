"""The plugin for Claude Code: the server with hooks, a skill and commands, installed by Claude Code's own command."""

import shutil
import subprocess
from pathlib import Path

from pydantic import BaseModel, TypeAdapter, ValidationError

from memos_mcp.core.errors import Unavailable
from memos_mcp.core.settings import read_settings
from memos_mcp.plugin import MARKETPLACE, NAME, write_marketplace

HOST = "claude-code"
NOT_OFFERED = "the command claude was not found; run `memos-mcp install claude-code` again once it is"

PATIENCE = 60.0  # seconds; Claude Code starts Node and copies the plugin


class _Plugin(BaseModel):
    id: str


_Plugins = TypeAdapter(list[_Plugin])


def own_folder() -> Path:
    """Return where the plugin is kept: beside the store of a process without settings, which stays where it is."""
    return read_settings({}).data_dir.parent / "memos-mcp-plugin"


def servers_file() -> Path:
    """Return the file of the installed plugin that names the server."""
    return own_folder() / "claude-code" / ".mcp.json"


def is_offered() -> bool:
    """Say whether there is a Claude Code that can install the plugin."""
    return shutil.which("claude") is not None


def is_installed() -> bool:
    """Say whether Claude Code names the plugin among its own."""
    if shutil.which("claude") is None:
        return False
    told = _claude("plugin", "list", "--json")
    try:
        found = _Plugins.validate_json(told.stdout)
    except ValidationError:
        return False
    return any(plugin.id == f"{NAME}@{MARKETPLACE}" for plugin in found)


def install(folder: Path, *, command: str) -> None:
    """Write the plugin into a folder that stays, and have Claude Code install it from there for the user."""
    folder.mkdir(parents=True, exist_ok=True)
    write_marketplace(folder, command=command)
    _must("plugin", "marketplace", "add", str(folder))
    _must("plugin", "install", f"{NAME}@{MARKETPLACE}", "--scope", "user")


def uninstall(folder: Path) -> None:
    """Have Claude Code take the plugin out, and remove the folder that it came from."""
    _must("plugin", "uninstall", f"{NAME}@{MARKETPLACE}", "--scope", "user")
    _must("plugin", "marketplace", "remove", MARKETPLACE)
    shutil.rmtree(folder, ignore_errors=True)


def _must(*words: str) -> None:
    told = _claude(*words)
    if told.returncode:
        last = ((told.stderr or told.stdout).strip().splitlines() or ["nothing"])[-1][:300]
        raise Unavailable(f"claude {' '.join(words[:2])} failed; it said: {last}")


def _claude(*words: str) -> "subprocess.CompletedProcess[str]":
    command = shutil.which("claude") or "claude"
    return subprocess.run(  # noqa: S603  # the host's own command, found as a shell finds it
        [command, *words], capture_output=True, text=True, timeout=PATIENCE, check=False, stdin=subprocess.DEVNULL
    )
