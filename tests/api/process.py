"""A real engine: `memos-mcp serve` in a process of its own, on a free port of the loopback."""

import os
import re
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Running:
    """Where the engine answers, and its process."""

    url: str
    process: subprocess.Popen[str]

    @property
    def rest(self) -> str:
        return f"{self.url}/api/openmem/v1"


@contextmanager
def running(folder: Path, *options: str, **settings: str) -> Generator[Running]:
    """Start an engine, wait until it takes calls, and end it."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("MEMOS_")}
    environment = inherited | {"MEMOS_DATA_DIR": str(folder)} | settings
    command = [sys.executable, "-m", "memos_mcp", "serve", "--port", "0", *options]
    process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
    try:
        yield Running(_address(process), process)
    finally:
        process.terminate()
        try:
            process.wait(60)
        finally:
            process.kill()
            process.communicate()


def _address(process: subprocess.Popen[str]) -> str:
    """Read the line by which the engine says where it serves."""
    assert process.stderr is not None
    said: list[str] = []
    for line in process.stderr:
        said.append(line)
        if found := re.search(r"Serving at (http://\S+?):? ", line):
            return found.group(1)
    raise AssertionError("".join(said))
