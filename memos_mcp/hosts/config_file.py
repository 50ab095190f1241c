"""The text of a host's file: read with what belongs to it, changed in place, written with a copy beside it."""

import copy
import os
import shutil
import stat
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

from memos_mcp.core.errors import MemosError
from memos_mcp.hosts import jsonc, toml, yaml

COPY = ".before-memos-mcp"
"""What is put behind the name of a file to name the copy of what it was before."""

_MARK = b"\xef\xbb\xbf"


class NotChanged(MemosError):
    """A host's file that is left as it is, and why."""


@dataclass(frozen=True, slots=True)
class ConfigFile:
    """A file's text with the line ends of Python; `mark` and `crlf` are put back when it is written.

    Each change gives another document, in which all else is as it was; a `ValueError` says why there can be none.
    """

    path: Path
    text: str
    comments: bool
    there: bool = True
    mark: bool = False
    crlf: bool = False

    @classmethod
    def read(cls, path: Path, *, comments: bool) -> "ConfigFile":
        """Read a file; one that is not there is empty."""
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            return cls(path, "", comments, there=False)
        text = content.removeprefix(_MARK).decode("utf-8")
        crlf = "\r\n" in text and "\n" not in text.replace("\r\n", "")
        text = text.replace("\r\n", "\n") if crlf else text
        return cls(path, text, comments, mark=content.startswith(_MARK), crlf=crlf)

    def content(self) -> bytes:
        """Return the bytes of the file."""
        text = self.text.replace("\n", "\r\n") if self.crlf else self.text
        return (_MARK if self.mark else b"") + text.encode()

    def parsed(self) -> dict[str, Any]:
        """Return what the file says."""
        match self.path.suffix:
            case ".toml":
                found = toml.parsed(self.text)
            case ".yaml":
                found = yaml.parsed(self.text)
            case _:
                found = jsonc.parsed(self.text, comments=self.comments)
        if not isinstance(found, dict):
            raise ValueError("it holds no table")  # noqa: TRY004  # as for any other text that is not valid
        return cast("dict[str, Any]", found)

    def with_value(self, keys: tuple[str, ...], value: object) -> "ConfigFile":
        """Return the document with a value at the end of a way of keys, and all else as it is."""
        wanted = copy.deepcopy(self.parsed())
        there = wanted
        for key in keys[:-1]:
            inner = there.setdefault(key, {})
            if not isinstance(inner, dict):
                raise ValueError(f'"{key}" is no table')  # noqa: TRY004
            there = cast("dict[str, Any]", inner)
        there[keys[-1]] = value
        return self._checked(
            {".toml": toml.put, ".yaml": yaml.put}.get(self.path.suffix, jsonc.put)(self.text, keys, value), wanted
        )

    def without(self, keys: tuple[str, ...]) -> "ConfigFile":
        """Return the document without a value that is there, and all else as it is."""
        wanted = copy.deepcopy(self.parsed())
        del _at(wanted, keys[:-1])[keys[-1]]
        return self._checked(
            {".toml": toml.take, ".yaml": yaml.take}.get(self.path.suffix, jsonc.take)(self.text, keys), wanted
        )

    def with_element(self, keys: tuple[str, ...], index: int | None, value: object) -> "ConfigFile":
        """Return a document of JSON with an element of a list replaced, or with one more at its end."""
        there = self._list(keys)
        if not there:
            return self.with_value(keys, [value])
        wanted = copy.deepcopy(self.parsed())
        held = _at(wanted, keys)
        held[len(held) if index is None else index : None if index is None else index + 1] = [value]
        return self._checked(jsonc.put_element(self.text, keys, index, value), wanted)

    def without_element(self, keys: tuple[str, ...], index: int) -> "ConfigFile":
        """Return a document of JSON without an element of a list, and without the list where that was all."""
        if len(self._list(keys)) == 1:
            return self.without(keys)
        wanted = copy.deepcopy(self.parsed())
        del _at(wanted, keys)[index]
        return self._checked(jsonc.take_element(self.text, keys, index), wanted)

    def _list(self, keys: tuple[str, ...]) -> list[object]:
        there: object = self.parsed()
        for key in keys:
            if not isinstance(there, dict):
                raise ValueError(f'what holds "{key}" is no table')  # noqa: TRY004
            there = cast("dict[str, object]", there).get(key, [] if key == keys[-1] else {})
        if not isinstance(there, list):
            raise ValueError(f'"{keys[-1]}" is no list')  # noqa: TRY004
        return cast("list[object]", there)

    def _checked(self, text: str, wanted: dict[str, Any]) -> "ConfigFile":
        changed = replace(self, text=text)
        if changed.parsed() != wanted:
            raise ValueError("its form is one that cannot be changed in place")
        return changed


def _at(value: Any, keys: tuple[str, ...]) -> Any:  # noqa: ANN401  # what a document holds
    for key in keys:
        value = value[key]
    return value


def copy_of(path: Path) -> Path:
    """Return the path of the copy of a file as it was before."""
    return path.with_name(path.name + COPY)


def check_writable(document: ConfigFile) -> None:
    """Check that a file may be written."""
    target = document.path.resolve()
    if target.exists() and not (os.access(target, os.W_OK) and target.stat().st_mode & stat.S_IWUSR):
        through = "" if target == document.path else f" (through a link to {target})"
        raise NotChanged(f"{document.path}{through} is read-only. Make it writable, or change it where it is made.")


def write(before: ConfigFile, after: ConfigFile, *, keep: bool) -> None:
    """Write a file in one step, through a link where it is one; `keep` a copy of what it was beside it."""
    check_writable(before)
    path, target = before.path, before.path.resolve()
    if ConfigFile.read(path, comments=before.comments).content() != before.content():
        raise NotChanged(f"{path} was changed by another program at this moment. Close the host and run this again.")
    target.parent.mkdir(parents=True, exist_ok=True)
    if keep and before.there:
        shutil.copy2(target, copy_of(path))
    handle, scratch = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(after.content())
            stream.flush()
            os.fsync(stream.fileno())
        if before.there:
            shutil.copymode(target, scratch)
        Path(scratch).replace(target)
    except BaseException:
        Path(scratch).unlink(missing_ok=True)
        raise
