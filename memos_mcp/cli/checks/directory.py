"""The data directory: there, the owner's alone, writable, with space, on a disk of this machine."""

import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
from rich.filesize import decimal

from memos_mcp.cli.checks.finding import Finding

ABOUT = "data directory"
ENOUGH = 500_000_000
"""Bytes that should be free: a ledger of 100,000 messages takes 250 MB, and its vector index as much."""

TOO_FEW = 20_000_000  # bytes: less than a start writes

NETWORKED = frozenset({"9p", "afpfs", "afs", "ceph", "cifs", "davfs", "glusterfs", "lustre", "ncpfs", "webdav"})
NETWORKED_BEGINNINGS = ("nfs", "smb", "fuse.sshfs", "fuse.rclone", "fuse.glusterfs", "fuse.s3fs", "fuse.ceph")
"""File systems on which locks and shared memory between processes cannot be relied on."""

_ELSEWHERE = "or set MEMOS_DATA_DIR to another folder."


def check_directory(data_dir: Path) -> Iterator[Finding]:
    """Look at the directory, or at where it would be made."""
    there = data_dir
    while not there.exists() and there != there.parent:
        there = there.parent
    if not there.is_dir():
        yield Finding.wrong(ABOUT, f"{there} is a file, not a folder", mend=f"Move it away, {_ELSEWHERE}")
        return
    if there == data_dir:
        yield from _check_owner(data_dir)
    found = list(_check_writing(there)) or [*_check_space(there), *_check_file_system(there)]
    yield from found
    if not any(finding.level == "wrong" for finding in found):
        made = "" if there == data_dir else "; it is made when something is stored"
        yield Finding.ok(ABOUT, f"{data_dir}, {decimal(shutil.disk_usage(there).free)} free{made}")


def _check_owner(folder: Path) -> Iterator[Finding]:
    if os.name == "nt":
        return
    found = folder.stat()
    if found.st_uid != os.geteuid():
        mend = f"Run this as the owner, give it to yourself (sudo chown -R $(id -u) '{folder}'), {_ELSEWHERE}"
        yield Finding.warning(ABOUT, f"{folder} belongs to another user", mend=mend)
    mode = stat.S_IMODE(found.st_mode)
    if mode & 0o077:
        yield Finding.warning(ABOUT, f"others may look into {folder} (mode {mode:03o})", mend=f"chmod 700 '{folder}'")


def _check_writing(folder: Path) -> Iterator[Finding]:
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"0" * 4096)
    except OSError as exc:
        mend = f"Give yourself the right to write there, free some space, {_ELSEWHERE}"
        yield Finding.wrong(ABOUT, f"{folder} cannot be written to ({exc.strerror})", mend=mend)


def _check_space(folder: Path) -> Iterator[Finding]:
    free = shutil.disk_usage(folder).free
    if free < ENOUGH:
        report = Finding.wrong if free < TOO_FEW else Finding.warning
        yield report(ABOUT, f"only {decimal(free)} free for {folder}", mend=f"Free some space, {_ELSEWHERE}")


def _check_file_system(folder: Path) -> Iterator[Finding]:
    kind = _file_system(folder)
    if kind in NETWORKED or kind.startswith(NETWORKED_BEGINNINGS) or str(folder).startswith("\\\\"):
        found = f"{folder} is on a network file system ({kind or 'a share'}), where a database may be damaged"
        yield Finding.warning(ABOUT, found, mend="Set MEMOS_DATA_DIR to a folder on a disk of this machine.")


def _file_system(folder: Path) -> str:
    """Return the kind of file system, in lower case; empty where it is not known."""
    resolved = folder.resolve()
    mounts = {Path(mount.mountpoint): mount.fstype.lower() for mount in psutil.disk_partitions(all=True)}
    return next((mounts[path] for path in (resolved, *resolved.parents) if path in mounts), "")
