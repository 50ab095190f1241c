"""The plugin for Claude Code is whole: its parts name what exists, and the vendor's own tool takes it."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
import typer.main

from memos_mcp import __version__
from memos_mcp.cli.app import app
from memos_mcp.mcp.tools import tools
from memos_mcp.plugin import claude_plugin_dir, marketplace_dir, write_marketplace
from memos_mcp.relay.hook import kind_of

PARTS = ("commands/remember.md", "commands/recall.md", "commands/forget.md", "skills/memory/SKILL.md")


def commands(folder: Path) -> dict[str, str]:
    hooks = json.loads((folder / "hooks" / "hooks.json").read_text(encoding="utf-8"))["hooks"]
    return {event: group["hooks"][0]["command"] for event, (group,) in hooks.items()}


def test_each_hook_is_of_an_event_that_the_command_knows() -> None:
    for event, command in commands(claude_plugin_dir()).items():
        assert command == f"memos-mcp hook {event} --host claude-code"
        assert kind_of(event)
    assert "hook" in getattr(typer.main.get_command(app), "commands", {})


def test_its_version_is_that_of_the_package() -> None:
    about = json.loads((claude_plugin_dir() / ".claude-plugin" / "plugin.json").read_text(encoding="utf-8"))

    assert about["version"] == __version__


@pytest.mark.parametrize("part", PARTS)
def test_each_text_has_a_description_and_names_tools_that_exist(part: str) -> None:
    text = (claude_plugin_dir() / part).read_text(encoding="utf-8")

    assert text.startswith("---\n")
    assert "\ndescription: " in text.split("---")[1]
    named = {word.strip("`(") for word in text.split() if "_mem" in word or "_mess" in word or "_feed" in word}
    assert {word.split("`")[0] for word in named} <= {tool.name for tool in tools()}


@pytest.mark.parametrize("command", ["/opt/my tools/memos-mcp", "C:\\Program Files\\memos-mcp.exe"])
def test_it_is_written_with_the_full_path_of_the_command(tmp_path: Path, command: str) -> None:
    for _ in range(2):
        write_marketplace(tmp_path, command=command)

    folder = tmp_path / "claude-code"
    servers = json.loads((folder / ".mcp.json").read_text(encoding="utf-8"))["mcpServers"]
    assert servers["memos"]["command"] == command
    quote = '"' if "\\" in command else "'"
    assert commands(folder)["Stop"] == f"{quote}{command}{quote} hook Stop --host claude-code"
    assert all((folder / part).exists() for part in PARTS)


def test_claude_code_itself_takes_it(tmp_path: Path) -> None:
    claude = os.environ.get("MEMOS_TEST_CLAUDE") or shutil.which("claude")
    if not claude:
        pytest.skip(
            "Claude Code is not installed here: npm install @anthropic-ai/claude-code, or set MEMOS_TEST_CLAUDE"
        )
    variables = os.environ | {"HOME": str(tmp_path)}
    for folder in (marketplace_dir(), claude_plugin_dir()):
        done = subprocess.run(
            [claude, "plugin", "validate", folder],
            env=variables,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert "Validation passed" in done.stdout
