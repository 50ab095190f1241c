"""`memos-mcp install` and `uninstall`, as a new user runs them, in a home of their own."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from memos_mcp.hosts.entries import own_command
from tests.cli.conftest import home
from tests.cli.machine import memos

__all__ = ["home"]

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the fake home is laid out as on Linux")

CLAUDE = os.environ.get("MEMOS_TEST_CLAUDE") or shutil.which("claude")
CODE = '{\n  // mine\n  "servers": {\n    "x": { "command": "y" }, // theirs\n  },\n}\n'


@pytest.fixture
def machine(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Yield a home with Cursor, VS Code and Codex; end the engine of its store."""
    for name in [name for name in os.environ if name.startswith("MEMOS_")]:
        monkeypatch.delenv(name)
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    monkeypatch.chdir(home)
    (home / ".cursor").mkdir()
    code = home / ".config" / "Code" / "User" / "mcp.json"
    code.parent.mkdir(parents=True)
    code.write_text(CODE)
    (home / ".codex").mkdir()
    (home / ".codex" / "config.toml").write_text('# mine\nmodel = "x"\n')
    yield home
    memos("stop")


def files(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): path.read_text()
        for name in (".cursor", ".config", ".codex", ".copilot")
        for path in (folder / name).rglob("*")
        if path.is_file()
    }


def test_installed_twice_and_taken_out_a_machine_is_as_before(machine: Path) -> None:
    before = files(machine)

    dry = memos("install", "--dry-run")
    assert files(machine) == before
    first = memos("install", "--env", "MEMOS_USER_ID=ann", "--verbose")
    second = memos("install", "--json")
    after = files(machine)
    removed = memos("uninstall")

    assert (dry.returncode, first.returncode, second.returncode, removed.returncode) == (0, 0, 0, 0), first.stderr
    assert "Nothing was written." in dry.stdout
    assert f'+      "command": "{own_command()}"' in first.stdout
    assert "The server answers: memos-mcp" in first.stdout
    assert first.stdout.count("no hooks: they would run without the settings of its entry (MEMOS_USER_ID)") == 3
    assert [host["what"] for host in json.loads(second.stdout)["hosts"]] == ["unchanged"] * 3
    assert json.loads(after[".cursor/mcp.json"])["mcpServers"]["memos"]["env"] == {"MEMOS_USER_ID": "ann"}
    assert after[".config/Code/User/mcp.json.before-memos-mcp"] == CODE
    assert files(machine) == before


def test_hosts_get_hooks_where_they_are_wanted_and_lose_them_again(machine: Path) -> None:
    before = files(machine)
    hooks = {".codex/hooks.json", ".cursor/hooks.json", ".copilot/hooks/memos.json"}

    without = memos("install", "--no-hooks")
    assert not hooks & files(machine).keys()
    told = memos("install")
    there = files(machine)
    well = memos("doctor").stdout
    (machine / ".codex" / "hooks.json").write_text(there[".codex/hooks.json"].replace(own_command(), "/gone/memos-mcp"))
    ill = memos("doctor").stdout
    assert "Codex hooks: 4 events" in well
    assert "PreCompact, SessionStart, Stop, UserPromptSubmit of" in ill
    assert "`memos-mcp install codex`" in ill
    assert json.loads(memos("install", "codex", "--json").stdout)["hosts"][1]["what"] == "changed"
    again = memos("install", "--json")
    removed = memos("uninstall")

    assert (without.returncode, told.returncode, removed.returncode) == (0, 0, 0), told.stderr
    assert hooks <= there.keys()
    assert all(f"{own_command()} hook " in there[name] for name in hooks)
    assert "Codex: trust its hooks with /hooks" in told.stdout
    assert f"Codex: server unchanged ({machine}/.codex/config.toml); hooks added (" in told.stdout
    assert "+++" not in told.stdout
    assert "trust" not in removed.stdout
    assert [host["what"] for host in json.loads(again.stdout)["hosts"]] == ["unchanged"] * 6
    assert files(machine) == before


def test_claude_code_without_its_command_gets_the_server_and_is_said_to_run_no_hooks(
    machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", os.pathsep.join((str(Path(sys.executable).parent), os.defpath)))
    if shutil.which("claude"):
        pytest.skip("Claude Code is installed for everybody here")
    (machine / ".claude").mkdir()

    told = memos("install", "claude-code").stdout
    ill = memos("doctor").stdout
    (machine / ".claude" / "settings.json").write_text(
        json.dumps({"hooks": {"Stop": [{"hooks": [{"type": "command", "command": "memos-mcp hook Stop"}]}]}})
    )
    well = memos("doctor").stdout

    assert "no hooks: the command claude was not found; run `memos-mcp install claude-code` again" in told
    assert "warning Claude Code hooks: no hooks: the command claude was not found" in ill
    assert "All is well" not in ill
    assert "no hooks" not in well


def test_a_file_of_servers_and_hooks_is_shown_once_with_both(machine: Path) -> None:
    file = machine / ".gemini" / "settings.json"
    file.parent.mkdir()
    file.write_text('{"theme": "dark"}\n')

    tried = memos("install", "gemini", "--dry-run").stdout
    done = memos("install", "gemini", "--verbose").stdout
    taken = memos("uninstall", "gemini", "--dry-run").stdout

    diff = [line for line in tried.splitlines() if line.startswith("  ")]
    assert [line for line in done.splitlines() if line.startswith("  ")] == diff
    assert diff[:2] == [f"  --- {file}", f"  +++ {file}"]
    assert sum(line.startswith("  +++") for line in diff) == 1
    assert "SessionStart" in tried
    assert '"mcpServers"' in tried
    assert taken.count("+++") == 1
    assert '  +{"theme": "dark"}' in taken.splitlines()
    assert memos("uninstall", "gemini").returncode == 0
    assert file.read_text() == '{"theme": "dark"}\n'


def test_nothing_is_written_where_the_server_does_not_answer(machine: Path) -> None:
    before = files(machine)
    (machine / ".local").write_text("a file where the folder of the store should be")

    told = memos("install", "cursor")

    assert told.returncode == 1
    assert "was started" in told.stderr
    assert files(machine) == before


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("install", "emacs"), "There is no host emacs. There are claude-desktop"),
        (("install", "--env", "MEMOS_BACKEND=nowhere"), "MEMOS_BACKEND"),
        (("install", "--env", "MEMOS_APIKEY=x"), "no setting"),
        (("install", "--env", "MEMOS_API_KEY"), "NAME=VALUE"),
        (("install", "--scope", "project", "--env", "MEMOS_API_KEY=x"), "--scope user"),
        (("install", "zed", "--scope", "project"), "no file of project scope"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(machine: Path, arguments: tuple[str, ...], said: str) -> None:
    told = memos(*arguments)

    assert told.returncode == 1
    assert said in told.stderr
    assert not list(machine.rglob("*.before-memos-mcp"))


@pytest.fixture
def claude(machine: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of the real Claude Code, which is on nobody's path yet."""
    if not CLAUDE:
        pytest.skip("needs Claude Code: npm install @anthropic-ai/claude-code, or MEMOS_TEST_CLAUDE=PATH")
    (machine / "bin").mkdir()
    (machine / "bin" / "claude").symlink_to(CLAUDE)
    monkeypatch.setenv("PATH", os.pathsep.join((str(Path(sys.executable).parent), os.defpath)))
    for name, value in {"DISABLE_TELEMETRY": "1", "DISABLE_AUTOUPDATER": "1", "MCP_TIMEOUT": "60000"}.items():
        monkeypatch.setenv(name, value)
    return machine / "bin"


def listed(claude: Path) -> str:
    command = [claude / "claude", "mcp", "list"]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout


def test_the_real_claude_code_connects_to_what_was_installed(machine: Path, claude: Path) -> None:
    assert "No MCP servers" in listed(claude)
    assert memos("install", "claude-code").returncode == 0
    assert own_command() in (there := listed(claude))
    assert "Connected" in there
    state: dict[str, Any] = json.loads((machine / ".claude.json").read_text())

    assert memos("uninstall", "claude-code").returncode == 0
    assert "No MCP servers" in listed(claude)
    left = json.loads((machine / ".claude.json").read_text())
    assert {key: value for key, value in state.items() if key != "mcpServers"} == {
        key: value for key, value in left.items() if key != "mcpServers"
    }


def test_where_claude_code_can_be_asked_it_gets_the_plugin(
    machine: Path, claude: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = memos("install", "claude-code").stdout
    monkeypatch.setenv("PATH", str(claude), prepend=os.pathsep)

    first, second = memos("install", "claude-code"), memos("install", "claude-code", "--json")
    there = listed(claude)
    well = memos("doctor").stdout
    removed = memos("uninstall", "claude-code")

    assert "no hooks: the command claude was not found" in alone
    assert "as a plugin" in first.stdout, first.stderr
    assert there.count("memos-mcp") == 1
    assert f"Claude Code plugin: starts {own_command()}, which answers with 6 tools" in well
    assert "no host's file names memos-mcp" not in well
    assert json.loads(second.stdout)["hosts"][0]["what"] == "unchanged"
    assert f"plugin:memos:memos: {own_command()}" in there
    assert "Connected" in there
    assert removed.returncode == 0, removed.stderr
    assert "No MCP servers" in listed(claude)
    assert not (machine / ".local" / "share" / "memos-mcp-plugin").exists()
