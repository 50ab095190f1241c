"""A disk that is full when the engine dies: what is stored is still found and read, and an add says what is wrong."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import anyio
import pytest
from mcp import Client, StdioServerParameters
from mcp.types import TextContent

from tests.engine.conftest import engines_of

MEGABYTES = 30


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Mount a small file system, where that is allowed."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if not sys.platform.startswith("linux") or os.geteuid() != 0:
        pytest.skip("no file system can be mounted here")
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={MEGABYTES}m", "tmpfs", folder], check=False)
    if mounted.returncode:
        pytest.skip("no file system can be mounted here")
    yield folder
    for engine in engines_of(folder / "data"):
        engine.kill()
        engine.wait(60)
    subprocess.run(["umount", "-l", folder], check=True)


def _fill(disk: Path) -> Path:
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file:
        try:
            while file.write(b"0" * 65_536):
                pass
        except OSError:
            return filler


async def _call(client: Client, tool: str, **arguments: str) -> str:
    with anyio.fail_after(30):
        (block,) = (await client.call_tool(tool, arguments)).content
    assert isinstance(block, TextContent)
    return block.text


@pytest.mark.slow
async def test_reads_and_searches_go_on_and_an_add_says_that_the_disk_is_full(small_disk: Path) -> None:
    data_dir = small_disk / "data"
    environment = {**os.environ, "MEMOS_DATA_DIR": str(data_dir), "MEMOS_ENGINE_IDLE": "5"}
    server = StdioServerParameters(command=sys.executable, args=["-m", "memos_mcp"], env=environment)
    async with Client(server) as client:
        await _call(client, "add_message", messages="My bicycle is green", conversation_id="c")
        await _call(client, "search_memory", query="bicycle")
        filler = _fill(small_disk)
        (engine,) = engines_of(data_dir)
        engine.kill()
        engine.wait(60)

        found = await _call(client, "search_memory", query="bicycle")
        read = await _call(client, "get_message", conversation_id="c")
        refused = await _call(client, "add_message", messages="My car is red", conversation_id="c")
        filler.unlink()
        stored = await _call(client, "add_message", messages="My car is red", conversation_id="c")

    assert "My bicycle is green" in found
    assert "My bicycle is green" in read
    assert "is full; nothing was stored" in refused
    assert stored.startswith("Stored 1 message")
