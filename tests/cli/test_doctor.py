"""`memos-mcp doctor` finds what is wrong, says how to mend it, and shows no secret."""

import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import anyio
import pytest

from memos_mcp import __version__
from memos_mcp.backends.hosted.outbox import Outbox, account_of
from memos_mcp.backends.local.directory import CHROMA_FOLDER, LEDGER_FILE
from memos_mcp.backends.local.ledger.ledger import Ledger
from memos_mcp.backends.local.text.language_files import profiles
from memos_mcp.backends.local.vectors.indexing import GATHERED
from memos_mcp.cli.checks.directory import check_directory
from memos_mcp.cli.checks.engine import judge
from memos_mcp.cli.checks.finding import Finding
from memos_mcp.cli.checks.languages import judge as judge_languages
from memos_mcp.cli.commands.doctor import examine
from memos_mcp.cli.commands.status import FoundEngine
from memos_mcp.core.settings import own_variables
from memos_mcp.hosts.machine import Machine
from memos_mcp.relay.launch import LOG_FILE
from tests.cli.machine import embedded, front, memos, say
from tests.engine.conftest import engines_of
from tests.fakes.cloud import KEY

SECRET = "sk-a-secret-that-nobody-may-see"  # noqa: S105


def found(home: Path, **variables: str) -> list[Finding]:
    """Look at everything, as the command does in a process with these variables."""
    given = {**own_variables(), **variables}
    return list(examine(given, machine=Machine.here(home=home, folder=home / "project"), tell=lambda _: None))


async def found_meanwhile(home: Path, **variables: str) -> list[Finding]:
    """The same, beside a running event loop."""
    return await anyio.to_thread.run_sync(lambda: found(home, **variables))


def about(findings: Iterable[Finding], subject: str) -> list[tuple[str, str]]:
    return [(finding.level, finding.found) for finding in findings if finding.about == subject]


def levels(findings: Iterable[Finding]) -> set[str]:
    return {finding.level for finding in findings if finding.about != "hosts"}


def test_a_fresh_machine_is_well_and_nothing_is_made(data_dir: Path, home: Path) -> None:
    findings = found(home)

    assert levels(findings) == {"ok"}
    assert not data_dir.exists()


async def test_a_running_engine_is_well(data_dir: Path, home: Path) -> None:
    async with front(data_dir) as backend:
        await say(backend, "I prefer window seats.")
        shown = memos("doctor")
        findings = await found_meanwhile(home)

    (engine,) = engines_of(data_dir)
    assert levels(findings) == {"ok"}
    assert f"process {engine.pid} answers" in shown.stdout
    assert shown.returncode == 0


async def test_the_exit_status_and_the_json_tell_what_is_wrong(data_dir: Path) -> None:
    data_dir.mkdir(mode=0o700)
    (data_dir / LEDGER_FILE).write_text("no database at all")

    shown = memos("doctor", "--json")

    assert shown.returncode == 1
    wrong = [line for line in json.loads(shown.stdout) if line["level"] == "wrong"]
    assert [line["about"] for line in wrong][:1] == ["ledger"]
    assert "memos-mcp restore FILE" in wrong[0]["mend"]


@pytest.mark.usefixtures("data_dir")
def test_each_invalid_and_each_unknown_variable_is_named_and_no_value_shown(home: Path) -> None:
    findings = found(home, MEMOS_BACKEND=SECRET, MEMOS_ENGINE_IDLE="soon", MEMOS_DATADIR=SECRET, MEMOS_TOKENS="")

    shown = about(findings, "settings")
    assert [level for level, _ in shown] == ["wrong", "wrong", "warning"]
    assert [text.split()[0] for _, text in shown] == ["MEMOS_BACKEND:", "MEMOS_ENGINE_IDLE:", "MEMOS_DATADIR"]
    assert "MEMOS_DATA_DIR" in findings[2].mend
    assert SECRET not in str(findings)


ENGLISH, GERMAN, RUSSIAN = "We moved to the house by the lake.", "Wir sind in das Haus am See gezogen.", "Мы переехали."


async def test_a_store_in_another_language_is_told_what_serves_it_better(data_dir: Path, home: Path) -> None:
    async with front(data_dir) as backend:
        await say(backend, *[GERMAN] * 15, *[ENGLISH] * 15)
        findings = await found_meanwhile(home)

    ((level, text),) = about(findings, "languages")
    assert level == "warning"
    assert text.startswith("50 % of the last 30 messages are in German; with the default model a search gives")
    assert "MEMOS_EMBEDDER=multilingual-e5" in next(one.mend for one in findings if one.about == "languages")


@pytest.mark.parametrize(
    ("texts", "embedder", "told"),
    [
        ([ENGLISH] * 40, "onnx", []),
        ([RUSSIAN] * 19, "onnx", []),
        ([RUSSIAN] * 3 + [ENGLISH] * 37, "onnx", []),
        ([RUSSIAN] * 10 + [GERMAN] * 30, "onnx", [("warning", "German"), ("ok", "Cyrillic")]),
        ([RUSSIAN] * 40, "multilingual-e5", [("ok", "Cyrillic")]),
        (["我们搬到了湖边的房子。"] * 40, "onnx", [("ok", "Chinese")]),
        (["湖のそばの家に引っ越した。"] * 40, "sentence-transformers:x", [("ok", "Japanese")]),
        (["Ci siamo trasferiti nella casa sul lago."] * 40, "onnx", [("ok", "Italian")]),
        (["Μετακομίσαμε στο σπίτι."] * 40, "onnx", [("warning", "Greek")]),
    ],
)
def test_of_languages_only_what_is_much_is_spoken_of(
    texts: list[str], embedder: str, told: list[tuple[str, str]]
) -> None:
    findings = list(judge_languages(texts, embedder=embedder))

    assert [finding.level for finding in findings] == [level for level, _ in told]
    assert all(f"are in {language}" in finding.found for finding, (_, language) in zip(findings, told, strict=True))


def test_the_doctor_speaks_of_languages_as_the_benchmarks_do() -> None:
    page = (Path(__file__).parents[2] / "docs" / "benchmarks.md").read_text(encoding="utf-8")
    section = page.partition("### Other languages")[2].partition("\n### ")[0]
    rows = [line.split(" | ") for line in section.splitlines() if re.match(r"\| [A-Z][a-z]+ \| \d", line)]
    written = {row[0][2:]: tuple(int(float(cell.split(" / ")[0]) + 0.5) for cell in row[2:4]) for row in rows}

    assert {one.name.capitalize(): tuple(one.found) for one in profiles().values() if one.found} == written


@pytest.mark.usefixtures("data_dir")
def test_tokens_that_make_no_sense_are_wrong(home: Path) -> None:
    findings = found(home, MEMOS_TOKENS=SECRET)

    assert about(findings, "settings")[0][0] == "wrong"
    assert SECRET not in str(findings)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such permissions")
def test_a_directory_that_others_may_look_into_is_a_warning(data_dir: Path) -> None:
    data_dir.mkdir(mode=0o755)

    (warning, fine) = check_directory(data_dir)

    assert (warning.level, fine.level) == ("warning", "ok")
    assert "chmod 700" in warning.mend


def test_a_file_in_the_place_of_the_directory_is_wrong_and_the_store_is_not_looked_at(
    data_dir: Path, home: Path
) -> None:
    data_dir.write_text("a file")

    findings = found(home)

    assert [finding.about for finding in findings if finding.level == "wrong"] == ["data directory"]
    assert not about(findings, "ledger")


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="needs a folder that nobody can write to")
def test_a_directory_that_cannot_be_written_to_is_wrong() -> None:
    (finding,) = [finding for finding in check_directory(Path("/proc/self/task")) if finding.level == "wrong"]

    assert "cannot be written to" in finding.found


async def test_a_broken_vector_index_is_found_and_left_alone(data_dir: Path, home: Path) -> None:
    facts = [f"Fact number {number} about otters." for number in range(2 * GATHERED)]
    async with front(data_dir) as backend:
        await say(backend, *facts[:20])
    memos("stop")
    ((level, found),) = about(await found_meanwhile(home), "vector index")
    assert (level, found.partition(",")[0]) == ("ok", "not made yet")
    async with front(data_dir) as backend:
        await say(backend, *facts[20:])
        with anyio.fail_after(60):
            while not list((data_dir / CHROMA_FOLDER).glob("*/chroma.sqlite3")):
                await anyio.sleep(0.02)
    memos("stop")
    (database,) = (data_dir / CHROMA_FOLDER).glob("*/chroma.sqlite3")
    database.write_bytes(b"broken" * 1000)

    findings = await found_meanwhile(home)

    assert about(findings, "vector index") == [("warning", "broken")]
    assert database.read_bytes() == b"broken" * 1000


async def test_a_chroma_server_that_is_away_is_a_warning(data_dir: Path, home: Path) -> None:
    async with front(data_dir) as backend:
        await say(backend, "I prefer window seats.")
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"

        findings = await found_meanwhile(home, MEMOS_CHROMA_URL=url)

    assert about(findings, "vector index")[0][0] == "warning"


def test_a_model_that_is_not_there_is_wrong(data_dir: Path, home: Path, tmp_path: Path) -> None:
    findings = found(home, MEMOS_ONNX_MODEL=str(tmp_path / "nowhere"))

    ((level, text),) = about(findings, "model")
    assert level == "wrong"
    assert "nowhere" in text
    assert not data_dir.exists()


def test_vectors_of_another_model_are_wrong(data_dir: Path, home: Path) -> None:
    ledger = Ledger.open(data_dir / LEDGER_FILE)
    ledger.note("embedder", "another:0123")
    ledger.close()

    findings = found(home)

    ((level, text),) = about(findings, "model")
    assert level == "wrong"
    assert "another:0123" in text


def test_what_keeps_an_engine_from_starting_is_found_by_importing_it(
    data_dir: Path, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data_dir.mkdir(mode=0o700)
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "tokenizers.py").write_text("raise ImportError('a library is missing')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "broken"))

    ((level, told),) = about(found(home), "engine")

    assert level == "wrong"
    assert "a library is missing" in told


async def test_an_engine_that_hangs_is_wrong(data_dir: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("memos_mcp.cli.commands.status.PATIENCE", 0.5)
    async with front(data_dir) as backend:
        await say(backend, "I prefer window seats.")
    (engine,) = engines_of(data_dir)
    engine.suspend()

    findings = await found_meanwhile(home)

    assert about(findings, "engine") == [("wrong", f"process {engine.pid} does not answer")]


def test_an_engine_of_another_version_is_a_warning() -> None:
    finding = judge(FoundEngine(answers=True, url="http://127.0.0.1:9", pid=7, version="0.0.1"))

    assert finding.level == "warning"
    assert finding.found == f"process 7 is memos-mcp 0.0.1, this is {__version__}"


def test_errors_in_the_log_of_the_last_day_are_counted(data_dir: Path, home: Path) -> None:
    data_dir.mkdir(mode=0o700)
    now = datetime.now().astimezone().strftime("%Y-%m-%d %H:%M:%S")
    lines = ["2001-01-01 00:00:00,000 ERROR a: long ago", f"{now},000 ERROR a: one", f"{now},000 INFO a: two"]
    (data_dir / LOG_FILE).write_text("\n".join([*lines, f"{now},000 ERROR a: the last", "Traceback"]))

    (_, (level, text)) = about(found(home), "engine")

    assert level == "warning"
    assert text == "2 errors in the log within a day, the last: a: the last"


async def test_an_embedded_server_is_no_failure(data_dir: Path, home: Path) -> None:
    async with embedded(data_dir):
        findings = await found_meanwhile(home)

    assert levels(findings) == {"ok"}


SERVICE = """
import sys, uvicorn
from starlette.applications import Starlette
from tests.fakes.cloud import FakeCloud
from tests.fakes.product_server import FakeProductServer
app = Starlette(routes=[*FakeCloud().app.routes, *FakeProductServer().app.routes])
uvicorn.run(app, port=int(sys.argv[1]), log_level="error")
"""


def wait_for(port: int) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    raise TimeoutError("the fake service did not start")


@pytest.fixture
def service() -> Iterable[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with subprocess.Popen([sys.executable, "-c", SERVICE, str(port)]) as process:
        wait_for(port)
        yield f"http://127.0.0.1:{port}"
        process.kill()


@pytest.mark.usefixtures("data_dir")
def test_a_hosted_service_that_takes_the_key_is_well_and_one_that_does_not_is_wrong(home: Path, service: str) -> None:
    cloud = f"{service}/api/openmem/v1"
    taken = found(home, MEMOS_API_KEY=KEY, MEMOS_BASE_URL=cloud)
    refused = found(home, MEMOS_API_KEY=SECRET, MEMOS_BASE_URL=cloud)

    assert [level for level, _ in about(taken, "hosted service")] == ["ok"]
    assert [level for level, _ in about(refused, "hosted service")] == ["wrong"]
    assert "MEMOS_API_KEY" in about(refused, "hosted service")[0][1]
    assert SECRET not in str(refused)
    assert not about(taken, "model")


@pytest.mark.usefixtures("data_dir")
def test_memos_own_server_needs_no_key_and_what_it_lacks_is_told(home: Path, service: str) -> None:
    findings = found(home, MEMOS_BASE_URL=f"{service}/product")

    (told,) = about(findings, "hosted service")
    assert told[0] == "ok"
    assert "keeps no messages" in told[1]


@pytest.mark.usefixtures("data_dir")
@pytest.mark.parametrize(
    ("path", "variables"),
    [("/elsewhere", {"MEMOS_API_KEY": KEY}), ("/api/openmem/v1", {"MEMOS_API_KEY": SECRET})],
    ids=["another address", "another key"],
)
def test_where_nothing_would_be_queued_nothing_is_said_to_be(
    home: Path, service: str, path: str, variables: dict[str, str]
) -> None:
    findings = found(home, MEMOS_BASE_URL=f"{service}{path}", **variables)

    (mend,) = [finding.mend for finding in findings if finding.about == "hosted service"]
    assert "each call is refused" in mend
    assert "delivered later" not in mend


def test_a_hosted_service_that_is_away_is_wrong_and_what_waits_is_told(data_dir: Path, home: Path) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}/api/openmem/v1"
        Outbox(data_dir, account=account_of(url, SECRET)).keep({}, user_id="u", key="k", time=0, tried=False)
        Outbox(data_dir, account="another").keep({}, user_id="u", key="k", time=0, tried=False)

        findings = found(home, MEMOS_API_KEY=SECRET, MEMOS_BASE_URL=url)

    told = about(findings, "hosted service")
    assert [level for level, _ in told] == ["wrong", "warning", "warning"]
    assert told[1][1] == "1 add not delivered yet"
    assert SECRET not in str(findings)
