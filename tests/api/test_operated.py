"""A real server as its operator sees it: tokens that come and go, metrics, the access log and the audit log."""

import json
import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.api.process import Running, running
from tests.cli.machine import memos

TEXT = "I moved to Lisbon with my sister."


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("operated")


@pytest.fixture(scope="module")
def anna(folder: Path) -> str:
    """A token that was made before the server started."""
    return command(folder, "add", "anna")


@pytest.fixture(scope="module")
def server(folder: Path, anna: str) -> Iterator[Running]:
    del anna
    with running(folder, MEMOS_ACCESS_LOG="json") as started:
        yield started


def command(folder: Path, *arguments: str) -> str:
    done = memos("token", *arguments, MEMOS_DATA_DIR=str(folder))
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def call(server: Running, operation: str, body: dict[str, object], token: str) -> httpx.Response:
    headers = {"authorization": f"Bearer {token}"}
    return httpx.post(f"{server.rest}/{operation}", json=body, headers=headers, timeout=60)


def audited(folder: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in (folder / "audit.jsonl").read_text().splitlines()]


def test_a_token_is_kept_as_its_digest_for_the_owner_alone(folder: Path, anna: str) -> None:
    file = folder / "tokens"

    assert anna.startswith("memos_")
    assert anna not in file.read_text()
    assert re.search(r"^sha256:[0-9a-f]{64}=anna$", file.read_text(), re.MULTILINE)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_server_that_runs_follows_the_file(folder: Path, server: Running) -> None:
    ben = command(folder, "add", "ben")
    (name,) = [one["name"] for one in json.loads(command(folder, "list", "--json")) if one["user"] == "ben"]

    assert call(server, "get/memory", {}, ben).status_code == 200
    command(folder, "revoke", name)
    assert call(server, "get/memory", {}, ben).status_code == 401


def test_a_digest_is_no_token(folder: Path, server: Running) -> None:
    digest = (folder / "tokens").read_text().splitlines()[-1].partition("=")[0]

    assert call(server, "get/memory", {}, digest).status_code == 401
    assert call(server, "get/memory", {}, digest.removeprefix("sha256:")).status_code == 401


def test_a_file_that_others_can_read_meanwhile_changes_nothing(folder: Path, server: Running, anna: str) -> None:
    file = folder / "tokens"
    before = file.read_text()
    try:
        file.write_text(f"{before}stolen=anna\n")
        file.chmod(0o644)
        assert call(server, "get/memory", {}, "stolen").status_code == 401
        assert call(server, "get/memory", {}, anna).status_code == 200
    finally:
        file.write_text(before)
        file.chmod(0o600)


def test_metrics_count_calls_errors_and_what_is_kept(server: Running, anna: str) -> None:
    said = {"messages": TEXT, "async_mode": False}
    assert call(server, "add/message", said, anna).status_code == 200
    assert call(server, "update/memory", {"memory_id": "k999", "content": "x"}, anna).status_code == 404

    text = httpx.get(f"{server.url}/metrics").text

    assert re.search(r'^memos_operation_seconds_count\{operation="add_message"\} [1-9]', text, re.MULTILINE)
    assert 'memos_operation_errors_total{code="40307",operation="update_memory"} 1.0' in text
    assert re.search(r"^memos_messages [1-9]", text, re.MULTILINE)
    assert "memos_waiting_for_vectors " in text
    if os.name == "posix":
        assert re.search(r"^process_resident_memory_bytes [1-9]", text, re.MULTILINE)


@pytest.mark.parametrize("header", ["x-forwarded-for", "forwarded", "x-real-ip"])
def test_metrics_are_closed_to_what_came_through_a_proxy(server: Running, anna: str, header: str) -> None:
    forwarded = {header: "203.0.113.7"}

    assert httpx.get(f"{server.url}/metrics", headers=forwarded).status_code == 401
    opened = forwarded | {"authorization": f"Bearer {anna}"}
    assert httpx.get(f"{server.url}/metrics", headers=opened).status_code == 200


def test_deletions_and_refused_tokens_are_audited_without_text_or_token(
    folder: Path, server: Running, anna: str
) -> None:
    call(server, "add/message", {"messages": TEXT, "async_mode": False, "user_id": "anna"}, anna)
    call(server, "delete/memory", {"user_id": "anna"}, anna)
    call(server, "get/memory", {}, "a-wrong-token")

    *_, deletion, refused = audited(folder)

    assert deletion["event"] == "deletion"
    assert (deletion["user_id"], deletion["operation"]) == ("anna", "delete_memory")
    assert int(str(deletion["messages"])) >= 1
    assert deletion["by"] in command(folder, "list")
    assert (refused["event"], refused["code"], refused["client"]) == ("token_refused", 40132, "127.0.0.1")
    written = (folder / "audit.jsonl").read_text()
    assert "Lisbon" not in written
    assert "a-wrong-token" not in written
    assert anna not in written
    assert stat.S_IMODE((folder / "audit.jsonl").stat().st_mode) == 0o600


@pytest.mark.parametrize("user", ["", "a=b", "a,b", "a\nb", "u" * 101])
def test_a_user_that_cannot_be_written_gets_no_token(tmp_path: Path, user: str) -> None:
    done = memos("token", "add", user, MEMOS_DATA_DIR=str(tmp_path))

    assert (done.returncode, done.stdout) == (1, "")
    assert "visible characters" in done.stderr


def test_tokens_in_the_environment_are_not_the_commands(tmp_path: Path) -> None:
    done = memos("token", "add", "anna", MEMOS_DATA_DIR=str(tmp_path), MEMOS_TOKENS="secret-token=ben")

    assert done.returncode == 1
    assert "MEMOS_TOKENS holds the tokens itself" in done.stderr
    assert "secret-token" not in done.stderr


def test_a_server_with_a_mistaken_line_does_not_start(tmp_path: Path) -> None:
    file = tmp_path / "tokens"
    file.write_text("secret=anna,other=*\n")
    file.chmod(0o600)

    done = memos("serve", "--port", "0", MEMOS_DATA_DIR=str(tmp_path))

    assert done.returncode == 1
    assert "Line 1 of the file of MEMOS_TOKENS holds a comma." in done.stderr
    assert "secret" not in done.stderr
