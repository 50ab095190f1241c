"""The vector index over Chroma itself."""

from collections.abc import Iterator
from pathlib import Path

import chromadb
import numpy as np
import pytest
from chromadb.api import ClientAPI
from chromadb.config import Settings
from numpy.typing import NDArray

from memos_mcp.backends.local.ledger.vectors import Text
from memos_mcp.backends.local.vectors import chroma
from memos_mcp.backends.local.vectors.chroma import ChromaIndex
from tests.local.stores import collect_sockets

USERS = range(1, 8)


class CountingClient:
    """Asks a client of Chroma, and notes for which collections it was asked."""

    def __init__(self, client: ClientAPI) -> None:
        self._client = client
        self.asked: list[str] = []

    def __getattr__(self, name: str) -> object:
        return getattr(self._client, name)

    def get_or_create_collection(self, name: str, **options: object) -> object:
        self.asked.append(name)
        return self._client.get_or_create_collection(name, **options)  # pyright: ignore[reportArgumentType]


@pytest.fixture
def client(tmp_path: Path) -> Iterator[CountingClient]:
    yield CountingClient(chromadb.PersistentClient(str(tmp_path), settings=Settings(anonymized_telemetry=False)))
    collect_sockets()


def vector_of(user: int) -> NDArray[np.float32]:
    return np.eye(len(USERS), dtype=np.float32)[user - 1]


def test_handles_of_few_collections_are_kept_and_those_of_the_others_are_asked_for_again(
    client: CountingClient,
) -> None:
    index = ChromaIndex(client, prefix="user-", most_collections=2)  # pyright: ignore[reportArgumentType]
    for user in USERS:
        index.put(user, {Text("message", user): vector_of(user)})
    client.asked.clear()
    for user in reversed(USERS):
        assert index.query(user, vector_of(user), limit=5) == [(Text("message", user), pytest.approx(1.0))]
    assert client.asked == [f"user-{user}" for user in reversed(USERS[:5])]
    index.close()


def test_the_handle_that_was_used_longest_ago_is_let_go_of(client: CountingClient) -> None:
    index = ChromaIndex(client, prefix="user-", most_collections=2)  # pyright: ignore[reportArgumentType]
    for user in (1, 2, 1, 3, 1, 2):
        index.query(user, vector_of(user), limit=5)
    assert client.asked == ["user-1", "user-2", "user-3", "user-2"]
    index.close()


def test_many_users_of_one_folder_are_found(tmp_path: Path) -> None:
    index = ChromaIndex.open_folder(tmp_path / "chroma")
    try:
        for user in range(120):
            index.put(user, {Text("message", user): vector_of(1)})
        for user in [*range(120), *range(120)]:
            assert index.query(user, vector_of(1), limit=5) == [(Text("message", user), pytest.approx(1.0))]
    finally:
        index.close()


@pytest.mark.xfail(reason="Chroma 1.5.9 loses what it had not written of an index that it closes", strict=True)
def test_an_index_that_chroma_has_closed_is_found_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chroma, "OPEN_INDEXES", 8)
    index = ChromaIndex.open_folder(tmp_path / "chroma")
    try:
        for user in range(40):
            index.put(user, {Text("message", user): vector_of(1)})
        for user in [*range(40), *range(40)]:
            assert index.query(user, vector_of(1), limit=5) == [(Text("message", user), pytest.approx(1.0))]
    finally:
        index.close()
