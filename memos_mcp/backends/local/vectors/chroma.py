"""The vector index: Chroma, a collection a user, derived from the ledger and never the truth."""

import ctypes
import os
import sys
import threading
from collections import OrderedDict
from collections.abc import Collection as CollectionOf
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import numpy as np
from numpy.typing import NDArray

from memos_mcp.backends.local.ledger.vectors import Text
from memos_mcp.core.errors import MissingLibrary, Unavailable

if TYPE_CHECKING:
    from chromadb.api import ClientAPI
    from chromadb.api.models.Collection import Collection

OPEN_INDEXES = 1_000
"""Vector indexes that stay open, one a user, each about 3 MB and 4 files: as many as a folder is good for, since Chroma
1.5.9 loses what it had not written yet of an index that it closes."""

OTHER_FILES = 500
"""Files that the process may open besides."""

MOST_COLLECTIONS = 1_000
"""Collections whose handles stay in memory, those of the users who were served last; another's costs one request to
Chroma when that user comes again."""

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

    def __init__(self, client: "ClientAPI", *, prefix: str, most_collections: int = MOST_COLLECTIONS) -> None:
        """Take a client that is connected; this index's collections have names that begin with `prefix`."""
        self._client = client
        self._prefix = prefix
        self._most_collections = most_collections
        self._collections: OrderedDict[int, Collection] = OrderedDict()
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
            with _keeping_indexes_open():
                client = chromadb.PersistentClient(str(folder), settings=Settings(anonymized_telemetry=False))
            return cls(client, prefix="user-")

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
        with _as_unreachable(f"{address.scheme}://{host}:{port}"):
            if api_key:  # always by argument: from its environment variable alone, Chroma sends the token "None"
                client = chromadb.CloudClient(
                    tenant=tenant or None,
                    database=database or None,
                    api_key=api_key,
                    cloud_host=host,
                    cloud_port=port,
                    enable_ssl=secure,
                )
            else:
                client = chromadb.HttpClient(
                    host=host,
                    port=port,
                    ssl=secure,
                    tenant=tenant or "default_tenant",
                    database=database or "default_database",
                )
            return cls(client, prefix=prefix)

    def close(self) -> None:
        """Let go of the files or the connection."""
        with self._lock:
            self._collections.clear()
            self._client.close()  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]  # untyped

    def query(self, user: int, vector: NDArray[np.float32], *, limit: int) -> list[tuple[Text, float]]:
        """Return the nearest texts with their cosine similarity, nearest first."""
        with self._lock, _as_unavailable():
            found = self._collection(user).query(
                query_embeddings=vector[np.newaxis], n_results=limit, include=["distances"]
            )
        distances = found["distances"] or [[]]
        return [(_text(name), 1.0 - distance) for name, distance in zip(found["ids"][0], distances[0], strict=True)]

    def put(self, user: int, vectors: Mapping[Text, NDArray[np.float32]]) -> None:
        """Take in vectors, in place of those that the same texts had."""
        if vectors:
            with self._lock, _as_unavailable():
                self._collection(user).upsert(ids=list(map(_name, vectors)), embeddings=np.stack([*vectors.values()]))

    def remove(self, user: int, texts: CollectionOf[Text]) -> None:
        """Take out vectors; those that are not there are no error."""
        if texts:
            with self._lock, _as_unavailable():
                self._collection(user).delete(ids=list(map(_name, texts)))

    def forget(self, user: int) -> None:
        """Drop the collection of a user."""
        with self._lock, _as_unavailable():
            self._collections.pop(user, None)
            if any(found == user for found, _ in self._listed()):
                self._client.delete_collection(f"{self._prefix}{user}")

    def counts(self) -> dict[int, int]:
        """Count the vectors of each user."""
        with self._lock, _as_unavailable():
            return {user: collection.count() for user, collection in self._listed()}

    def texts(self, user: int) -> set[Text]:
        """Return all texts of a user that it holds."""
        found: set[Text] = set()
        with self._lock, _as_unavailable():
            collection = self._collection(user)
            while page := collection.get(limit=PAGE, offset=len(found), include=[])["ids"]:
                found |= set(map(_text, page))
        return found

    def dimensions(self, user: int) -> int:
        """Return the length of a user's vectors, 0 where there are none."""
        with self._lock, _as_unavailable():
            found = self._collection(user).get(limit=1, include=["embeddings"])
        vectors = found["embeddings"]
        return 0 if vectors is None or not len(vectors) else len(vectors[0])

    def _listed(self) -> "Generator[tuple[int, Collection]]":
        offset = 0
        while page := self._client.list_collections(limit=PAGE, offset=offset):
            for collection in page:
                user = collection.name.removeprefix(self._prefix)
                if user.isdecimal() and collection.name.startswith(self._prefix):
                    yield int(user), collection
            offset += len(page)

    def _collection(self, user: int) -> "Collection":
        found = self._collections.get(user)
        if found is None:
            found = self._client.get_or_create_collection(
                f"{self._prefix}{user}",
                embedding_function=None,  # Chroma's default one would download its model
                configuration={"hnsw": {"space": "cosine"}},
            )
            self._collections[user] = found
            if len(self._collections) > self._most_collections:
                self._collections.popitem(last=False)
        self._collections.move_to_end(user)
        return found


def _name(text: Text) -> str:
    return f"{text.kind} {text.seq}"


def _text(name: str) -> Text:
    kind, seq = name.split()
    return Text("memory" if kind == "memory" else "message", int(seq))


@contextmanager
def _keeping_indexes_open() -> Generator[None]:
    """Have a client that is made here keep `OPEN_INDEXES` open, or as many as the system allows files for.

    Chroma keeps as many as a fifth of the files that the process may open when the client is made, and has no setting
    for it. Afterwards the process may open as many files as these and `OTHER_FILES` need, where the system allows it.
    """
    if sys.platform == "win32":  # its limit is 512 files, which is about right
        yield
        return
    import resource  # noqa: PLC0415  # not on every platform

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    shown_to_chroma = 5 * OPEN_INDEXES
    wanted = shown_to_chroma + OTHER_FILES
    wanted = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    allowed = soft if soft == resource.RLIM_INFINITY else max(soft, wanted)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(shown_to_chroma, wanted), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))


@contextmanager
def _as_unavailable() -> Generator[None]:
    try:
        with _CLEAN_MEMORY.used():
            yield
    except Exception as exc:  # Chroma raises bare Exceptions and its Rust side its own
        raise Unavailable(f"The vector index failed ({type(exc).__name__}); search goes on by words.") from exc


@contextmanager
def _as_unreachable(address: str) -> Generator[None]:
    """Say of a server with which no connection could be made what answers there."""
    try:
        with _CLEAN_MEMORY.used():
            yield
    except Exception as exc:  # as above
        raise Unavailable(f"{_found_at(address)} Until then search goes on by words.") from exc


def _found_at(address: str) -> str:
    import httpx  # noqa: PLC0415  # Chroma's client loads it anyway

    try:
        status = httpx.get(f"{address}/api/v2/heartbeat", timeout=5).status_code
    except httpx.HTTPError:
        return f"No Chroma server answers at {address}: start it (chroma run), or correct MEMOS_CHROMA_URL."
    if status in {401, 403}:
        return f"The Chroma server at {address} refuses the key or tenant: correct MEMOS_CHROMA_API_KEY and its like."
    if status >= 500:
        return f"The Chroma server at {address} fails (HTTP {status}): see its log."
    if status >= 300:
        return f"What answers at {address} is no Chroma server of version 1 (HTTP {status}): upgrade or correct it."
    return f"The Chroma server at {address} lacks this tenant or database: correct MEMOS_CHROMA_TENANT and _DATABASE."


class _CleanMemory:
    """Has the C library give out memory that is zeroed, while it is used.

    Chroma writes memory that it never used into its files as it is, with whatever texts the process had in it before.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._users = 0
        library = ctypes.CDLL(None) if sys.platform == "linux" else None
        self._mallopt = getattr(library, "mallopt", None)  # musl has none

    @contextmanager
    def used(self) -> Generator[None]:
        self._count(1)
        try:
            yield
        finally:
            self._count(-1)

    def _count(self, change: int) -> None:
        with self._lock:
            before, self._users = self._users, self._users + change
            if self._mallopt is not None and not (before and self._users):
                self._mallopt(_M_PERTURB, 0xFF if self._users else 0)


_M_PERTURB = -6
"""glibc's option to fill memory that is given out with the complement of a byte, and what is given back with it."""

_CLEAN_MEMORY = _CleanMemory()
