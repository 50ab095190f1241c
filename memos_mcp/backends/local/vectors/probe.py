"""Try a Chroma folder in a process of its own: a broken one can hang or crash whoever opens it.

`python -m memos_mcp.backends.local.vectors.probe FOLDER` prints the count of each user's vectors as JSON, and ends with
another status than 0, or never, where the folder is broken.
"""

import gc
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np

from memos_mcp.backends.local.vectors.chroma import ChromaIndex

DEADLINE = 60.0
"""Seconds that a probe may take; opening 100,000 vectors takes under one."""


def probe(folder: Path) -> dict[int, int] | None:
    """Count each user's vectors in a child process; None when the folder is broken."""
    command = [sys.executable, "-m", "memos_mcp.backends.local.vectors.probe", str(folder)]
    try:
        child = subprocess.run(  # noqa: S603  # our own module, no shell
            command, capture_output=True, timeout=DEADLINE, check=True, stdin=subprocess.DEVNULL, env=os.environ
        )
        return {int(user): int(count) for user, count in json.loads(child.stdout.splitlines()[-1]).items()}
    except (subprocess.SubprocessError, ValueError, IndexError, OSError):
        return None


def _look_into(folder: Path) -> dict[int, int]:
    index = ChromaIndex.open_folder(folder)
    found: dict[int, int] = {}
    for user, count in index.counts().items():
        if count:  # what SQLite counts may be more than the vector file still has: ask that one for all of them
            anything = np.full(index.dimensions(user), 0.05, np.float32)
            found[user] = len(index.query(user, anything, limit=count).numbers)
    index.close()
    return found


if __name__ == "__main__":
    print(json.dumps(_look_into(Path(sys.argv[1]))), flush=True)  # noqa: T201  # read by `probe`
    gc.freeze()  # a last pass would take a third as long as the rest
