"""The memory of a replica that holds many users, of whom few are active: it must follow the few.

One user is stored over REST and copied, rows in PostgreSQL and vectors in Chroma, to as many as come in the time given.
Then a fresh `memos-mcp serve` over both searches for the active users, for everybody, and for the active ones again.
Chroma itself takes about 3 MB and 4 files a user, and is not meant here. Needs PostgreSQL.
"""

import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, LiteralString

import anyio
import numpy as np
import psycopg
import typer
from numpy.typing import NDArray
from psycopg import sql

from benchmarks.common.report import Cell, dump, progress, run, say, show
from benchmarks.common.rest_client import Engine
from benchmarks.common.scoring import percentiles
from benchmarks.common.service import service
from benchmarks.common.synthetic import synthetic_queries, synthetic_turns
from memos_mcp.backends.local.ledger.texts import Kind, Text
from memos_mcp.backends.local.vectors.chroma import ChromaIndex
from memos_mcp.backends.local.vectors.locations import collection_prefix
from tests.local.servers import Servers, both_servers

AT_ONCE = 4
KINDS: tuple[Kind, ...] = ("message", "memory")
STEP = 10_000
"""How far apart the keys of two users' rows are."""

KEYS = {
    "user": ("key",),
    "conversation": ("key", "user"),
    "task": ("key", "user", "conversation"),
    "message": ("seq", "user", "conversation", "task"),
    "memory": ("seq", "user", "conversation", "superseded_by", "corrected_by"),
    "source": ("memory", "message"),
    "claim": ("user", "memory"),
    "message_vector": ("seq",),
    "memory_vector": ("seq",),
}
"""The columns of each table that are keys; those before are referred to by those after."""
NAMES: dict[tuple[str, str], LiteralString] = {
    ("user", "user_id"): "'user-' || number",
    ("task", "id"): "id || '-' || number",
}

Row = dict[str, Cell]


async def first_user(served: Engine, each: int) -> None:
    """Store the user who is copied."""
    turns = synthetic_turns(each, seed=1)
    messages = [{"role": turn.role, "content": turn.content, "chat_time": turn.chat_time} for turn in turns]
    await served.call("add/message", {"user_id": "user-0", "conversation_id": "only", "messages": messages})


def copy_vectors(database: psycopg.Connection, chroma: str, users: int, *, seconds: float) -> int:
    """Copy the user's vectors in Chroma until there are enough users or the time is over; give their number."""
    identity = database.execute("SELECT value FROM meta WHERE name = 'identity'").fetchone()
    first = database.execute('SELECT key FROM "user"').fetchone()
    assert identity is not None
    assert first is not None
    made: dict[Text, NDArray[np.float32]] = {}
    for kind in KINDS:
        query = sql.SQL("SELECT seq, vector FROM {}").format(sql.Identifier(f"{kind}_vector"))
        for seq, vector in database.execute(query):
            made[Text(kind, seq)] = np.frombuffer(vector, np.float16).astype(np.float32)
    index = ChromaIndex.connect(chroma, api_key="", tenant="", database="", prefix=collection_prefix(identity[0]))
    ends = time.monotonic() + seconds
    copied = 1
    with progress() as bar:
        for number in bar.track(range(1, users), description="users"):
            shift = STEP * number
            index.put(first[0] + shift, {Text(text.kind, text.seq + shift): vector for text, vector in made.items()})
            copied += 1
            if time.monotonic() > ends:
                break
    index.close()
    return copied


def copy_rows(database: psycopg.Connection, users: int) -> None:
    """Copy the user's rows in PostgreSQL."""
    for table, keys in KEYS.items():
        name = sql.Identifier(table)
        columns = [
            column.name for column in database.execute(sql.SQL("SELECT * FROM {}").format(name)).description or ()
        ]
        values = [
            sql.SQL("{} + {} * number").format(sql.Identifier(column), STEP)
            if column in keys
            else sql.SQL(NAMES[table, column])
            if (table, column) in NAMES
            else sql.Identifier(column)
            for column in columns
        ]
        statement = sql.SQL("INSERT INTO {} ({}) SELECT {} FROM {}, generate_series(1, {}) AS number").format(
            name, sql.SQL(", ").join(map(sql.Identifier, columns)), sql.SQL(", ").join(values), name, users - 1
        )
        database.execute(statement)


async def searched(served: Engine, held: Callable[[], Row], users: Sequence[int], *, name: str) -> Row:
    """Search once for each of the users, some at once."""
    times: list[float] = []
    queries, waiting = synthetic_queries(50, seed=3), iter(users)

    async def calls() -> None:
        for user in waiting:
            body = {"user_id": f"user-{user}", "query": queries[user % len(queries)]}
            times.append(await served.timed("search/memory", body))
            bar.advance(task)

    began = time.perf_counter()
    with progress() as bar:
        task = bar.add_task(name, total=len(users))
        async with anyio.create_task_group() as group:
            for _ in range(AT_ONCE):
                group.start_soon(calls)
    seconds = time.perf_counter() - began
    return {**held(), "a second": round(len(times) / seconds, 1), **percentiles(times)}


async def by_vectors(served: Engine) -> None:
    """Wait until a search says no more that it goes by words alone."""
    while (await served.call("search/memory", {"user_id": "user-0", "query": "ready"})).get("notice"):  # noqa: ASYNC110
        await anyio.sleep(0.2)


async def measure(
    folder: Path, servers: Servers, users: int, *, each: int, active: int, minutes: float
) -> dict[str, Row]:
    """Fill, start a replica, and search in rounds."""
    url, vectors = servers.postgres.empty(), folder / "chroma"
    async with service(folder / "filling", url, servers, vectors=vectors) as served:
        await first_user(served.engine, each)
        await served.followed()
        schema = served.schema
    with psycopg.connect(servers.postgres.url("postgres", schema=schema)) as database:
        filled = copy_vectors(database, servers.chroma, users, seconds=60 * minutes)
        copy_rows(database, filled)
    servers.postgres.run("ANALYZE")
    few = range(0, filled, max(1, filled // active))[:active]
    began = time.perf_counter()
    async with service(folder / "replica", url, servers, vectors=vectors) as served:
        answers = time.perf_counter() - began
        await by_vectors(served.engine)
        started: Row = {"answers after s": answers, "by vectors after s": time.perf_counter() - began}
        rows: dict[str, Row] = {f"started over {filled:,} users": {**served.held(), **started}}
        for number, whom in enumerate((few, few, range(filled), few, few), 1):
            name = f"round {number}: {len(whom):,} users"
            rows[name] = await searched(served.engine, lambda: {**served.held()}, whom, name=name)
        waiting = served.counted("SELECT '', count(*) FROM pending")
        if waiting:
            raise RuntimeError(
                f"{waiting} texts were to be indexed again: the copies are not what a replica would make"
            )
    return rows


def main(
    users: Annotated[int, typer.Option(help="Users at most.", min=1)] = 10_000,
    each: Annotated[int, typer.Option(help="Messages of each.", min=1)] = 20,
    active: Annotated[int, typer.Option(help="Users that are active.", min=1)] = 100,
    minutes: Annotated[float, typer.Option(help="How long users are copied at most.")] = 10,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON in place of a table.")] = False,
) -> None:
    """Measure the memory of a replica with many users."""

    async def all_of_it() -> dict[str, Row]:
        with tempfile.TemporaryDirectory() as folder, both_servers(Path(folder) / "chroma") as servers:
            return await measure(Path(folder), servers, users, each=each, active=active, minutes=minutes)

    rows = anyio.run(all_of_it)
    if as_json:
        dump(rows)
        return
    show(f"A replica whose users have {each:,} messages each, searched in rounds", rows)
    say((f"{AT_ONCE} searches at once.",))


if __name__ == "__main__":
    run(main)
