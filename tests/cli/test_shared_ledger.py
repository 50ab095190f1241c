"""The commands where the ledger is in PostgreSQL."""

import os
import subprocess
from contextlib import closing
from pathlib import Path

import pytest
from anyio import fail_after, sleep, to_thread
from rich.console import Console

from memos_mcp.backends.local.ledger.schema import FORMAT
from memos_mcp.backends.local.ledger.shared import connect
from memos_mcp.backends.local.vectors.embedding import embed_all
from memos_mcp.backends.selection import open_store
from memos_mcp.cli.checks.index import check_index
from memos_mcp.cli.checks.ledger import check_shared_ledger
from memos_mcp.cli.commands import forget as forgetting
from memos_mcp.cli.commands import history as histories
from memos_mcp.cli.commands.export import export
from memos_mcp.cli.commands.import_files import take_in
from memos_mcp.cli.commands.own_ledger import with_own_ledger
from memos_mcp.cli.commands.status import look
from memos_mcp.core.errors import ConfigurationError, MemosError, NotFound, Unavailable
from memos_mcp.core.models import DeleteMemory, GetMemory, UpdateMemory
from memos_mcp.core.settings import Settings, read_settings
from tests.consolidation.conversation import add
from tests.fakes.hashed_embedder import HashedEmbedder
from tests.local.servers import Servers, replica
from tests.local.stores import collect_sockets, find, followed, found_messages

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


def test_the_doctor_names_a_tenant_that_the_chroma_server_does_not_have(tmp_path: Path, servers: Servers) -> None:
    url = servers.postgres.empty()
    connect(url).close()
    asked = settings(tmp_path, url, chroma=servers.chroma).model_copy(update={"chroma_tenant": "nobody"})
    [lacking] = check_index(asked)
    assert lacking.level == "warning"
    assert "lacks this tenant or database: correct MEMOS_CHROMA_TENANT" in lacking.found
    collect_sockets()


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


async def test_the_history_of_a_memory_is_shown_and_taken_back_while_a_replica_runs(
    tmp_path: Path, servers: Servers
) -> None:
    url = servers.postgres.empty()
    asked = settings(tmp_path, url)
    heard: list[str] = []
    async with replica(tmp_path / "replica", url, servers, learnt=heard.append) as backend:
        await backend.add_message(add("I live in Lisbon.", wait=True), user_id="default")
        [known] = (await backend.get_memory(GetMemory(), user_id="default")).memory_detail_list
        before = known.memory_value
        await backend.update_memory(
            UpdateMemory(memory_id=known.id, content="The user lives in Porto."), user_id="default"
        )
        assert (
            "Porto" in (await find(backend, "Where do I live?", user_id="default")).memory_detail_list[0].memory_value
        )
        heard.clear()

        assert [change.event for change in histories.look(asked, known.id).changes] == ["rewritten"]
        undone = await to_thread.run_sync(lambda: histories.undo(asked, known.id, progress=SILENT))

        assert [change.event for change in undone.changes] == ["rewritten", "undone"]
        found = await find(backend, "Where do I live?", user_id="default")
        assert found.memory_detail_list[0].memory_value == before
        with fail_after(30):
            while heard != ["default"]:
                await sleep(0.02)
    with pytest.raises(NotFound, match="has no memory"):
        histories.look(asked, "k99")


async def test_a_ledger_is_embedded_by_another_model_once_no_replica_runs(tmp_path: Path, servers: Servers) -> None:
    url, other_model = servers.postgres.empty(), HashedEmbedder(dimensions=32)
    async with replica(tmp_path / "replica", url, servers) as backend:
        await backend.add_message(add(*SAID), user_id="u")
        await followed(backend)
        with closing(connect(url)) as ledger, pytest.raises(Unavailable, match="Stop them all, then repeat"):
            embed_all(ledger, other_model, lambda *_: None)
        assert not (await find(backend, "otter")).notice

    done: list[tuple[int, int]] = []
    with closing(connect(url)) as ledger:
        embed_all(ledger, other_model, lambda *so_far: done.append(so_far))
    assert done[-1] == (2, 2)

    with pytest.raises(ConfigurationError, match="memos-mcp reindex"):
        async with replica(tmp_path / "replica", url, servers):
            pass
    async with replica(tmp_path / "replica", url, servers, embedder=lambda: other_model) as backend:
        await followed(backend)
        found = await find(backend, "otter")
        assert not found.notice
        assert found_messages(found)[0] == SAID[0]


def run(servers: Servers, program: str, *arguments: str) -> None:
    programs = (servers.postgres.programs / "initdb").resolve().parent
    everybody = {"PGOPTIONS": "-c memos.user_id=*"}
    subprocess.run([programs / program, *arguments], check=True, env={"PATH": os.environ["PATH"], **everybody})
