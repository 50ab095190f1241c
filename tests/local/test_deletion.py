"""What is deleted is gone from the disk: its text at once, its vectors when the store is next opened."""

import sys
from collections.abc import Iterable
from pathlib import Path

import anyio
import pytest

from memos_mcp.backends.local.backend import LocalBackend
from memos_mcp.core.models import DeleteMemory, GetMemory
from tests.consolidation.conversation import add
from tests.fakes.hashed_embedder import HashedEmbedder
from tests.local.stores import everything_said, find, followed, renewed, store

SAID = "The unmistakable walrus of Zanzibar sleeps under my bed beside two old violins."
KEPT = "My sister collects lighthouses, fountain pens and unusual maps of Antarctica."
BESIDE = "Our neighbours repair bicycles, radios and clocks on Saturdays in their garage."


def files_with(folder: Path, *contents: bytes) -> set[str]:
    found = [path for path in folder.rglob("*") if path.is_file()]
    return {path.name for path in found if any(content in path.read_bytes() for content in contents)}


def vectors_of(texts: Iterable[str]) -> list[bytes]:
    vectors = [HashedEmbedder().embed(text).vector for text in texts]
    return [vector.astype(kind).tobytes() for vector in vectors for kind in ("<f4", "<f2")]


async def reopen(folder: Path) -> None:
    """Open the store in a process of its own: Chroma writes unused memory into its files too, as it is."""
    await anyio.run_process([sys.executable, "-m", "tests.local.reopened", str(folder)])


async def tell(backend: LocalBackend, *said: str, user_id: str = "u") -> list[str]:
    """Say something and give the memories that came of it."""
    for text in said:
        await backend.add_message(add(text, conversation_id="c", wait=True), user_id=user_id)
    await followed(backend)
    known = await backend.get_memory(GetMemory(), user_id=user_id)
    return [memory.memory_value for memory in known.memory_detail_list]


@pytest.mark.processes
async def test_a_deleted_memory_is_in_no_file_of_the_store(tmp_path: Path) -> None:
    said = f"{SAID} {KEPT} {BESIDE}"
    async with store(tmp_path) as backend:
        memories = await tell(backend, said)
        (value,) = [value for value in memories if "walrus" in value]
        assert files_with(tmp_path, value.encode())
        assert files_with(tmp_path, *vectors_of([SAID]))

        await backend.delete_memory(DeleteMemory(memory_ids=("k1",)), user_id="u")
        await followed(backend)
        await renewed(backend)

        assert files_with(tmp_path, value.encode()) == set()
    await reopen(tmp_path)
    assert files_with(tmp_path, value.encode(), *vectors_of([SAID])) == set()
    async with store(tmp_path) as backend:
        assert await everything_said(backend) == [said]
        assert "lighthouses" in (await find(backend, "What does my sister collect?")).memory_detail_list[0].memory_value


@pytest.mark.processes
async def test_a_forgotten_user_is_in_no_file_of_the_store_and_another_stays(tmp_path: Path) -> None:
    async with store(tmp_path) as backend:
        values = await tell(backend, SAID, user_id="u")
        await tell(backend, KEPT, user_id="v")

        await backend.delete_memory(DeleteMemory(everything=True), user_id="u")
        await followed(backend)
        await renewed(backend)

        assert files_with(tmp_path, b"walrus") == set()
    await reopen(tmp_path)
    assert files_with(tmp_path, b"walrus", *vectors_of([SAID, *values])) == set()
    assert files_with(tmp_path, *vectors_of([KEPT]))
    async with store(tmp_path) as backend:
        assert await everything_said(backend, user_id="v") == [KEPT]
