"""A store that moves into PostgreSQL and back."""

from contextlib import closing
from pathlib import Path

import pytest
from rich.console import Console

from memos_mcp.backends.local.directory import LEDGER_FILE
from memos_mcp.backends.local.ledger.ledger import Ledger
from memos_mcp.backends.local.ledger.migration import Migration
from memos_mcp.backends.local.ledger.shared import connect
from memos_mcp.cli.commands.migrate import migrate
from memos_mcp.core.errors import ConfigurationError, InvalidRequest, MemosError, Unavailable
from memos_mcp.core.models import DeleteMemory, GetMemory
from tests.consolidation.conversation import add
from tests.local.servers import Servers, replica
from tests.local.stores import everything_said, find, found_messages, store

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")  # of Chroma's client

QUIET = Console(quiet=True)
ODD = "A NUL \x00 and a \U0010ffff in between."


async def filled(folder: Path) -> None:
    async with store(folder) as backend:
        for user_id in ("anna", "ben"):
            await backend.add_message(add("I live in Lisbon.", ODD, wait=True), user_id=user_id)
            await backend.add_message(add("I moved to Porto.", conversation_id="d", wait=True), user_id=user_id)
        await backend.add_message(add("Gone."), user_id="carl")
        await backend.delete_memory(DeleteMemory(everything=True), user_id="carl")


async def test_a_store_moves_to_postgresql_and_back_and_is_used_on(tmp_path: Path, servers: Servers) -> None:
    await filled(tmp_path / "here")
    url = servers.postgres.empty()
    migrate(str(tmp_path / "here"), url, console=QUIET, progress=QUIET)

    async with replica(tmp_path / "replica", url, servers) as backend:
        assert await everything_said(backend, user_id="ben") == ["I live in Lisbon.", ODD]
        await backend.add_message(add("The walrus is called Bob.", wait=True), user_id="ben")
        known = await backend.get_memory(GetMemory(size=50), user_id="ben")
        assert found_messages(await find(backend, "walrus", user_id="ben"))[0] == "The walrus is called Bob."

    migrate(url, str(tmp_path / "back"), console=QUIET, progress=QUIET)
    async with store(tmp_path / "back") as backend:
        assert await everything_said(backend, user_id="anna") == ["I live in Lisbon.", ODD]
        assert await backend.get_memory(GetMemory(size=50), user_id="ben") == known
        assert found_messages(await find(backend, "walrus", user_id="ben"))[0] == "The walrus is called Bob."
        await backend.add_message(add("And on it goes.", wait=True), user_id="anna")


async def test_a_move_that_was_ended_goes_on_and_nothing_opens_half_of_it(
    tmp_path: Path, servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    await filled(tmp_path / "here")
    url = servers.postgres.empty()
    monkeypatch.setattr("memos_mcp.backends.local.ledger.migration.AT_ONCE", 2)
    real, left = Migration._put, iter(range(5))

    def ended(self: Migration, table: str, rows: list[object]) -> None:
        if next(left, None) is None:
            raise KeyboardInterrupt
        real(self, table, rows)  # type: ignore[arg-type]

    monkeypatch.setattr(Migration, "_put", ended)
    with pytest.raises(KeyboardInterrupt):
        migrate(str(tmp_path / "here"), url, console=QUIET, progress=QUIET)
    with pytest.raises(ConfigurationError, match="being moved"):
        async with replica(tmp_path / "replica", url, servers):
            pass
    await filled(tmp_path / "another")
    with pytest.raises(InvalidRequest, match="Another ledger"):
        migrate(str(tmp_path / "another"), url, console=QUIET, progress=QUIET)

    monkeypatch.setattr(Migration, "_put", real)
    migrate(str(tmp_path / "here"), url, console=QUIET, progress=QUIET)
    async with replica(tmp_path / "replica", url, servers) as backend:
        assert await everything_said(backend, user_id="anna") == ["I live in Lisbon.", ODD]
    with pytest.raises(InvalidRequest, match="not empty"):
        migrate(str(tmp_path / "here"), url, console=QUIET, progress=QUIET)


async def test_a_row_that_came_over_otherwise_is_found(tmp_path: Path, servers: Servers) -> None:
    await filled(tmp_path / "here")
    with (
        closing(Ledger.open(tmp_path / "here" / LEDGER_FILE)) as here,
        closing(connect(servers.postgres.empty())) as there,
    ):
        moving = Migration(here.database, there.database)
        moving.check("x")
        moving.copy(lambda _: None)
        there.database.execute("UPDATE message SET content = 'other' WHERE seq = 1")
        with pytest.raises(Unavailable, match="differ in message"):
            moving.compare(lambda _: None)
        assert there.noted("moving_from") == "x"


def test_where_nothing_is_kept_nothing_is_moved(tmp_path: Path) -> None:
    with pytest.raises(MemosError, match="no store"):
        migrate(str(tmp_path), "postgresql://127.0.0.1:1/x", console=QUIET, progress=QUIET)
