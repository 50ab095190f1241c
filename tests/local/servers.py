"""Real servers on loopback: PostgreSQL and Chroma."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import AsyncGenerator, Generator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from memos_mcp.backends.local.backend import LocalBackend
from tests.local.stores import collect_sockets, place_on, store


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextmanager
def chroma_server(folder: Path, port: int) -> Iterator[None]:
    """Run `chroma run` on loopback."""
    chroma = Path(sys.executable).with_name("chroma")
    command = [str(chroma), "run", "--path", str(folder), "--port", str(port), "--host", "127.0.0.1"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            _wait_for_chroma(port)
            yield
        finally:
            server.kill()


def _wait_for_chroma(port: int) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        try:
            if httpx.get(f"http://127.0.0.1:{port}/api/v2/heartbeat").is_success:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise TimeoutError("chroma run did not answer")


@dataclass(frozen=True)
class Postgres:
    """A PostgreSQL server of our own; `memos` is a role without special rights."""

    programs: Path
    folder: Path
    port: int

    def url(self, user: str = "memos", *, database: str = "memos", schema: str = "") -> str:
        """Return the address of a database for a user, whose password is their name."""
        options = f"?options=-csearch_path%3D{schema}" if schema else ""
        return f"postgresql://{user}:{user}@127.0.0.1:{self.port}/{database}{options}"

    def empty(self) -> str:
        """Make an empty schema, and give the address of a ledger in it."""
        schema = f"s{uuid.uuid4().hex[:12]}"
        self.run(f"CREATE SCHEMA {schema} AUTHORIZATION memos")
        return self.url(schema=schema)

    def run(self, statement: str, *, schema: str = "public") -> None:
        """Run a statement as the superuser."""
        with psycopg.connect(self.url("postgres", schema=schema), autocommit=True) as server:
            server.execute(statement.encode())

    def start(self) -> None:
        options = f"-p {self.port} -k {self.folder} -c listen_addresses=127.0.0.1 -c fsync=off -c max_connections=200"
        self._command("pg_ctl", "-D", "data", "-w", "-l", "log", "-o", options, "start")

    def stop(self) -> None:
        self._command("pg_ctl", "-D", "data", "-w", "-m", "immediate", "stop")

    def create(self) -> None:
        password = self.folder / "password"
        password.write_text("postgres")
        shutil.chown(self.folder, _account())
        options = ("-U", "postgres", "-A", "scram-sha-256", "--pwfile=password", "-E", "UTF8", "--locale=C.UTF-8")
        self._command("initdb", "-D", "data", "-N", *options)
        rules = self.folder / "data" / "pg_hba.conf"
        rules.write_text(f"hostnossl all encrypted all reject\n{rules.read_text()}")
        self.start()
        with psycopg.connect(self.url("postgres", database="postgres")) as server:
            server.autocommit = True
            server.execute("CREATE ROLE memos LOGIN PASSWORD 'memos'")
            server.execute("CREATE DATABASE memos OWNER memos")

    def _command(self, name: str, *arguments: str) -> None:
        subprocess.run(
            [self.programs / name, *arguments],
            cwd=self.folder,
            user=_account(),
            check=True,
            stdout=subprocess.DEVNULL,
            stdin=subprocess.DEVNULL,
        )


def _account() -> str | int:
    return "postgres" if os.geteuid() == 0 else os.geteuid()


@contextmanager
def postgres_server() -> Generator[Postgres]:
    """Run PostgreSQL in a folder of its own, which need not outlive a power cut."""
    found = shutil.which("initdb") or max(map(str, Path("/usr/lib/postgresql").glob("*/bin/initdb")), default="")
    if not found:
        pytest.skip("PostgreSQL is not installed")
    folder = Path(tempfile.mkdtemp(prefix="memos-postgres-"))
    server = Postgres(Path(found).parent, folder, free_port())
    try:
        server.create()
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@dataclass(frozen=True)
class Servers:
    """What replicas share."""

    postgres: Postgres
    chroma: str


@contextmanager
def both_servers(folder: Path) -> Generator[Servers]:
    """Run PostgreSQL and Chroma."""
    port = free_port()
    with postgres_server() as postgres, chroma_server(folder, port):
        yield Servers(postgres, f"http://127.0.0.1:{port}")


@asynccontextmanager
async def replica(folder: Path, url: str, servers: Servers, **options: Any) -> AsyncGenerator[LocalBackend]:  # noqa: ANN401
    """Open a store whose ledger is at a URL of the server, and whose vectors are on the other."""

    async with store(folder, url=url, place=place_on(servers.chroma), **options) as backend:
        yield backend
    collect_sockets()
