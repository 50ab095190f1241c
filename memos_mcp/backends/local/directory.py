"""The data directory of a store: what its files are called, and the lock that keeps it to one process."""

from pathlib import Path

from filelock import FileLock, Timeout

from memos_mcp.core.errors import ConfigurationError, Unavailable

LEDGER_FILE = "ledger.sqlite3"
LOCK_FILE = "engine.lock"
CHROMA_FOLDER = "chroma"
BACKUPS_FILE = "backups.txt"
"""A line for each backup that was written: where it is."""


def note_backup(data_dir: Path, file: Path) -> None:
    """Note that a backup was written, so that a deletion can name it."""
    list_of_them = data_dir / BACKUPS_FILE
    list_of_them.touch(mode=0o600)
    with list_of_them.open("a", encoding="utf-8") as noted:
        noted.write(f"{file.absolute()}\n")


def copies_of(data_dir: Path) -> list[Path]:
    """Return the copies of the ledger that are there still: older ones beside it, and backups that were noted."""
    beside = [path for pattern in ("*.backup", "ledger.before-restore-*.sqlite3") for path in data_dir.glob(pattern)]
    try:
        noted = (data_dir / BACKUPS_FILE).read_text(encoding="utf-8").splitlines()
    except OSError:
        noted = []
    return [*sorted(beside), *(path for path in map(Path, dict.fromkeys(noted)) if path.is_file())]


def hold(data_dir: Path, *, patience: float = 0) -> FileLock:
    """Take the lock of a data directory; it dies with its holder.

    Raises:
        ConfigurationError: another process holds it.
        Unavailable: the directory cannot be used.
    """
    try:
        return locked(data_dir, LOCK_FILE, patience=patience)
    except Timeout as exc:
        raise ConfigurationError(
            f"Another memos-mcp has {data_dir} open. If it is a command of yours (import, reindex), wait until it is "
            "done. Else it is a server with MEMOS_ENGINE=embedded: end it, leave that variable unset so that all of "
            "them share one engine, or set MEMOS_DATA_DIR to another folder."
        ) from exc


def locked(data_dir: Path, file: str, *, patience: float) -> FileLock:
    """Take a lock in a data directory, which is made where there is none.

    Raises:
        Timeout: another process has held it for all of `patience` seconds.
        Unavailable: the directory cannot be used.
    """
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = FileLock(data_dir / file, thread_local=False)
        lock.acquire(timeout=patience)
    except Timeout:  # an OSError too
        raise
    except OSError as exc:
        raise Unavailable(
            f"{data_dir} cannot be used ({exc.strerror}). Check its owner, permissions and free space, or set "
            "MEMOS_DATA_DIR to another folder."
        ) from exc
    return lock
