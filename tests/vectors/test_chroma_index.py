"""The vector index over Chroma itself."""

from pathlib import Path

import numpy as np
import psutil
import pytest
from numpy.typing import NDArray

from memos_mcp.backends.local.ledger.texts import Text
from memos_mcp.backends.local.vectors import chroma
from memos_mcp.backends.local.vectors.chroma import ChromaIndex

pytestmark = pytest.mark.long

USERS = range(1, 8)


def vector_of(user: int) -> NDArray[np.float32]:
    return np.eye(len(USERS), dtype=np.float32)[user - 1]


def test_many_users_of_one_folder_are_found(tmp_path: Path) -> None:
    index = ChromaIndex.open_folder(tmp_path / "chroma")
    try:
        for user in range(120):
            index.put(user, {Text("message", user): vector_of(1)})
        for user in [*range(120), *range(120)]:
            assert index.query(user, vector_of(1), limit=5).of_kind("message") == {user: pytest.approx(1.0)}
    finally:
        index.close()


def test_more_users_than_indexes_are_open_lose_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chroma, "OPEN_INDEXES", 8)
    index, process = ChromaIndex.open_folder(tmp_path / "chroma"), psutil.Process()
    try:
        for user in range(40):
            index.put(user, {Text("message", user): vector_of(1), Text("memory", user): vector_of(2)})
        for user in range(40):
            index.remove(user, [Text("memory", user)])
        for user in [*range(40), *range(40)]:
            assert index.query(user, vector_of(1), limit=5).of_kind("message") == {user: pytest.approx(1.0)}
            assert sum(file.path.endswith(".bin") for file in process.open_files()) <= 8 * 4
    finally:
        index.close()
