"""Which project a folder belongs to: its git remote or, without one, the folder itself. Standard library only."""

import hashlib
import re
from pathlib import Path

LONGEST = 100  # characters: MemOS's limit for an app_id
_ADDRESS = re.compile(r"^(?:[a-z+]+://)?(?:[^@/]+@)?(?P<host>[^:/]+)(?::\d+(?=/))?[:/]+(?P<path>.+?)(?:\.git)?/*$")
_REMOTE = re.compile(r'^\s*\[remote "(?P<name>[^"]+)"\]')
_URL = re.compile(r"^\s*url\s*=\s*(?P<url>\S+)")


def project_of(folder: str) -> str:
    """Return the name of the project that a folder is in, at most 100 characters; empty for the home folder or none."""
    if not folder:
        return ""
    try:
        here = Path(folder)
        root = next((one for one in (here, *here.parents) if (one / ".git").exists()), None)
        name = (_remote(root / ".git") if root else "") or _place(root or here)
    except (OSError, ValueError):
        name = folder
    return name if len(name) <= LONGEST else f"{name[:67]}-{hashlib.sha256(name.encode()).hexdigest()[:32]}"


def _remote(git: Path) -> str:
    """Return the address of the remote `origin`, or of the first, without scheme, user, port and `.git`."""
    if git.is_file():  # a worktree or a submodule
        pointed = git.read_text(encoding="utf-8", errors="replace").removeprefix("gitdir:").strip()
        git = (git.parent / pointed).resolve()
        git = git.parents[1] if git.parent.name == "worktrees" else git
    remotes: dict[str, str] = {}
    name = ""
    for line in (git / "config").read_text(encoding="utf-8", errors="replace").splitlines():
        if line.lstrip().startswith("["):
            found = _REMOTE.match(line)
            name = found["name"] if found else ""
        elif name and (url := _URL.match(line)):
            remotes.setdefault(name, url["url"])
    address = remotes.get("origin") or next(iter(remotes.values()), "")
    match = _ADDRESS.match(address)
    return f"{match['host'].lower()}/{match['path']}" if match else ""


def _place(folder: Path) -> str:
    home = Path.home()
    if folder == home or folder == Path(folder.anchor):
        return ""
    return f"~/{folder.relative_to(home).as_posix()}" if folder.is_relative_to(home) else folder.as_posix()
