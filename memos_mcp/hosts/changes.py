"""What installing and uninstalling change in a host's file."""

import difflib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from memos_mcp.hosts.config_file import ConfigFile, NotChanged, check_writable, copy_of, write
from memos_mcp.hosts.entries import NAME, ServerEntry, brought_up_to, entries_in, starts_us, written
from memos_mcp.hosts.registry import HostFile

_SECRET = re.compile(
    r"""((?:key|token|secret|passw(?:or)?d|authorization)\w*["']?\s*[:=]\s*)("(?:\\.|[^"\\])*"|'[^']*'|[^\s,}\]]+)""",
    re.IGNORECASE,
)

What = Literal["added", "changed", "unchanged", "removed", "absent"]


@dataclass(frozen=True, slots=True)
class FileChange:
    """A change of a host's file: what it was, and what it is to be; `gone` where the file itself goes.

    `copied` is one of whose file a copy is kept from its adding to its removal.
    """

    file: HostFile
    what: What
    before: ConfigFile
    after: ConfigFile
    gone: bool = False
    copied: bool = True

    @property
    def is_one(self) -> bool:
        """Say whether anything changes."""
        return self.gone or self.before.text != self.after.text

    def diff(self) -> str:
        """Return the change as a unified diff, in which no value of a key, token or password is shown."""
        lines = difflib.unified_diff(
            self.before.text.splitlines(),
            [] if self.gone else self.after.text.splitlines(),
            str(self.file.path) if self.before.there else "/dev/null",
            "/dev/null" if self.gone else str(self.file.path),
            lineterm="",
        )
        return "\n".join(_SECRET.sub(r"\1***", line) for line in lines)

    def make(self) -> None:
        """Write it."""
        if not self.is_one:
            return
        if self.gone:
            check_writable(self.before)
            self.before.path.unlink()
        else:
            write(self.before, self.after, keep=self.copied and self.what == "added")
        if self.copied and self.what == "removed":
            copy_of(self.before.path).unlink(missing_ok=True)


def installing(file: HostFile, command: str, env: Mapping[str, str], *, before: ConfigFile | None = None) -> FileChange:
    """Return what has to change so that a host starts this command, and nothing else of ours.

    `before` is what its file is to be by then, where that is not what stands in it.
    """
    before = before or read(file)
    ours = _ours(file, before)
    wanted = written(file.host.form, command, env)
    if not ours:
        keys = (*file.table, NAME)
        if any(entry.name == NAME for entry in entries_in(before.parsed(), file.table)):
            raise NotChanged(f'{file.path} has another server called "{NAME}". Rename it there, then run this again.')
        after = _changed(file, before, {keys: wanted})
    else:
        fields = {
            (*entry.keys, key): value for entry in ours for key, value in brought_up_to(entry.value, wanted).items()
        }
        after = _changed(file, before, fields)
    change = FileChange(file, "unchanged" if ours else "added", before, after)
    if ours and change.is_one:
        change = FileChange(file, "changed", before, after)
    if change.is_one:
        check_writable(before)
    return change


def uninstalling(file: HostFile, *, before: ConfigFile | None = None) -> FileChange:
    """Return what has to change so that a host starts us no more; where nothing else did, it is as before."""
    before = before or read(file)
    ours = _ours(file, before)
    if not ours:
        return FileChange(file, "absent", before, before)
    check_writable(before)
    if len(ours) == 1 and (origin := _origin(file, before, ours[0])) is not None:
        return FileChange(file, "removed", before, origin, gone=not origin.there)
    after = before
    try:
        for entry in ours:
            after = after.without(entry.keys)
    except ValueError as exc:
        raise NotChanged(cannot(file, exc)) from exc
    return FileChange(file, "removed", before, after)


def _origin(file: HostFile, now: ConfigFile, entry: ServerEntry) -> ConfigFile | None:
    """Return what the file was before we were added, where adding us to it gives what it is now."""
    origin = ConfigFile.read(copy_of(file.path), comments=now.comments)
    as_named = ConfigFile(file.path, origin.text, now.comments, origin.there, origin.mark, origin.crlf)
    try:
        again = as_named.with_value(entry.keys, entry.value)
    except ValueError:
        return None
    same = again.text == now.text and (not origin.there or again.content() == now.content())
    return as_named if same else None


def read(file: HostFile) -> ConfigFile:
    """Read a host's file."""
    try:
        document = ConfigFile.read(file.path, comments=file.host.comments)
        document.parsed()
    except OSError as exc:
        raise NotChanged(f"{file.path} cannot be read ({exc.strerror}).") from exc
    except ValueError as exc:
        raise NotChanged(f"{file.path} is not valid ({exc}). Correct it, then run this again.") from exc
    return document


def our_entries(file: HostFile) -> list[ServerEntry]:
    """Return the entries of ours in a host's file."""
    return _ours(file, read(file))


def _ours(file: HostFile, document: ConfigFile) -> list[ServerEntry]:
    return [entry for entry in entries_in(document.parsed(), file.table) if starts_us(entry)]


def _changed(file: HostFile, document: ConfigFile, values: Mapping[tuple[str, ...], object]) -> ConfigFile:
    try:
        for keys, value in values.items():
            document = document.with_value(keys, value)
    except ValueError as exc:
        raise NotChanged(cannot(file, exc)) from exc
    return document


def cannot(file: HostFile, exc: ValueError) -> str:
    """Say why a file is not changed in place."""
    return f"{file.path} cannot be changed without touching what else stands there: {exc}. Change it by hand."


def chosen(files: Iterator[HostFile], keys: tuple[str, ...], scope: str) -> list[HostFile]:
    """Return the files to write: those of the hosts that are named, or of all that are on this machine."""
    wanted = [file for file in files if file.written and file.scope == scope and (not keys or file.host.key in keys)]
    named = [file for file in wanted if file.found]
    missing = [file for file in wanted if file.host.key in keys and file.host not in [one.host for one in named]]
    first = {file.host.key: file for file in reversed(missing)}
    return [*named, *reversed(first.values())]
