"""The README is true: what it names exists, and what exists is named."""

import json
import re
from pathlib import Path

import pytest
import typer.main

from memos_mcp.cli import app
from memos_mcp.server.tools import tools
from memos_mcp.settings import Settings

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def json_blocks() -> list[dict[str, object]]:
    return [json.loads(block) for block in re.findall(r"```json\n(.*?)```", README, re.DOTALL)]


def test_the_configuration_is_that_of_the_example_file() -> None:
    example = json.loads((ROOT / "claude_desktop_config.example.json").read_text(encoding="utf-8"))

    assert example in json_blocks()


def test_every_setting_is_named_and_every_setting_named_exists() -> None:
    named = set(re.findall(r"\bMEMOS_[A-Z_]+[A-Z]\b", README))

    assert named == {f"MEMOS_{name.upper()}" for name in Settings.model_fields}


def test_every_tool_is_named_and_every_tool_named_exists() -> None:
    table = README.split("## What an agent gets")[1].split("\n\nAll definitions")[0]

    assert set(re.findall(r"^\| `(\w+)`", table, re.MULTILINE)) == {tool.name for tool in tools()}


def test_every_command_is_named_and_every_command_named_exists() -> None:
    command = typer.main.get_command(app)
    visible = {name for name, one in getattr(command, "commands", {}).items() if not one.hidden}

    assert set(re.findall(r"`memos-mcp ([a-z]+)", README)) == visible


@pytest.mark.parametrize("path", re.findall(r"^ +(\w+/|\w+\.py) ", README, re.MULTILINE))
def test_the_layout_names_what_is_there(path: str) -> None:
    assert list((ROOT / "memos_mcp").rglob(path.rstrip("/")))


def test_the_pictures_are_there_and_small() -> None:
    pictures = [ROOT / path for path in re.findall(r"!\[[^\]]+\]\((docs/[\w.-]+)\)", README)]

    assert len(pictures) == 3
    assert sum(picture.stat().st_size for picture in pictures) < 300_000
