"""What a store takes the second of two statements for: a repetition, an update, or something else."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.common.report import progress
from benchmarks.common.rest_client import Engine, engine
from benchmarks.common.sample import Pair
from benchmarks.quality.coverage import known_of

LABELS = ("duplicate", "update")

Row = dict[str, float]


async def measure_pairs(pairs: Sequence[Pair]) -> dict[str, Row]:
    """Say each pair to an engine as a user of its own, and hold what becomes of the memories against the label."""
    seen: list[tuple[Pair, str]] = []
    with tempfile.TemporaryDirectory() as folder, progress() as bar:
        async with engine(Path(folder)) as served:
            for number, pair in enumerate(bar.track(pairs, description="pairs")):
                seen.append((pair, await _fate(served, f"pair-{number}", pair)))
    return {label: _precision_and_recall(seen, label) for label in LABELS}


async def _fate(served: Engine, user: str, pair: Pair) -> str:
    """Say what the store took the second statement for."""
    await _say(served, user, pair.old, "2025-03-01 10:00:00")
    old = [memory["id"] for memory in await known_of(served, user)]
    await _say(served, user, pair.new, "2025-06-01 10:00:00")
    known = await known_of(served, user)
    active = {memory["id"]: memory for memory in known if memory["status"] == "activated"}
    if any(identifier not in active for identifier in old):
        return "update"
    strengthened = any(len(active[identifier]["sources"]) > 1 for identifier in old)
    return "duplicate" if strengthened and len(active) == len(old) else "different"


async def _say(served: Engine, user: str, statement: str, time: str) -> None:
    message = {"role": "user", "content": statement, "chat_time": time}
    body = {"user_id": user, "conversation_id": time, "messages": [message], "async_mode": False}
    await served.call("add/message", body)


def _precision_and_recall(seen: Sequence[tuple[Pair, str]], label: str) -> Row:
    claimed = [pair for pair, fate in seen if fate == label]
    meant = [pair for pair, _ in seen if pair.label == label]
    right = sum(pair.label == label for pair in claimed)
    return {
        "pairs": len(meant),
        "taken for it": len(claimed),
        "precision": round(100 * right / max(1, len(claimed)), 1),
        "recall": round(100 * right / len(meant), 1),
    }
