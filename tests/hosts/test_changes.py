"""The file of each host, in the forms that real users have, on the folders of Linux, macOS and Windows."""

import stat
from pathlib import Path
from typing import Any, get_args

import pytest

from memos_mcp.hosts.changes import FileChange, chosen, installing, uninstalling
from memos_mcp.hosts.config_file import COPY, ConfigFile, NotChanged
from memos_mcp.hosts.machine import Machine, System
from memos_mcp.hosts.registry import HOSTS, HostFile, files_of

COMMAND = "/opt/memos/bin/memos-mcp"

HOST_KEYS = [host.key for host in HOSTS]
SYSTEMS: tuple[System, ...] = get_args(System)

PLACES = {
    ("claude-desktop", "linux"): ".config/Claude/claude_desktop_config.json",
    ("claude-desktop", "darwin"): "Library/Application Support/Claude/claude_desktop_config.json",
    ("claude-desktop", "win32"): "AppData/Roaming/Claude/claude_desktop_config.json",
    ("claude-code", "*"): ".claude.json",
    ("cursor", "*"): ".cursor/mcp.json",
    ("vscode", "linux"): ".config/Code/User/mcp.json",
    ("vscode", "darwin"): "Library/Application Support/Code/User/mcp.json",
    ("vscode", "win32"): "AppData/Roaming/Code/User/mcp.json",
    ("codex", "*"): ".codex/config.toml",
    ("gemini", "*"): ".gemini/settings.json",
    ("windsurf", "*"): ".codeium/windsurf/mcp_config.json",
    ("zed", "linux"): ".config/zed/settings.json",
    ("zed", "darwin"): ".config/zed/settings.json",
    ("zed", "win32"): "AppData/Roaming/Zed/settings.json",
    ("cline", "linux"): ".config/Code/User/globalStorage/saoudrizwan.claude-dev/settings/cline_mcp_settings.json",
    ("cline", "darwin"): "Library/Application Support/Code/User/globalStorage/saoudrizwan.claude-dev/settings/"
    "cline_mcp_settings.json",
    ("cline", "win32"): "AppData/Roaming/Code/User/globalStorage/saoudrizwan.claude-dev/settings/"
    "cline_mcp_settings.json",
    ("goose", "linux"): ".config/goose/config.yaml",
    ("goose", "darwin"): ".config/goose/config.yaml",
    ("goose", "win32"): "AppData/Roaming/Block/goose/config/config.yaml",
    ("opencode", "*"): ".config/opencode/opencode.json",
    ("lm-studio", "*"): ".lmstudio/mcp.json",
}

TOML = (
    '# mine\nmodel = "x" # a model\n\n[mcp_servers.other]\ncommand = "other" # theirs\nargs = ["-y"]\n\n[tui]\nx = 1\n'
)
YAML = """\
# mine
extensions:
  other:
    cmd: other  # theirs
    args:
    - -y
    enabled: true
GOOSE_MODEL: "x"
"""


def with_others(file: HostFile) -> str:
    """Write a file as a user has it, with another server and, where the host allows it, comments."""
    match file.path.suffix:
        case ".toml":
            return TOML
        case ".yaml":
            return YAML
        case _:
            comment = " // theirs" if file.host.comments else ""
            servers = f'\t"{file.table[0]}": {{\n\t\t"other": {{"command": "other"}}{comment}\n\t}}\n'
            return '{\n\t"theme": "dark",\n' + servers + "}\n"


def without_servers(file: HostFile) -> str:
    match file.path.suffix:
        case ".toml":
            return '# mine\nmodel = "x"\n'
        case ".yaml":
            return "# mine\nGOOSE_MODEL: x\n"
        case _:
            return '{ // mine\n    "theme": "dark"\n}\n' if file.host.comments else '{\n    "theme": "dark"\n}\n'


def machine(tmp_path: Path, system: System = "linux") -> Machine:
    return Machine(system, tmp_path / "home", tmp_path / "project", {})


def file_of(key: str, tmp_path: Path, system: System = "linux") -> HostFile:
    return chosen(files_of(machine(tmp_path, system)), (key,), "user")[0]


def written(file: HostFile, content: bytes) -> None:
    file.path.parent.mkdir(parents=True, exist_ok=True)
    file.path.write_bytes(content)


def install(file: HostFile, **env: str) -> FileChange:
    change = installing(file, COMMAND, env)
    change.make()
    return change


def entry(file: HostFile) -> dict[str, Any]:
    there: Any = ConfigFile.read(file.path, comments=file.host.comments).parsed()
    for key in (*file.table, "memos"):
        there = there[key]
    return there


@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.parametrize("key", HOST_KEYS)
@pytest.mark.parametrize("form", ["absent", "empty", "no servers", "other servers", "mark and line ends of Windows"])
def test_a_server_is_put_into_every_host_and_taken_out_without_a_trace(
    tmp_path: Path, system: System, key: str, form: str
) -> None:
    file = file_of(key, tmp_path, system)
    place = PLACES.get((key, system)) or PLACES[key, "*"]
    assert file.path == tmp_path / "home" / place
    before = {
        "absent": b"",
        "empty": b"",
        "no servers": without_servers(file).encode(),
        "other servers": with_others(file).encode(),
        "mark and line ends of Windows": b"\xef\xbb\xbf" + with_others(file).replace("\n", "\r\n").encode(),
    }[form]
    if form != "absent":
        written(file, before)

    assert install(file, MEMOS_USER_ID="ann").what == "added"

    after = file.path.read_bytes()
    assert COMMAND in str(entry(file))
    assert "'MEMOS_USER_ID': 'ann'" in str(entry(file))
    assert lines(before) <= lines(after), "a line that was there is there no more"
    assert after.startswith(b"\xef\xbb\xbf") == before.startswith(b"\xef\xbb\xbf")
    assert install(file, MEMOS_USER_ID="ann").what == "unchanged"
    assert file.path.read_bytes() == after

    removed = uninstalling(file)
    removed.make()
    assert removed.what == "removed"
    assert file.path.read_bytes() == before if form != "absent" else not file.path.exists()
    assert not list(file.path.parent.glob(f"*{COPY}"))


def lines(content: bytes) -> set[bytes]:
    """Return the lines of a file without their commas, of which one may come to the last entry."""
    return {line.replace(b",", b"").strip() for line in content.removeprefix(b"\xef\xbb\xbf").split(b"\n")} - {b""}


@pytest.mark.parametrize("key", HOST_KEYS)
def test_what_was_changed_since_stays_when_the_server_is_taken_out(tmp_path: Path, key: str) -> None:
    file = file_of(key, tmp_path)
    written(file, with_others(file).encode())
    install(file)
    document = ConfigFile.read(file.path, comments=file.host.comments)
    written(file, document.with_value(("added_since",), 1).content())

    uninstalling(file).make()

    left = ConfigFile.read(file.path, comments=file.host.comments).parsed()
    assert left == {**ConfigFile(file.path, with_others(file), comments=True).parsed(), "added_since": 1}


@pytest.mark.parametrize("key", HOST_KEYS)
def test_a_file_behind_a_link_is_written_and_the_link_stays(tmp_path: Path, key: str) -> None:
    file = file_of(key, tmp_path)
    target = tmp_path / "dotfiles" / file.path.name
    target.parent.mkdir()
    target.write_text(with_others(file))
    target.chmod(0o640)
    file.path.parent.mkdir(parents=True)
    file.path.symlink_to(target)

    install(file)

    assert file.path.is_symlink()
    assert COMMAND in target.read_text()
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
    assert list(target.parent.iterdir()) == [target]
    uninstalling(file).make()
    assert target.read_text() == with_others(file)
    assert file.path.is_symlink()


@pytest.mark.parametrize("key", HOST_KEYS)
def test_a_file_that_is_read_only_is_left_alone_and_the_reason_is_said(tmp_path: Path, key: str) -> None:
    file = file_of(key, tmp_path)
    written(file, with_others(file).encode())
    file.path.chmod(0o444)

    with pytest.raises(NotChanged, match="read-only"):
        installing(file, COMMAND, {})

    assert file.path.read_text() == with_others(file)


@pytest.mark.parametrize("key", HOST_KEYS)
@pytest.mark.parametrize("content", [b"{", b"\x00", b"\xff\xfe{\x00}\x00", b'["a"]', b"a: [\n"])
def test_a_file_that_is_not_valid_is_left_alone(tmp_path: Path, key: str, content: bytes) -> None:
    file = file_of(key, tmp_path)
    if (file.path.suffix, content) == (".toml", b'["a"]'):
        pytest.skip("a table of that name")
    written(file, content)

    with pytest.raises(NotChanged, match=r"not valid|cannot be changed"):
        installing(file, COMMAND, {})

    assert file.path.read_bytes() == content


def test_comments_in_a_file_of_a_host_that_takes_none_are_no_reason_to_change_it(tmp_path: Path) -> None:
    file = file_of("claude-desktop", tmp_path)
    written(file, b'{ "mcpServers": {} } // mine')

    with pytest.raises(NotChanged, match="not valid"):
        installing(file, COMMAND, {})


@pytest.mark.parametrize("package", ["memos-mcp", "memos-memory-mcp", "memos-memory-mcp-hosted@0.1.0"])
def test_an_entry_that_starts_us_otherwise_is_brought_up_to_date_and_keeps_what_the_user_set(
    tmp_path: Path, package: str
) -> None:
    file = file_of("cursor", tmp_path)
    said = f'{{"command": "uvx", /* mine */ "args": ["{package}"], "env": {{"MEMOS_USER_ID": "ann"}}}}'
    mine = f'{{"mcpServers": {{"my-memory": {said}}}}}'
    written(file, mine.encode())

    change = install(file, MEMOS_TIMEZONE="UTC")

    assert change.what == "changed"
    assert file.path.read_text() == mine.replace('"uvx"', f'"{COMMAND}"').replace(f'["{package}"]', "[]").replace(
        '"ann"', '"ann", "MEMOS_TIMEZONE": "UTC"'
    )


def test_another_server_of_our_name_is_not_overwritten(tmp_path: Path) -> None:
    file = file_of("cursor", tmp_path)
    written(file, b'{"mcpServers": {"memos": {"command": "notes"}}}')

    with pytest.raises(NotChanged, match="another server"):
        installing(file, COMMAND, {})


def test_a_file_that_changes_between_reading_and_writing_is_left_alone(tmp_path: Path) -> None:
    file = file_of("claude-code", tmp_path)
    written(file, b"{}")
    change = installing(file, COMMAND, {})
    written(file, b'{"history": 1}')

    with pytest.raises(NotChanged, match="changed by another program"):
        change.make()

    assert file.path.read_bytes() == b'{"history": 1}'


def test_a_diff_shows_no_key_of_any_server(tmp_path: Path) -> None:
    file = file_of("cursor", tmp_path)
    written(
        file,
        b'{\n  "mcpServers": {\n    "x": {\n      "env": {"API_KEY": "sk-1 2\\"3", "B_TOKEN":"sk-4"},\n'
        b'      "headers": {"Authorization": "Bearer sk-5"}, "args": ["--token=sk-6"]\n    }\n  }\n}\n',
    )

    diff = installing(file, COMMAND, {"MEMOS_API_KEY": "sk-7"}).diff()

    assert '"MEMOS_API_KEY": ***' in diff
    assert "sk-" not in diff


def test_all_folders_of_claude_desktop_on_windows_are_written(tmp_path: Path) -> None:
    local = tmp_path / "home" / "AppData" / "Local"
    roaming = tmp_path / "home" / "AppData" / "Roaming" / "Claude"
    packaged = local / "Packages" / "Claude_pzs8sxrjxfjjc"
    data = local / "Claude-Data" / "claude_1"
    for folder in (roaming, packaged, data):
        folder.mkdir(parents=True)

    found = [file.path for file in chosen(files_of(machine(tmp_path, "win32")), (), "user")]

    assert found == [
        roaming / "claude_desktop_config.json",
        packaged / "LocalCache" / "Roaming" / "Claude" / "claude_desktop_config.json",
        data / "claude_desktop_config.json",
    ]


def test_folders_that_variables_move_are_followed(tmp_path: Path) -> None:
    moved = Machine(
        "win32", tmp_path, tmp_path, {"APPDATA": str(tmp_path / "roaming"), "CODEX_HOME": str(tmp_path / "codex")}
    )

    paths = {file.path for file in files_of(moved)}

    assert tmp_path / "roaming" / "Claude" / "claude_desktop_config.json" in paths
    assert tmp_path / "codex" / "config.toml" in paths


def test_the_file_of_opencode_that_is_there_is_the_one_that_is_written(tmp_path: Path) -> None:
    there = tmp_path / "home" / ".config" / "opencode" / "opencode.jsonc"
    there.parent.mkdir(parents=True)
    there.write_text("// mine\n{}\n")

    assert file_of("opencode", tmp_path).path == there


def test_hosts_that_are_not_on_the_machine_get_no_file_unless_they_are_named(tmp_path: Path) -> None:
    (tmp_path / "home" / ".cursor").mkdir(parents=True)

    assert [file.host.key for file in chosen(files_of(machine(tmp_path)), (), "user")] == ["cursor"]
    assert [file.host.key for file in chosen(files_of(machine(tmp_path)), ("zed",), "user")] == ["zed"]


def test_the_files_of_a_project_are_in_its_folder(tmp_path: Path) -> None:
    keys = ("claude-code", "cursor", "vscode", "codex", "gemini", "opencode")

    found = [file.path for file in chosen(files_of(machine(tmp_path)), keys, "project")]

    assert [str(path.relative_to(tmp_path / "project")) for path in found] == [
        ".mcp.json",
        ".cursor/mcp.json",
        ".vscode/mcp.json",
        ".codex/config.toml",
        ".gemini/settings.json",
        "opencode.json",
    ]


def test_yaml_whose_form_cannot_be_kept_is_left_alone(tmp_path: Path) -> None:
    file = file_of("goose", tmp_path)
    odd = b"extensions:\n     a:   {x:   1}\n   \nb:\n   -    c\n"
    written(file, odd)

    with pytest.raises(NotChanged, match="by hand"):
        installing(file, COMMAND, {})

    assert file.path.read_bytes() == odd
