"""What one `memos-mcp serve` over PostgreSQL and Chroma does: calls a second, bytes a message, connections and memory.

Some users are filled over REST; then more and more clients search, and add single messages, until the 95th percentile
of the answers passes a bound. "Embedded a second" is how fast messages get their vectors and memories, which an add
does not wait for. Clients, replica, PostgreSQL and Chroma share one machine. Text is synthetic, vectors are the
model's. Needs PostgreSQL.
"""

import random
import tempfile
import time
from pathlib import Path
from typing import Annotated, Literal

import anyio
import psutil
import typer

from benchmarks.common.report import Cell, dump, progress, run, say, show
from benchmarks.common.scoring import percentiles
from benchmarks.common.service import Service, service
from benchmarks.common.synthetic import CONVERSATION, synthetic_queries, synthetic_turns
from tests.local.servers import both_servers

CLIENTS = (1, 2, 4, 8, 16)
Operation = Literal["search", "add"]
Row = dict[str, Cell]


async def fill(served: Service, users: int, each: int) -> Row:
    """Store the users' messages and wait until all is embedded, and handed to Chroma."""
    began = time.perf_counter()
    with progress() as bar:
        task = bar.add_task(f"{users} users of {each:,} messages", total=users * each)
        for user in range(users):
            turns = synthetic_turns(each, seed=user)
            for first in range(0, each, CONVERSATION):
                said = turns[first : first + CONVERSATION]
                messages = [{"role": turn.role, "content": turn.content, "chat_time": turn.chat_time} for turn in said]
                body = {"user_id": f"user-{user}", "conversation_id": said[0].conversation_id, "messages": messages}
                await served.engine.call("add/message", body)
                bar.advance(task, len(said))
            await served.embedded()
    seconds = time.perf_counter() - began
    await served.followed()
    return {"embedded a second": round(users * each / seconds, 1), **served.held()}


async def load(served: Service, operation: Operation, clients: int, *, users: int, seconds: float) -> Row:
    """Have clients call one after the other, each for a user drawn anew."""
    times: list[float] = []
    began = time.perf_counter()

    async def calls(number: int) -> None:
        draw = random.Random(number)  # noqa: S311  # a repeatable choice
        texts = synthetic_queries(200, seed=1000 * clients + number)
        while time.perf_counter() < began + seconds:
            user, text = {"user_id": f"user-{draw.randrange(users)}"}, texts[len(times) % len(texts)]
            if operation == "search":
                times.append(await served.engine.timed("search/memory", {**user, "query": text}))
            else:
                said = {"role": "user", "content": f"{text} {draw.randrange(10**9)}"}
                body = {**user, "conversation_id": "added", "messages": [said]}
                times.append(await served.engine.timed("add/message", body))

    async with anyio.create_task_group() as group:
        for number in range(clients):
            group.start_soon(calls, number)
    row: Row = {"a second": round(len(times) / (time.perf_counter() - began), 1), **percentiles(times), **served.held()}
    await served.embedded()
    if operation == "add":
        row["embedded a second"] = round(len(times) / (time.perf_counter() - began), 1)
    return row


async def measure(served: Service, *, users: int, each: int, seconds: float, bound: float) -> dict[str, Row]:
    """Fill, and raise the clients of each operation until the bound is passed."""
    rows = {"while filled": await fill(served, users, each)}
    await load(served, "search", 1, users=users, seconds=3)  # reads the users' indexes
    operations: tuple[Operation, ...] = ("search", "add")
    with progress() as bar:
        for operation in operations:
            for clients in bar.track(CLIENTS, description=operation):
                row = await load(served, operation, clients, users=users, seconds=seconds)
                rows[f"{operation}, {clients} at once"] = row
                if percentile_of(row) > bound:
                    break
    await served.followed()
    return rows


def percentile_of(row: Row) -> float:
    """Return the 95th percentile of a row, in milliseconds."""
    return float(row["p95 ms"] or 0)


def within(rows: dict[str, Row], bound: float) -> dict[str, Row]:
    """Return the load of each operation that did most within the bound."""
    best: dict[str, Row] = {}
    for name, row in rows.items():
        operation = name.split(",")[0]
        if "p95 ms" in row and percentile_of(row) <= bound:
            best[operation] = max(best.get(operation, row), row, key=lambda one: float(one["a second"] or 0))
    return best


def stored(served: Service) -> dict[str, Row]:
    """Return the bytes a message in each store, and in each of the larger tables."""
    messages = served.counted("SELECT '', count(*) FROM message")
    tables = served.table_bytes()
    taken = {"PostgreSQL": sum(tables.values()), "Chroma": served.vector_bytes()}
    taken |= {f"table {name}": size for name, size in list(tables.items())[:8]}
    vectors = served.counted("SELECT '', (SELECT count(*) FROM message_vector) + (SELECT count(*) FROM memory_vector)")
    memories = served.counted("SELECT '', count(*) FROM memory")
    rows: dict[str, Row] = {
        name: {"MB": size / 1e6, "bytes a message": size // messages} for name, size in taken.items()
    }
    for name, number in {"messages": messages, "memories": memories, "vectors": vectors}.items():
        rows[name] = {"number": number}
    return rows


def main(
    users: Annotated[int, typer.Option(help="Users that are filled.", min=1)] = 10,
    each: Annotated[int, typer.Option(help="Messages of each.", min=1)] = 1_000,
    seconds: Annotated[float, typer.Option(help="How long each load lasts.")] = 20,
    bound: Annotated[float, typer.Option(help="Milliseconds in which 95 of 100 answers must come.")] = 500,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON in place of tables.")] = False,
) -> None:
    """Measure what one replica does."""

    async def all_of_it() -> None:
        with tempfile.TemporaryDirectory() as folder, both_servers(Path(folder) / "chroma") as servers:
            url, vectors = servers.postgres.empty(), Path(folder) / "chroma"
            async with service(Path(folder) / "replica", url, servers, vectors=vectors) as served:
                rows = await measure(served, users=users, each=each, seconds=seconds, bound=bound)
                sizes = stored(served)
        if as_json:
            dump({"loads": rows, "within the bound": within(rows, bound), "stored": sizes})
            return
        show(f"One replica, {users} users of {each:,} messages", rows)
        show(f"The most with a p95 of at most {bound:g} ms", within(rows, bound))
        show("Stored", sizes)
        say((f"{psutil.cpu_count()} cores, shared by all; load average at the end {psutil.getloadavg()[0]:.1f}.",))

    anyio.run(all_of_it)


if __name__ == "__main__":
    run(main)
