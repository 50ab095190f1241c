"""One `memos-mcp serve` over PostgreSQL and Chroma, and what each of the three takes."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import LiteralString

import anyio
import psutil
import psycopg

from benchmarks.common.rest_client import Engine, engine
from tests.local.servers import Servers

NOT_EMBEDDED = (
    "SELECT '', (SELECT count(*) FROM task WHERE state = 'running') + count(*) FROM pending"
    " WHERE NOT EXISTS (SELECT 1 FROM message_vector AS made WHERE kind = 'message' AND made.seq = pending.seq)"
    " AND NOT EXISTS (SELECT 1 FROM memory_vector AS made WHERE kind = 'memory' AND made.seq = pending.seq)"
)


@dataclass(frozen=True, slots=True)
class Service:
    """A replica and the servers behind it; `vectors` is Chroma's folder."""

    engine: Engine
    servers: Servers
    schema: str
    vectors: Path

    def rows(self, query: LiteralString) -> list[tuple[str, int]]:
        """Ask the database as its superuser, who sees every row."""
        with psycopg.connect(self.servers.postgres.url("postgres", schema=self.schema)) as database:
            return [(str(name), int(value)) for name, value in database.execute(query)]

    def counted(self, query: LiteralString) -> int:
        """Ask the database for one number."""
        return self.rows(query)[0][1]

    def table_bytes(self) -> dict[str, int]:
        """Return what each table takes, with its indexes and what is stored beside it, the largest first."""
        return dict(
            self.rows(
                "SELECT relname, pg_total_relation_size(oid) FROM pg_class"
                " WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace ORDER BY 2 DESC"
            )
        )

    def vector_bytes(self) -> int:
        """Return what Chroma has written."""
        return sum(path.stat().st_size for path in self.vectors.rglob("*") if path.is_file())

    def held(self) -> dict[str, float]:
        """Return the memory of the replica and of Chroma, and the replica's connections to either server."""
        replica, port = self.engine.process, int(self.servers.chroma.rsplit(":", 1)[1])
        to_chroma = [one for one in replica.net_connections() if one.raddr and one.raddr.port == port]
        return {
            "MB replica": round(replica.memory_info().rss / 1e6, 1),
            "MB Chroma": round(self._chroma().memory_info().rss / 1e6, 1),
            "to PostgreSQL": self.counted("SELECT '', count(*) FROM pg_stat_activity WHERE usename = 'memos'"),
            "to Chroma": len(to_chroma),
        }

    async def embedded(self) -> None:
        """Wait until vectors and memories of all that was added are made."""
        while self.counted(NOT_EMBEDDED):  # noqa: ASYNC110 (another process gives no event)
            await anyio.sleep(0.1)

    async def followed(self) -> None:
        """Wait until Chroma has all vectors too."""
        await self.embedded()
        while self.counted("SELECT '', count(*) FROM pending"):  # noqa: ASYNC110 (another process gives no event)
            await anyio.sleep(0.5)

    def _chroma(self) -> psutil.Process:
        return next(one for one in psutil.Process().children() if str(self.vectors) in " ".join(one.cmdline()))


@asynccontextmanager
async def service(folder: Path, url: str, servers: Servers, *, vectors: Path) -> AsyncGenerator[Service]:
    """Start a replica with a data directory over a ledger on the servers."""
    async with engine(folder, {"MEMOS_LEDGER_URL": url, "MEMOS_CHROMA_URL": servers.chroma}) as served:
        yield Service(served, servers, url.rsplit("%3D", 1)[1], vectors)
