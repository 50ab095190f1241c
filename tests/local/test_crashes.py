"""What was acknowledged survives whatever kills the process."""

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import anyio
import pytest

from tests.local.stores import everything_said, find, found_messages, store
from tests.local.writer import A_CALL, texts

INDEX_WRITTEN_EVERY = 1_000 // A_CALL
"""Adds after which Chroma writes its vector index out (its default `sync_threshold` is 1,000)."""


def write_until_killed(folder: Path, first: int, *, adds: int, delay: float, how: signal.Signals) -> int:
    """Kill a writer `delay` seconds after its `adds`-th add; give the number of the last that it acknowledged."""
    command = [sys.executable, "-m", "tests.local.writer", str(folder), str(first)]
    last = first - 1
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "opened\n"
        for line in writer.stdout:
            last = int(line)
            if last == first + adds - 1:
                time.sleep(delay)
                writer.send_signal(how)
                break
        return max([last, *(int(line) for line in writer.stdout if line.strip().isdigit())])


async def check(folder: Path, last: int) -> int:
    """Hold the store against all that was acknowledged: each message once, in order, found, and in the index.

    Return the number of the last add that is there: one may have been stored and not acknowledged.
    """
    acknowledged = [text for number in range(1, last + 1) for text in texts(number)]
    async with store(folder, most_compared=0) as backend:
        said = await everything_said(backend)
        assert said[: len(acknowledged)] == acknowledged
        assert len(said) == len(set(said))
        found = await find(backend, f"badger{last}x3")
        assert any(f"badger{last}x3" in content for content in found_messages(found))
        backend._indexing.want_index()
        with anyio.fail_after(120):
            while (await find(backend, "badger1x1")).notice:
                await anyio.sleep(0.05)
    return len(said) // A_CALL


@pytest.mark.parametrize("kills", [6, pytest.param(20, marks=pytest.mark.slow)])
async def test_kills_at_random_and_while_the_index_is_written_out_lose_nothing(tmp_path: Path, kills: int) -> None:
    chance = random.Random(kills)  # noqa: S311  # a repeatable choice of moments
    last = 0
    for kill in range(kills):
        at_the_index = kill % 2 == 0
        adds = INDEX_WRITTEN_EVERY - last % INDEX_WRITTEN_EVERY if at_the_index else chance.randint(1, 30)
        delay = chance.uniform(0, 0.3 if at_the_index else 0.1)
        how = signal.SIGKILL if chance.random() < 0.8 else signal.SIGTERM

        last = write_until_killed(tmp_path, last + 1, adds=adds, delay=delay, how=how)
        last = await check(tmp_path, last)
