"""Many users of one engine: each has a collection of its own, so what an idle one costs must be next to nothing."""

import tempfile
import time
from pathlib import Path

from benchmarks.common.report import progress
from benchmarks.common.rest_client import Engine, engine
from benchmarks.common.scoring import percentiles
from benchmarks.common.synthetic import synthetic_queries, synthetic_turns
from benchmarks.speed.footprint import footprint, until_idle

ASKED = 100
"""Users that are searched, each twice: once when its index must be read first, once again."""

Row = dict[str, float]


async def measure_users(users: int, *, each: int) -> dict[str, Row]:
    """Fill an engine with users, restart it, and search some of them."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        filled = await _fill(place, users, each)
        began = time.perf_counter()
        async with engine(place) as served:
            start = time.perf_counter() - began
            await until_idle(served.process)
            idle = footprint(served.process, place)
            rows = {
                "while filling": filled,
                "restarted": idle | {"start s": round(start, 2)},
                "first searches": await _searches(served, place, users),
                "next searches": await _searches(served, place, users),
            }
    return rows


async def _fill(place: Path, users: int, each: int) -> Row:
    began = time.perf_counter()
    async with engine(place) as served:
        with progress() as bar:
            for user in bar.track(range(users), description=f"{users:,} users"):
                turns = synthetic_turns(each, seed=user)
                messages = [{"role": turn.role, "content": turn.content, "chat_time": turn.chat_time} for turn in turns]
                body = {"user_id": f"user-{user}", "conversation_id": "only", "messages": messages}
                await served.call("add/message", body)
        await until_idle(served.process)
        seconds = time.perf_counter() - began
        return footprint(served.process, place) | {"stored a second": round(users * each / seconds, 1)}


async def _searches(served: Engine, place: Path, users: int) -> Row:
    asked = min(ASKED, users)
    seconds = [
        await served.timed("search/memory", {"user_id": f"user-{number * users // asked}", "query": query})
        for number, query in enumerate(synthetic_queries(asked, seed=3))
    ]
    return footprint(served.process, place) | percentiles(seconds)
