"""The doctor reads the files of hosts as they are found on real machines."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from memos_mcp import __version__
from memos_mcp.cli.checks.finding import Finding
from memos_mcp.cli.checks.hosts import check_hosts
from memos_mcp.hosts.entries import Server, own_command
from memos_mcp.hosts.machine import Machine
from memos_mcp.hosts.verification import NoAnswer, ServerAnswer

pytestmark = [
    pytest.mark.usefixtures("data_dir"),
    pytest.mark.skipif(sys.platform == "win32", reason="the fake home is a POSIX one"),
]

SECRET = "sk-a-secret-that-nobody-may-see"  # noqa: S105


def at(home: Path, *names: str) -> Path:
    """Return the place of a desktop program's file on this platform, with its folder made."""
    config = home / "Library" / "Application Support" if sys.platform == "darwin" else home / ".config"
    path = config.joinpath(*names) if names[0] in {"Claude", "Code"} else home.joinpath(*names)
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def written(path: Path, document: object) -> Path:
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def answers(server: Server) -> ServerAnswer:
    """Answer as this version does; what a real start says is tested with the proof itself."""
    del server
    return ServerAnswer(name="memos-mcp", version=__version__, tools=6)


def checked(home: Path, *, proof: Callable[[Server], ServerAnswer] = answers) -> list[Finding]:
    return list(check_hosts(Machine.here(home=home, folder=home / "project"), proof=proof))


def ours(**fields: object) -> dict[str, Any]:
    return {"mcpServers": {"memos": {"command": own_command(), **fields}}}


def test_no_host_at_all_is_a_warning_that_names_the_command(home: Path) -> None:
    (finding,) = checked(home)

    assert finding.level == "warning"
    assert own_command() in finding.mend


@pytest.mark.parametrize(
    "place",
    [
        ("Claude", "claude_desktop_config.json"),
        (".claude.json",),
        (".cursor", "mcp.json"),
        (".codeium", "windsurf", "mcp_config.json"),
        ("project", ".mcp.json"),
        ("project", ".cursor", "mcp.json"),
    ],
)
def test_a_host_that_starts_this_installation_is_well(home: Path, place: tuple[str, ...]) -> None:
    path = written(at(home, *place), ours(env={"MEMOS_USER_ID": "ann"}))

    (finding,) = checked(home)

    assert finding.level == "ok"
    assert own_command() in finding.found
    assert 'user "ann"' in finding.found
    assert str(path) in finding.found


def test_vs_code_may_have_comments_and_values_that_it_fills_in(home: Path) -> None:
    at(home, "Code", "User", "mcp.json").write_text(
        """{ // what VS Code writes
          "inputs": [{ "id": "key", "type": "promptString", "password": true }],
          "servers": { /* ours */
            "memos": { "type": "stdio", "command": "COMMAND",
                       "env": { "MEMOS_BACKEND": "hosted", "MEMOS_API_KEY": "${input:key}", "NOTE": "a // b, }" }, },
          },
        }""".replace("COMMAND", own_command())
    )

    (finding,) = checked(home)

    assert finding.level == "ok"
    assert "memos.memtensor.cn" in finding.found


def test_codex_writes_toml(home: Path) -> None:
    at(home, ".codex", "config.toml").write_text(
        f'[mcp_servers.memos]\ncommand = "{sys.executable}"\nargs = ["-m", "memos_mcp"]\n'
    )

    (finding,) = checked(home)

    assert (finding.about, finding.level) == ("Codex", "ok")


def test_a_server_of_one_project_of_claude_code_is_found(home: Path) -> None:
    written(at(home, ".claude.json"), {"projects": {"/a": {}, "/b": ours(command="/nowhere/memos-mcp")}})

    (finding,) = checked(home)

    assert (finding.about, finding.level) == ("Claude Code", "wrong")


@pytest.mark.parametrize("command", ["/nowhere/memos-mcp", "./.venv/bin/memos-mcp", "memos-mcp-gone"])
def test_a_command_that_is_not_there_is_wrong_and_the_right_one_is_named(home: Path, command: str) -> None:
    written(at(home, ".cursor", "mcp.json"), ours(command=command, args=["memos-mcp"]))

    (finding,) = checked(home)

    assert finding.level == "wrong"
    assert own_command() in finding.mend


def test_a_command_that_does_not_answer_is_wrong_and_its_last_words_are_shown(home: Path) -> None:
    written(at(home, ".cursor", "mcp.json"), ours())

    def silent(server: Server) -> ServerAnswer:
        raise NoAnswer(f"{server.command} was started, and it ends without an answer; it said: no module")

    (finding,) = checked(home, proof=silent)

    assert finding.level == "wrong"
    assert "it said: no module" in finding.found
    assert "memos-mcp install" in finding.mend


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (ServerAnswer(name="memos-mcp", version="0.0.1", tools=6), "memos-mcp 0.0.1"),
        (ServerAnswer(name="another", version=__version__, tools=1), "another server, another"),
    ],
)
def test_a_command_of_another_version_or_program_is_a_warning(home: Path, answer: ServerAnswer, said: str) -> None:
    written(at(home, ".cursor", "mcp.json"), ours())

    warning = checked(home, proof=lambda _: answer)[0]

    assert warning.level == "warning"
    assert said in warning.found


def test_variables_that_make_no_sense_are_wrong_where_they_stand_and_no_secret_is_shown(home: Path) -> None:
    env = {"MEMOS_BACKEND": SECRET, "MEMOS_API_KEY": SECRET, "MEMOS_APIKEY": SECRET, "OTHER": SECRET}
    path = written(at(home, ".cursor", "mcp.json"), ours(env=env, headers={"Authorization": SECRET}))

    findings = checked(home)

    assert [finding.level for finding in findings] == ["wrong", "warning"]
    assert str(path) in findings[0].mend
    assert "MEMOS_API_KEY" in findings[1].mend
    assert SECRET not in str(findings)


def test_a_hosted_backend_without_its_key_is_wrong(home: Path) -> None:
    written(at(home, ".cursor", "mcp.json"), ours(env={"MEMOS_BACKEND": "hosted"}))

    (finding,) = checked(home)

    assert finding.level == "wrong"


def test_the_variables_of_the_doctor_are_not_those_of_the_host(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEMOS_USER_ID", "somebody-else")
    written(at(home, ".cursor", "mcp.json"), ours())

    (finding,) = checked(home)

    assert 'user "default"' in finding.found


@pytest.mark.parametrize("text", ['{"mcpServers": {"memos": {"command": "memos-mcp",}}}', "\x00", "{"])
def test_a_file_that_is_no_json_is_wrong(home: Path, text: str) -> None:
    at(home, "Claude", "claude_desktop_config.json").write_text(text)

    (finding,) = checked(home)

    assert finding.level == "wrong"
    assert "is not valid" in finding.found


@pytest.mark.parametrize(
    "servers", [None, [], {}, {"memos-mcp": "text"}, {"x": {"args": 3}}, {"x": {"command": "npx", "args": ["x"]}}]
)
def test_a_file_that_does_not_name_us_counts_as_none(home: Path, servers: object) -> None:
    written(at(home, ".cursor", "mcp.json"), {"mcpServers": servers})

    (finding,) = checked(home)

    assert finding.about == "hosts"


def test_an_entry_with_a_number_among_its_variables_is_wrong(home: Path) -> None:
    written(at(home, ".cursor", "mcp.json"), ours(env={"MEMOS_ENGINE_IDLE": 5}))

    (finding,) = checked(home)

    assert finding.level == "wrong"
    assert "env.MEMOS_ENGINE_IDLE" in finding.found


@pytest.mark.parametrize(
    ("name", "command", "args", "package"),
    [
        ("memos", "uvx", ["memos-mcp"], "memos-mcp"),
        ("memos", "uvx", ["memos-memory-mcp-tools"], "memos-memory-mcp-tools"),
        ("memos", "npx", ["-y", "memos-memory-mcp"], "memos-memory-mcp"),
        ("memory", "/opt/bin/uvx", ["--python", "3.12", "memos-mcp@latest"], "memos-mcp@latest"),
        ("memory", "uv", ["tool", "run", "--from", "memos-mcp==9", "memos-mcp"], "memos-mcp==9"),
        ("memory", "pipx", ["run", "memos-mcp"], "memos-mcp"),
        ("memos", "npx", ["-y", "@somebody/memory"], "@somebody/memory"),
        ("memos", "cmd", ["/c", "npx", "-y", "memos-mcp"], "memos-mcp"),
        ("memos", "C:\\nodejs\\npx.cmd", ["-y", "memos-mcp"], "memos-mcp"),
    ],
)
def test_an_entry_that_fetches_a_package_by_its_name_is_warned_of_and_not_run(
    home: Path, name: str, command: str, args: list[str], package: str
) -> None:
    written(at(home, ".cursor", "mcp.json"), {"mcpServers": {name: {"command": command, "args": args}}})

    (finding,) = checked(home, proof=never)

    assert finding.level == "warning"
    assert f'"{package}"' in finding.found


def never(server: Server) -> ServerAnswer:
    raise AssertionError(server)


@pytest.mark.parametrize(
    ("runner", "args"),
    [
        ("uvx", ["--from", "/dist/memos_memory_mcp-0.1.0-py3-none-any.whl", "memos-mcp"]),
        ("uvx", ["memos-memory-mcp"]),
        ("uvx", ["--from", "memos-memory-mcp[documents]==0.1.0", "memos-mcp"]),
        ("uv", ["tool", "run", "memos-memory-mcp@latest"]),
        ("pipx", ["run", "--spec", "memos-memory-mcp-hosted", "memos-mcp"]),
    ],
)
def test_what_a_runner_takes_from_a_file_or_by_our_name_is_started_as_any_other(
    home: Path, runner: str, args: list[str]
) -> None:
    command = at(home, "bin", runner)
    command.write_text("#!/bin/sh\n")
    command.chmod(0o755)
    written(at(home, ".cursor", "mcp.json"), ours(command=str(command), args=args))

    (finding,) = checked(home)

    assert finding.level == "ok"


def test_the_scope_of_every_entry_is_named(home: Path) -> None:
    written(at(home, ".claude.json"), {**ours(), "projects": {"/work/b": ours()}})
    written(at(home, "project", ".mcp.json"), ours())

    found = [finding.found for finding in checked(home)]

    assert all(
        said in one for said, one in zip(("user scope", "local scope of /work/b", "project scope"), found, strict=True)
    )


def test_what_the_host_fills_in_is_not_tried(home: Path) -> None:
    written(at(home, ".cursor", "mcp.json"), ours(env={"MEMOS_USER_ID": "${env:USER}"}))

    (finding,) = checked(home, proof=never)

    assert (finding.level, "not tried" in finding.found) == ("ok", True)


def test_goose_and_opencode_spell_an_entry_in_their_own_way(home: Path) -> None:
    at(home, ".config", "goose", "config.yaml").write_text(
        f"extensions:\n  memos:\n    cmd: {own_command()}\n    args: []\n"
    )
    written(at(home, ".config", "opencode", "opencode.json"), {"mcp": {"memos": {"command": [own_command()]}}})
    written(at(home, ".lmstudio", "mcp.json"), {"mcpServers": {"memos": {"command": own_command(), "enabled": False}}})

    assert [(finding.about, finding.level) for finding in checked(home)] == [
        ("Goose", "ok"),
        ("OpenCode", "ok"),
        ("LM Studio", "warning"),
    ]


def test_an_address_is_shown_without_what_opens_it(home: Path) -> None:
    url = f"http://ann:{SECRET}@127.0.0.1:8765/mcp?token={SECRET}"
    written(at(home, ".cursor", "mcp.json"), {"mcpServers": {"memos": {"url": url}}})

    (finding,) = checked(home)

    assert finding.level == "ok"
    assert "memos-mcp serve" in finding.found
    assert SECRET not in str(finding)


def test_a_server_that_is_switched_off_is_a_warning(home: Path) -> None:
    written(at(home, ".codeium", "windsurf", "mcp_config.json"), ours(disabled=True))

    (finding,) = checked(home)

    assert finding.level == "warning"


def test_the_example_for_claude_desktop_is_one_that_the_doctor_knows(home: Path) -> None:
    example = Path(__file__).parents[2] / "claude_desktop_config.example.json"
    at(home, "Claude", "claude_desktop_config.json").write_text(example.read_text())

    assert all(finding.about == "Claude Desktop" for finding in checked(home))
