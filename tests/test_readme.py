"""The README and the pages beside it are true: what they name exists, and what exists is named."""

import json
import re
from pathlib import Path

import pytest
import typer.main

from memos_mcp.cli.app import app
from memos_mcp.core.settings import Settings
from memos_mcp.hosts.registry import HOSTS as KNOWN_HOSTS
from memos_mcp.mcp.tools import tools
from memos_mcp.transfer.registry import FORMATS

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
HOSTS = (ROOT / "docs/hosts.md").read_text(encoding="utf-8")
INSTALL = (ROOT / "docs/install.md").read_text(encoding="utf-8")
IMPORT = (ROOT / "docs/import.md").read_text(encoding="utf-8")
REFERENCE = (ROOT / "docs/reference.md").read_text(encoding="utf-8")
ARCHITECTURE = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")


def json_blocks(page: str) -> list[dict[str, object]]:
    return [json.loads(block) for block in re.findall(r"```json\n(.*?)```", page, re.DOTALL)]


@pytest.mark.parametrize("page", [README, HOSTS], ids=["README", "hosts"])
def test_the_configuration_is_that_of_the_example_file(page: str) -> None:
    example = json.loads((ROOT / "claude_desktop_config.example.json").read_text(encoding="utf-8"))

    assert example in json_blocks(page)


def test_every_setting_is_named_and_every_setting_named_exists() -> None:
    settings = {f"MEMOS_{name.upper()}" for name in Settings.model_fields}

    assert settings_in(REFERENCE) == settings
    assert settings_in(README) | settings_in(HOSTS) <= settings


def settings_in(page: str) -> set[str]:
    return set(re.findall(r"\bMEMOS_[A-Z_]+[A-Z]\b", page))


def test_every_tool_is_named_and_every_tool_named_exists() -> None:
    table = README.split("## What an agent gets")[1].split("\n\nAll definitions")[0]

    assert set(re.findall(r"^\| `(\w+)`", table, re.MULTILINE)) == {tool.name for tool in tools()}


def test_every_command_is_named_and_every_command_named_exists() -> None:
    command = typer.main.get_command(app)
    visible = {name for name, one in getattr(command, "commands", {}).items() if not one.hidden}

    assert commands_in(REFERENCE) == visible
    assert commands_in(README) | commands_in(HOSTS) <= visible


def commands_in(page: str) -> set[str]:
    return set(re.findall(r"`memos-mcp ([a-z]+)", page))


def test_every_format_is_named_and_every_format_named_exists() -> None:
    assert sorted(rows_by_name(IMPORT)) == sorted(one.name for one in FORMATS)


FOLDERS = {"{home}": "~", "{xdg}": "~/.config", "{codex}": "~/.codex", "{config}": "CONFIG"}


def test_every_host_is_named_with_its_files_and_every_host_named_exists() -> None:
    rows = rows_by_name(INSTALL)

    assert sorted(rows) == sorted(host.key for host in KNOWN_HOSTS)
    for host in KNOWN_HOSTS:
        for place in host.places:
            folder, _, rest = place.paths[0].partition("/")
            if place.sign and folder in FOLDERS:
                assert f"`{FOLDERS[folder]}/{rest}`" in rows[host.key]
            elif place.sign and folder == "{project}":
                assert f"`{rest}`" in rows[host.key]


def rows_by_name(page: str) -> dict[str, str]:
    return {row[2]: row[0] for row in re.finditer(r"^\| ([^`|]+) \| `([\w-]+)` \|.*$", page, re.MULTILINE)}


def test_the_readme_is_short() -> None:
    assert len(README.splitlines()) <= 130


@pytest.mark.parametrize(
    "page", [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))], ids=lambda page: page.name
)
def test_a_link_leads_to_a_page_that_is_there(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))

    assert [target for target in targets if not (page.parent / target).exists()] == []


@pytest.mark.parametrize("path", re.findall(r"^ +(\w+/|\w+\.py) ", ARCHITECTURE, re.MULTILINE))
def test_the_layout_names_what_is_there(path: str) -> None:
    assert list((ROOT / "memos_mcp").rglob(path.rstrip("/")))


def test_the_pictures_are_there_and_small() -> None:
    pictures = [ROOT / path for path in re.findall(r"!\[[^\]]+\]\((docs/[\w.-]+)\)", README)]

    assert len(pictures) == 3
    assert sum(picture.stat().st_size for picture in pictures) < 300_000
