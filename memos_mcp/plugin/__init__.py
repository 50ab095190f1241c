"""The plugin for Claude Code: the server, the hooks, a skill and three commands, ready to be copied."""

import json
import shlex
import shutil
from pathlib import Path
from typing import Final, cast

NAME: Final = "memos"
MARKETPLACE: Final = "memos-mcp"
COMMAND: Final = "memos-mcp"

_HERE: Final = Path(__file__).parent


def claude_plugin_dir() -> Path:
    """Return the folder of the plugin, as it came with this package."""
    return _HERE / "claude-code"


def marketplace_dir() -> Path:
    """Return the folder of a marketplace that has this plugin alone: `claude plugin marketplace add FOLDER`."""
    return _HERE


def write_marketplace(folder: Path, *, command: str) -> None:
    """Write the marketplace and the plugin into a folder, with the full path of the command in the place of its name.

    What is in the folder of an earlier version is replaced.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for part in (".claude-plugin", "claude-code"):
        shutil.rmtree(folder / part, ignore_errors=True)
        shutil.copytree(_HERE / part, folder / part)
    servers = folder / "claude-code" / ".mcp.json"
    _write(servers, _with_command(_read(servers), command))
    hooks = folder / "claude-code" / "hooks" / "hooks.json"
    _write(hooks, _with_command(_read(hooks), command))


def _with_command(value: object, command: str) -> object:
    """Return JSON with the command in place of its name, in quotes where a shell reads it."""
    if isinstance(value, list):
        return [_with_command(one, command) for one in cast("list[object]", value)]
    if not isinstance(value, dict):
        return value
    fields = {name: _with_command(one, command) for name, one in cast("dict[str, object]", value).items()}
    said = fields.get("command")
    if said == COMMAND:
        fields["command"] = command
    elif isinstance(said, str) and said.startswith(f"{COMMAND} "):
        fields["command"] = f"{_quoted(command)}{said.removeprefix(COMMAND)}"
    return fields


def _quoted(command: str) -> str:
    return f'"{command}"' if "\\" in command else shlex.quote(command)


def _read(file: Path) -> object:
    return json.loads(file.read_text(encoding="utf-8"))


def _write(file: Path, value: object) -> None:
    file.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
