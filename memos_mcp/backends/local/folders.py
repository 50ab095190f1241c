"""Which folder the vector index is in, and whether it is as it was left."""

import hashlib
import shutil
from pathlib import Path

from memos_mcp.backends.local.ledger.ledger import Ledger


class IndexFolders:
    """Numbered folders for the vector index: a broken one is left behind for a fresh one.

    A folder is trusted without a look inside when it was closed in order and no file of it has changed since.
    """

    def __init__(self, ledger: Ledger, root: Path) -> None:
        """Take the ledger, which remembers the number, and the folder of the numbered folders."""
        self._ledger = ledger
        self._root = root

    @property
    def current(self) -> Path:
        """The folder in use."""
        return self._root / (self._ledger.noted("index_folder") or "1")

    def is_as_it_was_left(self) -> bool:
        """Say whether the folder is just as it was closed."""
        return self._ledger.noted("index_left") == _fingerprint(self.current)

    def entered(self) -> None:
        """Note that the folder is in use: until it is left again, nothing vouches for it."""
        self._ledger.note("index_left", "")
        for folder in self._root.iterdir() if self._root.is_dir() else ():
            if folder != self.current:
                shutil.rmtree(folder, ignore_errors=True)

    def left(self) -> None:
        """Note how the folder was closed."""
        self._ledger.note("index_left", _fingerprint(self.current))

    def start_afresh(self) -> None:
        """Leave the folder behind for an empty one, and have the index take in everything again."""
        with self._ledger.database.transaction():
            self._ledger.note("index_folder", str(int(self.current.name) + 1))
            self._ledger.note("index_left", "")
            self._ledger.vectors.index_again()


def _fingerprint(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            found = path.stat()
            digest.update(f"{path.relative_to(folder)} {found.st_size} {found.st_mtime_ns}\n".encode())
    return digest.hexdigest()
