"""The commands where the ledger is in PostgreSQL."""

from pathlib import Path

import pytest

from memos_mcp.backends.local.ledger.schema import FORMAT
from memos_mcp.backends.local.ledger.shared import connect
from memos_mcp.errors import ConfigurationError, MemosError
from memos_mcp.opening import open_store
from memos_mcp.operations.checks.index import check_index
from memos_mcp.operations.checks.shared_ledger import check_shared_ledger
from memos_mcp.operations.own_ledger import with_own_ledger
from memos_mcp.operations.status import look
from memos_mcp.settings import Settings, read_settings
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
