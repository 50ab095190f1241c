"""An export for people: a folder with a Markdown file a conversation, and one of the memories."""

import hashlib
import re
from pathlib import Path

from memos_mcp.backends.local.ledger.records import MemoryRecord, MessageRecord
from memos_mcp.core.errors import InvalidRequest, Unavailable
from memos_mcp.core.models import clock_text
from memos_mcp.core.perspective import bare
from memos_mcp.rendering.instructions import visible

MEMORIES = "memories.md"
_UNFIT = re.compile(r"[^\w.-]+")


class MarkdownFolder:
    """Takes records one after the other, and writes each at the end of its file; a user has a folder of their own."""

    def __init__(self, folder: Path, *, force: bool) -> None:
        """Take the folder, which need not exist.

        Raises:
            InvalidRequest: it is a file, or holds something and `force` does not allow to add to it.
        """
        if folder.exists() and not folder.is_dir():
            raise InvalidRequest(f"{folder} is a file: name a folder.")
        if folder.exists() and any(folder.iterdir()) and not force:
            raise InvalidRequest(f"{folder} is not empty: name another folder, or add --force to write into it.")
        self._folder = folder
        self._begun: set[Path] = set()
        self._path: Path | None = None
        self._lines: list[str] = []

    def add(self, record: MessageRecord | MemoryRecord) -> None:
        """Write a record.

        Raises:
            Unavailable: its file cannot be written.
        """
        path, lines = self._place(record), _lines(record)
        if path != self._path or len(self._lines) > 1_000:
            self.close()
            self._path = path
            if path not in self._begun:
                self._lines.append(_heading(record))
        self._lines += lines

    def close(self) -> None:
        """Write what was not written yet.

        Raises:
            Unavailable: a file cannot be written.
        """
        if self._path is None:
            return
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            mode = "a" if self._path in self._begun else "w"
            with self._path.open(mode, encoding="utf-8", newline="\n") as file:
                file.write("".join(self._lines))
        except OSError as exc:
            raise Unavailable(f"{self._path} cannot be written ({exc.strerror}): name another folder.") from exc
        self._begun.add(self._path)
        self._lines.clear()

    def _place(self, record: MessageRecord | MemoryRecord) -> Path:
        name = MEMORIES if isinstance(record, MemoryRecord) else f"{_file_name(record.conversation_id)}.md"
        return self._folder / _file_name(record.user_id) / name


def _file_name(name: str) -> str:
    """Return a name that any file system takes, the same for the same."""
    fit = _UNFIT.sub("-", name).strip("-.")[:80]
    if fit == name and fit.lower() != "memories":
        return fit
    return f"{fit or 'conversation'}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def _heading(record: MessageRecord | MemoryRecord) -> str:
    if isinstance(record, MemoryRecord):
        return "# Memories\n\n"
    title = record.info.get("title")
    return f"# {visible(title if isinstance(title, str) and title else record.conversation_id)}\n\n"


def _lines(record: MessageRecord | MemoryRecord) -> list[str]:
    when = clock_text(record.create_time)[:16] if record.create_time is not None else ""
    if isinstance(record, MessageRecord):
        return [f"## {record.role}, {when}\n\n{record.content}\n\n"]
    state = "" if record.status == "activated" else f" ({record.status})"
    key = f"**{visible(record.memory_key)}**: " if record.memory_key else ""
    tags = "".join(f" #{_UNFIT.sub('-', tag)}" for tag in record.tags)
    text = " ".join(bare(record.memory_value).split())
    return [f"- {when[:10]}{state} {key}{text}{tags}\n"]
