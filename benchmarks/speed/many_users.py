"""The memory of a replica that holds many users, of whom few are active: it must follow the few.

Users are stored with drawn vectors, as many as come in the time given, by this process; then a `memos-mcp serve` over
the same PostgreSQL and Chroma searches for the active ones, for everybody, and for the active ones again. Needs
PostgreSQL.
"""

import tempfile
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Annotated

import anyio
import typer

from benchmarks.common.drawn import DrawnUnderTheModelsName
from benchmarks.common.report import Cell, dump, progress, run, say, show
from benchmarks.common.scoring import percentiles
from benchmarks.common.service import Service, service
from benchmarks.common.synthetic import synthetic_queries, synthetic_turns
from benchmarks.speed.ledgers import caught_up, open_drawn
from memos_mcp.backends.local.backend import LocalBackend
from memos_mcp.core.models import AddMessage, Message
from tests.local.servers import Servers, both_servers

TOGETHER = 100
"""Users that are added before the vector index is waited for."""
AT_ONCE = 4

Row = dict[str, Cell]


async def fill(backend: LocalBackend, users: int, *, each: int, seconds: float) -> int:
    """Store users until there are enough or the time is over; give their number."""
    turns = synthetic_turns(each, seed=1)
    messages = tuple(
        Message.model_validate({"role": turn.role, "content": turn.content, "chat_time": turn.chat_time})
        for turn in turns
    )
    request = AddMessage(messages=messages, conversation_id="only")
    began, filled = time.monotonic(), 0
    with progress() as bar:
        task = bar.add_task("users", total=users)
        while filled < users and time.monotonic() < began + seconds:
            for user in range(filled, min(users, filled + TOGETHER)):
                await backend.add_message(request, user_id=f"user-{user}")
                filled += 1
            await caught_up(backend)
            bar.update(task, completed=filled)
    return filled


async def searched(served: Service, users: Sequence[int], *, name: str) -> Row:
    """Search once for each of the users, some at once."""
    times: list[float] = []
    queries, waiting = synthetic_queries(50, seed=3), iter(users)

    async def calls() -> None:
        for user in waiting:
            body = {"user_id": f"user-{user}", "query": queries[user % len(queries)]}
            times.append(await served.engine.timed("search/memory", body))
            bar.advance(task)

    began = time.perf_counter()
    with progress() as bar:
        task = bar.add_task(name, total=len(users))
        async with anyio.create_task_group() as group:
            for _ in range(AT_ONCE):
                group.start_soon(calls)
    seconds = time.perf_counter() - began
    return {**served.held(), "a second": round(len(times) / seconds, 1), **percentiles(times)}


async def by_vectors(served: Service) -> None:
    """Wait until a search says no more that it goes by words alone."""
    while (await served.engine.call("search/memory", {"user_id": "user-0", "query": "ready"})).get("notice"):  # noqa: ASYNC110
        await anyio.sleep(0.2)


async def measure(
    folder: Path, servers: Servers, users: int, *, each: int, active: int, minutes: float
) -> dict[str, Row]:
    """Fill, start a replica, and search in rounds."""
    url = servers.postgres.empty()
    async with AsyncExitStack() as stack:
        backend = await open_drawn(
            stack, folder / "filling", url=url, chroma=servers.chroma, embedder=DrawnUnderTheModelsName
        )
        filled = await fill(backend, users, each=each, seconds=60 * minutes)
    servers.postgres.run("ANALYZE")
    few = range(0, filled, max(1, filled // active))[:active]
    began = time.perf_counter()
    async with service(folder / "replica", url, servers, vectors=folder / "chroma") as served:
        answers = time.perf_counter() - began
        await by_vectors(served)
        started: Row = {"answers after s": answers, "by vectors after s": time.perf_counter() - began}
        rows: dict[str, Row] = {f"started over {filled:,} users": {**served.held(), **started}}
        for round_, whom in enumerate((few, few, range(filled), few, few), 1):
            name = f"{round_}: {len(whom):,} users"
            rows[name] = await searched(served, whom, name=name)
    return rows


def main(
    users: Annotated[int, typer.Option(help="Users at most.", min=1)] = 10_000,
    each: Annotated[int, typer.Option(help="Messages of each.", min=1)] = 20,
    active: Annotated[int, typer.Option(help="Users that are active.", min=1)] = 100,
    minutes: Annotated[float, typer.Option(help="How long users are stored at most.")] = 10,
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
