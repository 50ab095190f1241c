"""What can be wrong with a database: each is one sentence, at the start, in the doctor and in the middle of work."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from rich.console import Console

from memos_mcp.backends.local.directory import LEDGER_FILE
from memos_mcp.backends.local.ledger.ledger import Ledger
from memos_mcp.backends.local.ledger.postgres.database import PostgresDatabase
from memos_mcp.backends.local.ledger.shared import connect
from memos_mcp.cli.checks.finding import Finding
from memos_mcp.cli.checks.ledger import check_shared_ledger
from memos_mcp.cli.commands.doctor import found_by
from memos_mcp.cli.commands.migrate import migrate
from memos_mcp.core.errors import ConfigurationError, InvalidRequest, MemosError, Unavailable
from memos_mcp.core.settings import read_settings
from tests.consolidation.conversation import add
from tests.local.servers import Postgres, Servers, free_port

QUIET = Console(quiet=True)
NEVER_SHOWN = ("memos:memos", "s3cret", "cret@")


@pytest.fixture
def postgres(servers: Servers) -> Postgres:
    return servers.postgres


@pytest.fixture(scope="session")
def prepared(servers: Servers) -> None:
    """Make roles, a database and schemas that a ledger cannot be in."""
    run = servers.postgres.run
    run("CREATE ROLE crowded LOGIN PASSWORD 'crowded' CONNECTION LIMIT 0")
    run("CREATE ROLE reader LOGIN PASSWORD 'reader'")
    run("ALTER ROLE reader SET default_transaction_read_only = on")
    run("CREATE DATABASE ascii OWNER memos TEMPLATE template0 ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C'")
    run("CREATE SCHEMA theirs")
    run("GRANT USAGE ON SCHEMA theirs TO memos")
    run("CREATE SCHEMA other AUTHORIZATION memos")
    run("CREATE TABLE other.meta (id INT)")
    run("ALTER TABLE other.meta OWNER TO memos")


def named_by_the_doctor(url: str, folder: Path) -> Finding:
    settings = read_settings({"MEMOS_DATA_DIR": str(folder), "MEMOS_LEDGER_URL": url})
    found = list(found_by("ledger", lambda: check_shared_ledger(settings)))
    return next(finding for finding in found if finding.level == "wrong")


def refused(url: str, folder: Path) -> set[str]:
    """Return what is said at the start, by the doctor, and where a store is to be moved there."""
    with pytest.raises(MemosError) as at_start:
        connect(url)
    with closing(Ledger.open(folder / LEDGER_FILE)) as ledger:
        ledger.identity()
    with pytest.raises(MemosError) as while_moving:
        migrate(str(folder), url, console=QUIET, progress=QUIET)
    return {str(at_start.value), named_by_the_doctor(url, folder).found, str(while_moving.value)}


def stored(ledger: Ledger) -> list[str]:
    return [row["content"] for row in ledger.database.rows("SELECT content FROM message ORDER BY seq")]


def say(ledger: Ledger, text: str) -> None:
    ledger.messages.add(add(text), user_id="u", features=[b""], now=0)


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("memos:s3cret@127.0.0.1:{port}/memos", "refuses the user or password of MEMOS_LEDGER_URL: correct them"),
        ("nobody:s3cret@127.0.0.1:{port}/memos", "refuses the user or password"),
        ("memos:s3/cret@127.0.0.1:{port}/memos", "is no address of a database: write .*%2F for /"),
        ("memos:s3@cret@127.0.0.1:{port}/memos", "is no address of a database: write .*%40 for @"),
        ("memos:memos@127.0.0.1:{port}99/memos", "is no address of a database"),
        ("memos:memos@127.0.0.1:{port}/nowhere", "does not exist: make it with createdb"),
        ("memos:memos@127.0.0.1:{port}", "names no database: write postgresql://"),
        ("memos:memos@127.0.0.1:{port}/memos?sslmode=require", "has no TLS, which MEMOS_LEDGER_URL asks for: turn it"),
        ("memos:memos@127.0.0.1:{port}/memos?sslmode=perhaps", "is no address of a database"),
        ("encrypted:s3cret@127.0.0.1:{port}/memos", "lets nobody in from here without TLS: add [?]sslmode=require"),
        ("crowded:crowded@127.0.0.1:{port}/memos", "has no connection left: raise max_connections"),
        ("reader:reader@127.0.0.1:{port}/memos", "can only be read: name the primary"),
        ("memos:memos@127.0.0.1:{port}/ascii", "has the encoding SQL_ASCII, .*createdb --encoding=UTF8"),
        (
            "memos:memos@127.0.0.1:{port}/memos?options=-csearch_path%3Dnowhere",
            "names no schema that is there.*Make it",
        ),
        ("memos:memos@127.0.0.1:{port}/memos?options=-csearch_path%3Dtheirs", "permission denied for schema.*Grant it"),
        ("memos:memos@127.0.0.1:{port}/memos?options=-csearch_path%3Dother", "holds other tables than a ledger has"),
    ],
)
@pytest.mark.usefixtures("prepared")
def test_an_address_that_cannot_be_used_is_told_everywhere_in_the_same_sentence(
    tmp_path: Path, postgres: Postgres, address: str, sentence: str
) -> None:
    said = refused("postgresql://" + address.format(port=postgres.port), tmp_path)

    [told] = said
    assert re.search(sentence, told), told
    assert not any(secret in told for secret in NEVER_SHOWN), told


def test_a_database_that_does_not_answer_is_told(tmp_path: Path) -> None:
    [told] = refused(f"postgresql://memos:s3cret@127.0.0.1:{free_port()}/memos", tmp_path)
    assert "cannot be reached" in told
    assert "Check that it runs" in told
    assert "s3cret" not in told


def test_what_is_no_address_of_a_ledger_makes_no_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with closing(Ledger.open(tmp_path / LEDGER_FILE)):
        pass
    with pytest.raises(InvalidRequest, match="at postgresql://"):
        migrate(str(tmp_path), "mysql://memos:s3cret@127.0.0.1/memos", console=QUIET, progress=QUIET)
    assert not Path("mysql:").exists()
    with pytest.raises(ConfigurationError, match="is no address of a database"):
        connect("mysql://memos:s3cret@127.0.0.1/memos")


def test_the_server_does_not_start_and_says_why_in_a_line(tmp_path: Path, postgres: Postgres) -> None:
    environment = {
        **os.environ,
        "MEMOS_DATA_DIR": str(tmp_path),
        "MEMOS_LEDGER_URL": postgres.url().replace("memos:memos@", "memos:s3cret@"),
        "MEMOS_CHROMA_URL": f"http://127.0.0.1:{free_port()}",
    }
    command = [sys.executable, "-m", "memos_mcp", "serve", "--port", "0"]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert ended.returncode
    assert ended.stderr.count("\n") == 1
    assert "refuses the user or password of MEMOS_LEDGER_URL" in ended.stderr
    assert "s3cret" not in ended.stderr


def test_a_ledger_that_lost_a_table_is_not_made_anew(tmp_path: Path, postgres: Postgres) -> None:
    url = postgres.empty()
    with closing(connect(url)) as ledger:
        say(ledger, "Kept.")
        ledger.database.execute("DROP TABLE memory_vector")
        with pytest.raises(Unavailable, match="holds other tables.*memory_vector.*pg_restore"):
            ledger.status()
        assert stored(ledger) == ["Kept."]
    assert "memory_vector" in named_by_the_doctor(url, tmp_path).found


def test_a_user_who_may_only_read_stores_nothing(tmp_path: Path, postgres: Postgres) -> None:
    url = postgres.empty()
    connect(url).close()
    postgres.run("CREATE ROLE looking LOGIN PASSWORD 'looking'")
    schema = url.rpartition("%3D")[2]
    postgres.run(f"GRANT USAGE ON SCHEMA {schema} TO looking")
    postgres.run(f"GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO looking")
    theirs = url.replace("memos:memos@", "looking:looking@")
    with closing(connect(theirs)) as ledger, pytest.raises(Unavailable, match="may not do this.*Grant it"):
        say(ledger, "Not kept.")
    assert "may not do this" in named_by_the_doctor(theirs, tmp_path).found
    with closing(connect(url)) as ledger:
        assert stored(ledger) == []


def test_an_add_whose_connection_ends_in_the_middle_is_not_stored_and_the_next_is(postgres: Postgres) -> None:
    with closing(connect(postgres.empty())) as ledger:

        def add_and_lose_the_connection() -> None:
            with ledger.database.transaction():
                say(ledger, "Lost.")
                process = ledger.database.number("SELECT pg_backend_pid()")
                postgres.run(f"SELECT pg_terminate_backend({process}, 10000)")

        with pytest.raises(Unavailable, match="went away.*Repeat the call"):
            add_and_lose_the_connection()
        say(ledger, "Kept.")
        assert stored(ledger) == ["Kept."]


def test_a_database_that_can_be_read_only_from_now_on_stores_nothing(postgres: Postgres) -> None:
    with closing(Ledger(PostgresDatabase.open(made(postgres), most=1))) as ledger:
        say(ledger, "Kept.")
        ledger.database.execute("SET default_transaction_read_only = on")
        with pytest.raises(Unavailable, match="can only be read; nothing was stored. Name the primary"):
            say(ledger, "Not kept.")
        assert stored(ledger) == ["Kept."]


def test_a_call_that_finds_every_connection_in_use_says_so(postgres: Postgres, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("memos_mcp.backends.local.ledger.postgres.database.PATIENCE", 0.3)
    with closing(Ledger(PostgresDatabase.open(made(postgres), most=1))) as ledger:
        held, let_go = threading.Event(), threading.Event()

        def hold() -> None:
            with ledger.database.claim():
                held.set()
                let_go.wait(60)

        holding = threading.Thread(target=hold)
        holding.start()
        try:
            assert held.wait(60)
            with pytest.raises(Unavailable, match="All 1 connections of this process .*are in use; nothing was stored"):
                say(ledger, "Not kept.")
        finally:
            let_go.set()
            holding.join()
        assert stored(ledger) == []


def made(postgres: Postgres) -> str:
    url = postgres.empty()
    connect(url).close()
    return url


@pytest.fixture
def small_disk(postgres: Postgres) -> Iterator[tuple[Path, str]]:
    """Give a file system of a few megabytes and the address of a ledger on it, where one can be mounted."""
    if not sys.platform.startswith("linux") or os.geteuid() != 0:
        pytest.skip("no file system can be mounted here")
    folder = Path(tempfile.mkdtemp(prefix="memos-small-"))
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=12m,mode=0755", "tmpfs", folder], check=False)
    if mounted.returncode:
        folder.rmdir()
        pytest.skip("no file system can be mounted here")
    try:
        (folder / "space").mkdir()
        shutil.chown(folder / "space", "postgres")
        postgres.run(f"CREATE TABLESPACE small LOCATION '{folder / 'space'}'")
        postgres.run("GRANT CREATE ON TABLESPACE small TO memos")
        url = postgres.empty()
        yield folder, f"{url}%20-cdefault_tablespace%3Dsmall"
        postgres.run(f"DROP SCHEMA {url.rpartition('%3D')[2]} CASCADE")
        postgres.run("DROP TABLESPACE small")
        postgres.run("CHECKPOINT")  # or a restart would look for what is gone
    finally:
        subprocess.run(["umount", "-l", folder], check=True)
        folder.rmdir()


def test_a_full_disk_refuses_adds_until_there_is_space_again(small_disk: tuple[Path, str], tmp_path: Path) -> None:
    disk, url = small_disk
    acknowledged: list[str] = []
    with closing(connect(url)) as ledger:
        filler = disk / "filler"
        filler.write_bytes(bytes(shutil.disk_usage(disk).free - 300_000))

        def add_until_it_is_refused() -> None:
            for _ in range(100):
                text = os.urandom(15_000).hex()
                say(ledger, text)
                acknowledged.append(text)

        with pytest.raises(Unavailable, match="disk is full; nothing was stored. Free some space and repeat the call"):
            add_until_it_is_refused()
        assert stored(ledger) == acknowledged
        assert "disk is full" in named_by_the_doctor(url, tmp_path).found

        filler.unlink()
        say(ledger, "There is space again.")
        assert stored(ledger) == [*acknowledged, "There is space again."]
