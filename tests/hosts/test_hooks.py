"""The hooks in the files of hosts, put beside the hooks that a user has and taken out without a trace."""

import json
from pathlib import Path
from typing import Any

import pytest

from memos_mcp.hooks.events import read_event
from memos_mcp.hooks.output import answer
from memos_mcp.hosts.changes import chosen, installing, uninstalling
from memos_mcp.hosts.config_file import COPY, ConfigFile, NotChanged
from memos_mcp.hosts.hooks import HOOKS, Hooks, hooks_of, installing_hooks, uninstalling_hooks
from memos_mcp.hosts.machine import Machine
from memos_mcp.hosts.registry import HostFile, files_of

COMMAND = "/opt/my tools/memos-mcp"
QUOTED = "'/opt/my tools/memos-mcp'"
PLACES = {
    "codex": ".codex/hooks.json",
    "gemini": ".gemini/settings.json",
    "cursor": ".cursor/hooks.json",
    "vscode": ".copilot/hooks/memos.json",
}


def server_file(key: str, tmp_path: Path) -> HostFile:
    machine = Machine("linux", tmp_path, tmp_path / "project", {})
    return chosen(files_of(machine), (key,), "user")[0]


def found(key: str, tmp_path: Path) -> tuple[Hooks, HostFile]:
    hooks = hooks_of(server_file(key, tmp_path), Machine("linux", tmp_path, tmp_path / "project", {}))
    assert hooks is not None
    return hooks


def commands(file: HostFile) -> dict[str, list[str]]:
    """Return the commands of each event, as the host reads them."""
    said: dict[str, list[Any]] = ConfigFile.read(file.path, comments=file.host.comments).parsed()["hooks"]
    return {event: [one.get("hooks", [one])[0]["command"] for one in elements] for event, elements in said.items()}


def with_others(hooks: Hooks, file: HostFile) -> str:
    """Write what a user has: hooks of one event of ours and of another, with comments where they are allowed."""
    theirs = '{"command": "theirs"}' if not hooks.nested else '{"hooks": [{"type": "command", "command": "theirs"}]}'
    comment = " // mine" if file.host.comments else ""
    return (
        f'{{\n\t"version": 1,\n\t"hooks": {{\n\t\t"{hooks.events[1]}": [{comment}\n\t\t\t{theirs}\n\t\t],\n'
        f'\t\t"other": [{theirs}]{comment}\n\t}}\n}}\n'
    )


@pytest.mark.parametrize("key", PLACES)
@pytest.mark.parametrize("form", ["absent", "empty", "other hooks"])
def test_hooks_are_put_beside_those_that_are_there_and_taken_out_without_a_trace(
    tmp_path: Path, key: str, form: str
) -> None:
    hooks, file = found(key, tmp_path)
    assert file.path == tmp_path / PLACES[key]
    before = {"absent": "", "empty": "{}\n", "other hooks": with_others(hooks, file)}[form]
    if form != "absent":
        file.path.parent.mkdir(parents=True)
        file.path.write_text(before)

    change = installing_hooks(hooks, file, COMMAND)
    change.make()

    assert change.what == "added"
    there = commands(file)
    assert {event: there[event][-1] for event in hooks.events} == {
        event: f"{QUOTED} hook {event} --host {key}" for event in hooks.events
    }
    assert there.get("other", ["theirs"]) == ["theirs"]
    assert before.count("theirs") == file.path.read_text().count("theirs")
    assert before.count("// mine") == file.path.read_text().count("// mine")
    assert installing_hooks(hooks, file, COMMAND).what == "unchanged"
    uninstalling_hooks(hooks, file).make()
    left = file.path.read_text() if file.path.exists() else ""
    assert left == before or (hooks.shared and json.loads(left) == {})  # an entry of ours is left to be taken out
    assert not list(tmp_path.rglob(f"*{COPY}"))


@pytest.mark.parametrize("key", PLACES)
def test_what_a_user_adds_meanwhile_stays_and_another_command_is_brought_up_to_date(tmp_path: Path, key: str) -> None:
    hooks, file = found(key, tmp_path)
    installing_hooks(hooks, file, "/old/memos-mcp").make()
    document = ConfigFile.read(file.path, comments=False).parsed()
    document["hooks"]["mine"] = [*document["hooks"][hooks.events[0]], {"command": "theirs"}]
    file.path.write_text(json.dumps(document))

    change = installing_hooks(hooks, file, COMMAND)
    change.make()

    assert change.what == "changed"
    assert commands(file)[hooks.events[0]] == [f"{QUOTED} hook {hooks.events[0]} --host {key}"]
    uninstalling_hooks(hooks, file).make()
    assert json.loads(file.path.read_text())["hooks"] == {"mine": [{"command": "theirs"}]}


def test_servers_and_hooks_of_one_file_go_without_a_trace(tmp_path: Path) -> None:
    file, (hooks, hooks_file) = server_file("gemini", tmp_path), found("gemini", tmp_path)
    before = '{\n  // mine\n  "theme": "dark", // theirs\n}\n'
    file.path.parent.mkdir()
    file.path.write_text(before)

    installing(file, COMMAND, {}).make()
    installing_hooks(hooks, hooks_file, COMMAND).make()
    uninstalling_hooks(hooks, hooks_file).make()
    uninstalling(file).make()

    assert file.path.read_text() == before
    assert not list(tmp_path.rglob(f"*{COPY}"))


@pytest.mark.parametrize("content", ['{"hooks": []}', '{"hooks": {"Stop": {}}}', '{"hooks": {"Stop": "x"}}', "{", "[]"])
def test_a_file_of_another_form_is_left_alone(tmp_path: Path, content: str) -> None:
    hooks, file = found("codex", tmp_path)
    file.path.parent.mkdir()
    file.path.write_text(content)

    with pytest.raises(NotChanged):
        installing_hooks(hooks, file, COMMAND)

    assert file.path.read_text() == content


@pytest.mark.parametrize("hooks", HOOKS, ids=lambda hooks: hooks.host)
def test_each_event_that_is_written_is_one_that_the_hook_knows(hooks: Hooks) -> None:
    for event in hooks.events:
        read = read_event(b'{"session_id": "s", "prompt": "x"}', event=event, host=hooks.host, folder="/")
        assert read is not None
        assert read.host == hooks.host
        assert answer(read, "") == ""
