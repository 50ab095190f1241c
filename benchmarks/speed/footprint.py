"""What a server costs: running, in processor time, memory, disk and open files; and installed, by its dependencies."""

from pathlib import Path

import anyio
import psutil

from benchmarks.common.baselines import Encoder
from benchmarks.common.report import run, show
from benchmarks.speed.install_size import WAYS_IN, install_sizes

IDLE = 0.03
"""Seconds of processor time in a second of the clock below which a process has nothing left to do."""


def footprint(process: psutil.Process, data_dir: Path) -> dict[str, float]:
    """Return resident and written megabytes and the number of open files."""
    written = sum(path.stat().st_size for path in data_dir.rglob("*") if path.is_file())
    return {
        "MB resident": round(process.memory_info().rss / 1e6, 1),
        "MB on disk": round(written / 1e6, 1),
        "open files": process.num_fds(),
    }


def processor_seconds(process: psutil.Process) -> float:
    """Return the processor time that a process has used, all threads together."""
    times = process.cpu_times()
    return float(times.user + times.system)


async def until_idle(process: psutil.Process) -> float:
    """Wait until a process does nothing; give its processor time by then."""
    used = processor_seconds(process)
    while True:
        await anyio.sleep(1)
        before, used = used, processor_seconds(process)
        if used - before < IDLE:
            return used


def embedding_milliseconds(encode: Encoder, texts: list[str]) -> float:
    """Return the processor time of embedding one text, the mean of these, in this process."""
    process = psutil.Process()
    encode(texts[0])
    before = processor_seconds(process)
    for text in texts:
        encode(text)
    return (processor_seconds(process) - before) / len(texts) * 1000


def main() -> None:
    """Show what each dependency costs in an install."""
    for name in WAYS_IN:
        show(f"{name}: the first line is the package itself and the whole install", install_sizes(name))


if __name__ == "__main__":
    run(main)
