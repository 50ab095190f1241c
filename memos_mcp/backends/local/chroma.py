"""The vector index: Chroma, a collection a user and kind, derived from the ledger and never the truth."""

import contextlib
import os
import threading
from collections.abc import Collection as CollectionOf
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from memos_mcp.backends.local.ledger.vectors import Kind
from memos_mcp.errors import Unavailable

if TYPE_CHECKING:
    from chromadb.api import ClientAPI
    from chromadb.api.models.Collection import Collection

KINDS: tuple[Kind, ...] = ("message", "memory")

# Chroma reads these names, without a prefix of its own, and fails on values that it does not expect.
_FOREIGN_NAMES = (
    "ALLOW_RESET",
    "ANONYMIZED_TELEMETRY",
    "ENVIRONMENT",
    "IS_PERSISTENT",
    "MIGRATIONS",
    "MIGRATIONS_HASH_ALGORITHM",
    "PERSIST_DIRECTORY",
    "TENANT_ID",
    "TOPIC_NAMESPACE",
    "WORKER_MEMBERLIST_NAME",
)


def shield_from_environment() -> None:
    """Take from the process's environment what Chroma would read by accident; before it is imported."""
    for name in list(os.environ):
        if name.startswith("CHROMA_") or name in _FOREIGN_NAMES:
            del os.environ[name]
    os.environ["ANONYMIZED_TELEMETRY"] = "False"


def collection_name(user: int, kind: Kind) -> str:
    """Name a collection by the ledger's key of the user: never by the user's id, which may hold anything."""
    return f"user-{user}-{kind}"


class ChromaIndex:
    """Nearest texts by vector. Any thread may call, one at a time is served.

    Every method but `close` raises `Unavailable` when Chroma fails; the ledger knows what to do again then.
    """

    def __init__(self, client: "ClientAPI") -> None:
        """Take a client that is connected."""
        self._client = client
        self._collections: dict[tuple[int, Kind], Collection] = {}
        self._lock = threading.Lock()

    @classmethod
    def open_folder(cls, folder: Path) -> "ChromaIndex":
        """Open or create the index in a folder, which no other process may have open.

        Raises:
            Unavailable: Chroma cannot open it.
        """
        shield_from_environment()
        # 0.7 s: only the process that searches pays it, and not before it has to.
        import chromadb  # noqa: PLC0415
        from chromadb.config import Settings  # noqa: PLC0415

        with _as_unavailable():
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            return cls(chromadb.PersistentClient(str(folder), settings=Settings(anonymized_telemetry=False)))

    def close(self) -> None:
        """Let go of the files."""
        with self._lock:
            self._collections.clear()
            self._client.close()  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]  # untyped

    def query(self, user: int, kind: Kind, vector: NDArray[np.float32], *, limit: int) -> list[tuple[int, float]]:
        """Give the nearest texts as (seq, cosine similarity), nearest first."""
        with self._lock, _as_unavailable():
            found = self._collection(user, kind).query(
                query_embeddings=vector[np.newaxis], n_results=limit, include=["distances"]
            )
        distances = found["distances"] or [[]]
        return [(int(seq), 1.0 - distance) for seq, distance in zip(found["ids"][0], distances[0], strict=True)]

    def put(self, user: int, kind: Kind, vectors: Sequence[tuple[int, NDArray[np.float32]]]) -> None:
        """Take in vectors, in place of those that had the same `seq`."""
        if vectors:
            with self._lock, _as_unavailable():
                self._collection(user, kind).upsert(
                    ids=[str(seq) for seq, _ in vectors], embeddings=np.stack([vector for _, vector in vectors])
                )

    def remove(self, user: int, kind: Kind, seqs: CollectionOf[int]) -> None:
        """Take out vectors; those that are not there are no error."""
        if seqs:
            with self._lock, _as_unavailable():
                self._collection(user, kind).delete(ids=[str(seq) for seq in seqs])

    def forget(self, user: int) -> None:
        """Drop the collections of a user."""
        names = {collection_name(user, kind) for kind in KINDS}
        with self._lock, _as_unavailable():
            for kind in KINDS:
                self._collections.pop((user, kind), None)
            for collection in self._client.list_collections():
                if collection.name in names:
                    self._client.delete_collection(collection.name)

    def counts(self) -> dict[str, int]:
        """Count the vectors of every collection."""
        with self._lock, _as_unavailable():
            return {collection.name: collection.count() for collection in self._client.list_collections()}

    def dimensions(self, name: str) -> int:
        """Give the length of the vectors of a collection that has some."""
        with self._lock, _as_unavailable():
            found = self._client.get_collection(name, embedding_function=None).get(limit=1, include=["embeddings"])
        vectors = found["embeddings"]
        return 0 if vectors is None else len(vectors[0])

    def _collection(self, user: int, kind: Kind) -> "Collection":
        found = self._collections.get((user, kind))
        if found is None:
            found = self._client.get_or_create_collection(
                collection_name(user, kind),
                embedding_function=None,  # Chroma's default one would download its model
                configuration={"hnsw": {"space": "cosine"}},
            )
            self._collections[user, kind] = found
        return found


@contextlib.contextmanager
def _as_unavailable() -> Generator[None]:
    try:
        yield
    except Exception as exc:  # Chroma raises bare Exceptions and its Rust side its own
        raise Unavailable(f"The vector index failed ({type(exc).__name__}); search goes on by words.") from exc
