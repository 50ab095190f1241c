"""Where the vector index is: a folder of the data directory, or a Chroma server."""

import hashlib
import logging
import shutil
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from pathlib import Path

from memos_mcp.backends.local.ledger import database_interface
from memos_mcp.backends.local.ledger.ledger import Ledger
from memos_mcp.backends.local.vectors.chroma import ChromaIndex, check_importable
from memos_mcp.backends.local.vectors.probe import probe
from memos_mcp.core.errors import Unavailable

logger = logging.getLogger(__name__)

LAYOUT = "2"
"""How the index is laid out: a collection a user. One that is laid out otherwise is made anew."""

HOLDS_DELETED = "index_holds_deleted"
"""Noted in the ledger when vectors were taken out: Chroma keeps them in its files long after."""


class IndexLocation(ABC):
    """Opens the index and knows whether it still holds what the ledger thinks it holds.

    What is missing is noted in the ledger as to be indexed again, so an index that `open` gives is good, if not yet
    complete.
    """

    def __init__(self, ledger: Ledger) -> None:
        """Take the ledger, which remembers where the index is."""
        self._ledger = ledger

    @abstractmethod
    def must_open(self) -> bool:
        """Say whether the index has to be opened though there may be nothing to put in or to ask."""

    @abstractmethod
    def open(self) -> ChromaIndex:
        """Open the index; `Unavailable` where that is not possible now."""

    def left(self) -> None:  # noqa: B027 - a server keeps its own order
        """Note that the index was closed in order."""

    def broken(self) -> None:  # noqa: B027 - a server that was away is asked again
        """Note that the index failed again and again: the next `open` gives one that works."""

    @abstractmethod
    def renewed(self, fill: Callable[[ChromaIndex], bool]) -> ChromaIndex | None:
        """Return an index that holds nothing of what was deleted, filled by `fill`, in the place of the present one.

        None where `fill` says that it did not finish, or where there is no need.
        """

    def remove_old(self) -> None:  # noqa: B027 - there is one place on a server
        """Remove what is left of indexes that were replaced; they are closed."""


class FolderLocation(IndexLocation):
    """Numbered folders for the index: a broken one is left behind for a fresh one.

    A folder is trusted without a look inside when it was closed in order and no file of it has changed since. Else it
    is tried in a process of its own first, for a broken one can hang or crash whoever opens it.
    """

    def __init__(self, ledger: Ledger, root: Path) -> None:
        """Take the folder of the numbered folders; the ledger remembers the number."""
        super().__init__(ledger)
        self._root = root

    @property
    def current(self) -> Path:
        """The folder in use."""
        return self._root / (self._ledger.noted("index_folder") or "1")

    def must_open(self) -> bool:
        """Say whether files hold what was deleted, or Chroma is not installed, which is to be said at once."""
        return find_spec("chromadb") is None or any(
            map(self._ledger.noted, (HOLDS_DELETED, database_interface.HOLDS_DELETED))
        )

    def open(self) -> ChromaIndex:
        """Open the folder's index, or that of a fresh folder where the old one is broken."""
        check_importable()  # without it every folder looks broken
        with self._ledger.database.transaction():
            if change_over(self._ledger, "folder") or self._ledger.noted(HOLDS_DELETED):
                self.broken()  # a fresh folder has nothing of what was deleted, and costs half a millisecond a vector
                self._ledger.note(HOLDS_DELETED, "")
        if self._ledger.noted("index_left") != _fingerprint(self.current):
            self._examine()
        try:
            index = ChromaIndex.open_folder(self.current)
        except Unavailable:
            logger.warning("the vector index cannot be opened; it is built anew", exc_info=True)
            self.broken()
            index = ChromaIndex.open_folder(self.current)
        self._ledger.note("index_left", "")  # until it is left again, nothing vouches for it
        self.remove_old()
        return index

    def left(self) -> None:
        """Note how the folder was closed."""
        self._ledger.note("index_left", _fingerprint(self.current))

    def broken(self) -> None:
        """Leave the folder behind for an empty one, and have the index take in everything again."""
        with self._ledger.database.transaction():
            self._ledger.note("index_folder", str(int(self.current.name) + 1))
            self._ledger.note("index_left", "")
            self._ledger.vectors.index_again()
        shutil.rmtree(self.current, ignore_errors=True)  # one that was begun and not finished

    def renewed(self, fill: Callable[[ChromaIndex], bool]) -> ChromaIndex | None:
        """Fill an index in the next folder, and make that the current one."""
        following = self._root / str(int(self.current.name) + 1)
        shutil.rmtree(following, ignore_errors=True)
        index = ChromaIndex.open_folder(following)
        try:
            is_whole = fill(index)
        except Unavailable:
            is_whole = False
        if not is_whole:
            index.close()
            shutil.rmtree(following, ignore_errors=True)
            return None
        with self._ledger.database.transaction():
            self._ledger.note("index_folder", following.name)
            self._ledger.note(HOLDS_DELETED, "perhaps")  # Chroma writes unused memory too: the next process is sure
        return index

    def remove_old(self) -> None:
        """Remove the folders of indexes that are closed and no longer used."""
        for folder in self._root.iterdir():
            if folder != self.current:
                shutil.rmtree(folder, ignore_errors=True)

    def _examine(self) -> None:
        if not self.current.exists():
            self._ledger.vectors.index_again()
            return
        counts = probe(self.current)
        if counts is None:
            logger.warning("the vector index is broken; it is built anew from the ledger")
            self.broken()
            return
        put_in_again(self._ledger, counts)


class ServerLocation(IndexLocation):
    """A Chroma server, or a database of Chroma Cloud; other stores may keep theirs beside this one's."""

    def __init__(self, ledger: Ledger, url: str, *, api_key: str, tenant: str, database: str) -> None:
        """Take where the server is; nothing is connected before `open`."""
        super().__init__(ledger)
        self._url = url
        self._api_key = api_key
        self._tenant = tenant
        self._database = database

    def must_open(self) -> bool:
        """Say that it has to: a server that is away is to be said at once."""
        return True

    def open(self) -> ChromaIndex:
        """Connect to the server; what it lacks is put in again."""
        index = ChromaIndex.connect(
            self._url,
            api_key=self._api_key,
            tenant=self._tenant,
            database=self._database,
            prefix=collection_prefix(self._ledger.identity()),
        )
        with self._ledger.database.transaction():
            moved = change_over(self._ledger, f"{self._url} {self._tenant} {self._database}")
            if moved:
                self._ledger.vectors.index_again()
        if moved:  # what is there from before may be of another model
            for user in index.counts():
                index.forget(user)
        counts = index.counts()
        put_in_again(self._ledger, counts)
        take_out_again(self._ledger, index, counts)
        return index

    def renewed(self, fill: Callable[[ChromaIndex], bool]) -> ChromaIndex | None:
        """Return none: what was deleted is gone from the server's collections, and its files are its own."""
        del fill
        self._ledger.note(HOLDS_DELETED, "")
        return None


def collection_prefix(identity: str) -> str:
    """Begin the names of a ledger's collections on a server that others may use too."""
    return f"memos-{identity}-"


def change_over(ledger: Ledger, place: str) -> bool:
    """Note where the index is; say whether it was elsewhere, or laid out otherwise: then all has to be put in again."""
    here = f"{place} {LAYOUT}"
    moved = ledger.noted("index_place") not in {"", here}
    ledger.note("index_place", here)
    return moved


def leave(ledger: Ledger) -> None:
    """Have the index made anew when it is opened next, wherever that is."""
    ledger.note("index_place", "none")


def put_in_again(ledger: Ledger, held: Mapping[int, int]) -> None:
    """Have the texts of each user indexed again of whom the index holds fewer than it should."""
    for user in ledger.messages.users():
        expected = ledger.vectors.expected(user)
        if held.get(user, 0) < expected - ledger.vectors.pending_count(user):
            logger.warning("vectors of a user are missing; they are put in again")
            ledger.vectors.index_again(user)


def take_out_again(ledger: Ledger, index: ChromaIndex, held: Mapping[int, int]) -> None:
    """Take out what the ledger does not have of each user of whom the index holds more than it should."""
    users = ledger.messages.users()
    for user, count in held.items():
        if user not in users:
            index.forget(user)
        elif count > ledger.vectors.expected(user):
            index.remove(user, ledger.vectors.gone(index.texts(user)))


def _fingerprint(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            found = path.stat()
            digest.update(f"{path.relative_to(folder)} {found.st_size} {found.st_mtime_ns}\n".encode())
    return digest.hexdigest()
