"""The commands where the ledger is in PostgreSQL."""

import os
import subprocess
from contextlib import closing
from pathlib import Path

import pytest
from rich.console import Console

from memos_mcp.backends.local.ledger.schema import FORMAT
from memos_mcp.backends.local.ledger.shared import connect
from memos_mcp.backends.selection import open_store
from memos_mcp.cli.checks.index import check_index
from memos_mcp.cli.checks.shared_ledger import check_shared_ledger
from memos_mcp.cli.commands import forget as forgetting
from memos_mcp.cli.commands.export import export
from memos_mcp.cli.commands.import_files import take_in
from memos_mcp.cli.commands.own_ledger import with_own_ledger
from memos_mcp.cli.commands.status import look
from memos_mcp.core.errors import ConfigurationError, MemosError
from memos_mcp.core.models import DeleteMemory
from memos_mcp.core.settings import Settings, read_settings
from tests.consolidation.conversation import add
from tests.local.servers import Servers
from tests.local.stores import collect_sockets

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")  # of Chroma's client


def settings(folder: Path, url: str, *, chroma: str = "") -> Settings:
    return read_settings({"MEMOS_DATA_DIR": str(folder), "MEMOS_LEDGER_URL": url, "MEMOS_CHROMA_URL": chroma})


def test_doctor_and_status_tell_what_is_in_the_database(tmp_path: Path, servers: Servers) -> None:
    url = servers.postgres.empty()
    asked = settings(tmp_path, url, chroma=servers.chroma)
    assert [finding.found for finding in check_shared_ledger(asked)] == ["PostgreSQL, nothing is kept yet"]
    connect(url).close()
    assert [finding.level for finding in check_shared_ledger(asked)] == ["ok"]
    assert [finding.found for finding in check_index(asked)] == ["0 vectors on the Chroma server"]
    assert look(asked).store is not None

    collect_sockets()

    ledger = connect(url)
    ledger.note("format", str(FORMAT + 1))
    ledger.close()
    assert [finding.level for finding in check_shared_ledger(asked)] == ["wrong"]


def test_doctor_names_what_is_wrong(tmp_path: Path, servers: Servers) -> None:
    with pytest.raises(ConfigurationError, match="user or password"):
        list(check_shared_ledger(settings(tmp_path, servers.postgres.url().replace("memos:memos", "memos:wrong"))))
    [lacking] = check_index(settings(tmp_path, servers.postgres.empty()))
    assert lacking.level == "wrong"
    assert "Chroma" in lacking.found
    unguarded = list(check_shared_ledger(settings(tmp_path, servers.postgres.url("postgres", schema="public"))))
    assert [finding.level for finding in unguarded][-1] == "warning"


def test_a_command_on_files_says_that_there_are_none(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="pg_dump"):
        with_own_ledger(settings(tmp_path, "postgresql://127.0.0.1:1/x"))


async def test_a_shared_ledger_without_shared_vectors_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MemosError, match="MEMOS_CHROMA_URL"):
        async with open_store(settings(tmp_path, "postgresql://127.0.0.1:1/x")):
            pass


SILENT = Console(quiet=True)
SAID = ("The otter lives in Lisbon.", "The badger lives in Porto.")


def filled(url: str) -> str:
    with closing(connect(url)) as ledger:
        ledger.messages.add(add(*SAID), user_id="default", features=[b"", b""], now=0)
    return url


def said(url: str) -> list[str]:
    with closing(connect(url)) as ledger:
        return [row["content"] for row in ledger.database.rows("SELECT content FROM message ORDER BY seq")]


def test_what_is_exported_is_imported_elsewhere_once_and_forgotten_on_demand(tmp_path: Path, servers: Servers) -> None:
    here, there = filled(servers.postgres.empty()), servers.postgres.empty()
    file, target = tmp_path / "out.jsonl", settings(tmp_path, there)
    export(settings(tmp_path, here), file, console=SILENT, progress=SILENT)
    for _ in range(2):
        take_in(target, [file], console=SILENT, progress=SILENT)
    assert said(there) == [*SAID]

    request = DeleteMemory(text="otter")
    assert [one.content for one in forgetting.look(target, request).messages] == [SAID[0]]
    assert said(there) == [*SAID]
    done = forgetting.forget(target, request, progress=SILENT)

    assert not done.left
    assert said(there) == [SAID[1]]
    with closing(connect(there)) as ledger:  # the replicas take the vectors out
        assert ledger.vectors.count_after(0, limit=10)


def test_a_backup_by_the_database_brings_back_what_was_there(tmp_path: Path, servers: Servers) -> None:
    url, dump = filled(servers.postgres.empty()), tmp_path / "memos.dump"
    plain, _, schema = url.partition("?options=-csearch_path%3D")
    run(servers, "pg_dump", "--format=custom", "--enable-row-security", f"--schema={schema}", f"--file={dump}", plain)
    with closing(connect(url)) as ledger:
        ledger.removal.forget_user(1)
    assert said(url) == []

    run(servers, "pg_restore", "--clean", "--if-exists", f"--dbname={plain}", str(dump))

    assert said(url) == [*SAID]
    with closing(connect(url)) as ledger:
        ledger.messages.add(add("And on it goes."), user_id="default", features=[b""], now=0)
        with ledger.database.of_user("nobody"):
            assert ledger.database.number("SELECT count(*) FROM message") == 0
    assert said(url) == [*SAID, "And on it goes."]


def run(servers: Servers, program: str, *arguments: str) -> None:
    programs = (servers.postgres.programs / "initdb").resolve().parent
    everybody = {"PGOPTIONS": "-c memos.user_id=*"}
    subprocess.run([programs / program, *arguments], check=True, env={"PATH": os.environ["PATH"], **everybody})
