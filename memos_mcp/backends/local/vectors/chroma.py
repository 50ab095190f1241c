"""The vector index: Chroma, a collection a user, derived from the ledger and never the truth."""

import os
import sys
import threading
from collections.abc import Callable, Generator, Mapping
from collections.abc import Collection as CollectionOf
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import numpy as np
from numpy.typing import NDArray

from memos_mcp.backends.local.ledger.texts import Text
from memos_mcp.backends.local.vectors.clean_memory import CLEAN_MEMORY
from memos_mcp.backends.local.vectors.nearest import Nearest
from memos_mcp.backends.local.vectors.server_errors import naming_what_answers
from memos_mcp.core.errors import MissingLibrary, Unavailable
from memos_mcp.core.tracing import span

if TYPE_CHECKING:
    from chromadb.api import ClientAPI
    from chromadb.api.models.Collection import Collection

OPEN_INDEXES = 200
"""Users of a folder whose indexes are open at a time, each about 3 MB and 4 files."""

OTHER_FILES = 500
"""Files that the process may open besides."""

MOST_COLLECTIONS = 1_000
"""Collections of a server whose handles stay in memory; another's costs one request when that user comes again."""

PAGE = 300
"""Collections listed, and records asked for, at once: what Chroma Cloud allows."""

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


def check_importable() -> None:
    """Import Chroma, which takes 0.7 s: only the process that searches pays it, and not before it has to.

    Raises:
        MissingLibrary: that fails.
    """
    shield_from_environment()
    try:
        import_module("chromadb")
    except (ImportError, OSError, RuntimeError) as exc:  # RuntimeError: it finds SQLite too old
        raise MissingLibrary(f"Chroma cannot be imported ({exc}): install memos-mcp again.") from exc


class ChromaIndex:
    """Nearest texts by vector. Any thread may call, one at a time is served.

    Collections are named by the ledger's key of the user, never by the user's id, which may hold anything. Every
    method but `close` raises `Unavailable` when Chroma fails; the ledger knows what to do again then.
    """

    def __init__(self, connect: "Callable[[], ClientAPI]", *, prefix: str, most_collections: int) -> None:
        """Connect; this index's collections have names that begin with `prefix`.

        It connects anew when it has used that many collections.
        """
        self._connect = connect
        self._client = connect()
        self._prefix = prefix
        self._most_collections = most_collections
        self._collections: dict[int, Collection] = {}
        self._lock = threading.Lock()

    @classmethod
    def open_folder(cls, folder: Path) -> "ChromaIndex":
        """Open or create the index in a folder, which no other process may have open.

        Raises:
            Unavailable: Chroma cannot open it.
        """
        check_importable()
        import chromadb  # noqa: PLC0415
        from chromadb.config import Settings  # noqa: PLC0415

        with _as_unavailable():
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)

            most = _most_open_indexes()

            def connect() -> "ClientAPI":
                return chromadb.PersistentClient(str(folder), settings=Settings(anonymized_telemetry=False))

            return cls(connect, prefix="user-", most_collections=most)

    @classmethod
    def connect(cls, url: str, *, api_key: str, tenant: str, database: str, prefix: str) -> "ChromaIndex":
        """Connect to a Chroma server or, with a key, to Chroma Cloud.

        Raises:
            Unavailable: it cannot be reached.
        """
        check_importable()
        import chromadb  # noqa: PLC0415

        address = urlsplit(url)
        host, secure = address.hostname or "localhost", address.scheme == "https"
        port = address.port or (443 if secure else 8000)
        with naming_what_answers(f"{address.scheme}://{host}:{port}"):

            def connect() -> "ClientAPI":
                if api_key:  # always by argument: from its environment variable alone, Chroma sends the token "None"
                    return chromadb.CloudClient(
                        tenant=tenant or None,
                        database=database or None,
                        api_key=api_key,
                        cloud_host=host,
                        cloud_port=port,
                        enable_ssl=secure,
                    )
                return chromadb.HttpClient(
                    host=host,
                    port=port,
                    ssl=secure,
                    tenant=tenant or "default_tenant",
                    database=database or "default_database",
                )

            return cls(connect, prefix=prefix, most_collections=MOST_COLLECTIONS)

    def close(self) -> None:
        """Let go of the files or the connection."""
        with self._lock:
            self._collections.clear()
            self._client.close()  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]  # untyped

    def query(self, user: int, vector: NDArray[np.float32], *, limit: int) -> Nearest:
        """Return the nearest texts."""
        with self._asking("query"):
            found = self._collection(user).query(
                query_embeddings=vector[np.newaxis], n_results=limit, include=["distances"]
            )
        numbers = np.array([_text(name).number for name in found["ids"][0]], np.int64)
        return Nearest(numbers, 1.0 - np.array((found["distances"] or [[]])[0], np.float64))

    def put(self, user: int, vectors: Mapping[Text, NDArray[np.float32]]) -> None:
        """Take in vectors, in place of those that the same texts had."""
        if vectors:
            with self._asking("put"):
                self._collection(user).upsert(ids=list(map(_name, vectors)), embeddings=np.stack([*vectors.values()]))

    def remove(self, user: int, texts: CollectionOf[Text]) -> None:
        """Take out vectors; those that are not there are no error."""
        if texts:
            with self._asking("remove"):
                self._collection(user).delete(ids=list(map(_name, texts)))

    def forget(self, user: int) -> None:
        """Drop the collection of a user."""
        with self._asking("forget"):
            self._collections.pop(user, None)
            if user in self._listed():
                self._client.delete_collection(f"{self._prefix}{user}")

    def counts(self) -> dict[int, int]:
        """Count the vectors of each user."""
        with self._asking("counts"):
            return {user: self._collection(user).count() for user in [*self._listed()]}  # each opens its index

    def texts(self, user: int) -> set[Text]:
        """Return all texts of a user that it holds."""
        found: set[Text] = set()
        with self._asking("texts"):
            collection = self._collection(user)
            while page := collection.get(limit=PAGE, offset=len(found), include=[])["ids"]:
                found |= set(map(_text, page))
        return found

    def dimensions(self, user: int) -> int:
        """Return the length of a user's vectors, 0 where there are none."""
        with self._asking("dimensions"):
            found = self._collection(user).get(limit=1, include=["embeddings"])
        vectors = found["embeddings"]
        return 0 if vectors is None or not len(vectors) else len(vectors[0])

    @contextmanager
    def _asking(self, what: str) -> Generator[None]:
        with span(f"index {what}"), self._lock, _as_unavailable():
            yield

    def _listed(self) -> Generator[int]:
        offset = 0
        while page := self._client.list_collections(limit=PAGE, offset=offset):
            for collection in page:
                user = collection.name.removeprefix(self._prefix)
                if user.isdecimal() and collection.name.startswith(self._prefix):
                    yield int(user)
            offset += len(page)

    def _collection(self, user: int) -> "Collection":
        if user not in self._collections:
            if len(self._collections) >= self._most_collections:
                self._reconnect()
            self._collections[user] = self._client.get_or_create_collection(
                f"{self._prefix}{user}",
                embedding_function=None,  # Chroma's default one would download its model
                # With 16 neighbours, in 14 of 80 indexes of 64 texts one or more was not found by its own vector.
                configuration={"hnsw": {"space": "cosine", "max_neighbors": 32}},
            )
        return self._collections[user]

    def _reconnect(self) -> None:
        """Close all indexes of a folder.

        Chroma 1.5.9 loses what it had not written of an index that it closes to make room for another, until its
        client is made anew: then it reads its log again.
        """
        self._collections.clear()
        self._client.close()  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]  # untyped
        CLEAN_MEMORY.give_back()
        self._client = self._connect()


def _name(text: Text) -> str:
    return f"{text.kind} {text.seq}"


def _text(name: str) -> Text:
    kind, seq = name.split()
    return Text("memory" if kind == "memory" else "message", int(seq))


def _most_open_indexes() -> int:
    """Return how many indexes may be open, once the process may open as many files as the system allows, if need be.

    Chroma keeps as many as a fifth of the files that the process may open when the client is made.
    """
    if sys.platform == "win32":  # its limit is 512 files
        return OPEN_INDEXES // 2
    import resource  # noqa: PLC0415  # not on every platform

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return OPEN_INDEXES
    wanted = 5 * OPEN_INDEXES + OTHER_FILES
    allowed = max(soft, wanted if hard == resource.RLIM_INFINITY else min(wanted, hard))
    resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
    return min(OPEN_INDEXES, allowed // 5)


@contextmanager
def _as_unavailable() -> Generator[None]:
    try:
        with CLEAN_MEMORY.used():
            yield
    except Exception as exc:  # Chroma raises bare Exceptions and its Rust side its own
        raise Unavailable(f"The vector index failed ({type(exc).__name__}); search goes on by words.") from exc
