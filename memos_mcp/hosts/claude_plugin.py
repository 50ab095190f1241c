"""The plugin for Claude Code: the server with hooks, a skill and commands, installed by Claude Code's own command."""

import shutil
import subprocess
from pathlib import Path

from pydantic import BaseModel, TypeAdapter, ValidationError

from memos_mcp.errors import Unavailable

MARKETPLACE = "memos-mcp"
PLUGIN = "memos"
PATIENCE = 60.0


class _Plugin(BaseModel):
    id: str


_Plugins = TypeAdapter(list[_Plugin])


def claude_plugin_dir() -> Path | None:
    """Return the folder of the plugin: beside this package where it is installed, or in the clone it is run from."""
    package = Path(__file__).parents[1]
    for folder in (package / "plugins" / "claude-code", package.parent / "plugins" / "claude-code"):
        if (folder / ".claude-plugin" / "plugin.json").is_file():
            return folder
    return None


def is_offered() -> bool:
    """Say whether there are both a plugin and a Claude Code that can install it."""
    folder = claude_plugin_dir()
    is_listed = folder is not None and (folder / ".claude-plugin" / "marketplace.json").is_file()
    return is_listed and shutil.which("claude") is not None


def is_installed() -> bool:
    """Say whether Claude Code names the plugin among its own."""
    if shutil.which("claude") is None:
        return False
    told = _claude("plugin", "list", "--json")
    try:
        found = _Plugins.validate_json(told.stdout)
    except ValidationError:
        return False
    return any(plugin.id == f"{PLUGIN}@{MARKETPLACE}" for plugin in found)


def install() -> None:
    """Have Claude Code install the plugin for the user.

    Raises:
        Unavailable: it does not; the sentence says what it said.
    """
    _must("plugin", "marketplace", "add", str(claude_plugin_dir()))
    _must("plugin", "install", f"{PLUGIN}@{MARKETPLACE}", "--scope", "user")


def uninstall() -> None:
    """Have Claude Code take the plugin out.

    Raises:
        Unavailable: it does not; the sentence says what it said.
    """
    _must("plugin", "uninstall", f"{PLUGIN}@{MARKETPLACE}", "--scope", "user")
    _must("plugin", "marketplace", "remove", MARKETPLACE)


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
