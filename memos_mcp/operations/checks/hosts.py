"""The hosts: which of them name memos-mcp, and whether what they start would work."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, cast

from pydantic import Field, ValidationError

from memos_mcp import __version__
from memos_mcp.models import Frozen
from memos_mcp.opening import backend_kind
from memos_mcp.operations.checks.finding import Finding, host_of
from memos_mcp.operations.checks.host_files import Entry, HostFile, entries_of, host_files
from memos_mcp.operations.checks.settings import check_settings
from memos_mcp.settings import problems_of, read_settings

PATIENCE = 30.0
"""Seconds in which a command tells its version: 0.3 on a quiet machine."""

_OURS = re.compile(r"(^|[\\/\s@=])memos[-_]mcp(\.exe|[=@\[].*)?$")
"""Our command, module or package, however it is started."""


_FILLED_IN = re.compile(r"\$\{[^}]*\}")


class Server(Frozen):
    """What a host's file says of a server."""

    command: str = ""
    args: tuple[str, ...] = ()
    env: Annotated[dict[str, str], Field(default_factory=dict)]
    url: str = ""
    disabled: bool = False


def check_hosts(home: Path, folder: Path) -> Iterator[Finding]:
    """Look into each host's file that there is."""
    named = False
    files = {file.path: file for file in host_files(home, folder) if file.path.is_file()}
    for file in files.values():
        for finding in _check_file(file):
            named = True
            yield finding
    if not named:
        mend = 'Add it as the README says under "Put it into your host"; its command is ' + own_command() + "."
        yield Finding.warning("hosts", "no host's file names memos-mcp", mend=mend)


def own_command() -> str:
    """Give the full path of the command of this installation, as a host can be told it."""
    beside = Path(sys.executable).with_name("memos-mcp.exe" if sys.platform == "win32" else "memos-mcp")
    return str(beside) if beside.exists() else shutil.which("memos-mcp") or "memos-mcp"


def _check_file(file: HostFile) -> Iterator[Finding]:
    try:
        entries = entries_of(file)
    except OSError as exc:
        mend = "Give yourself the right to read it."
        yield Finding.warning(file.host, f"{file.path} cannot be read ({exc.strerror})", mend=mend)
    except ValueError as exc:
        mend = "Correct it there: the host ignores the file, or does not start."
        yield Finding.wrong(file.host, f"{file.path} is not valid: {exc}", mend=mend)
    else:
        for entry in entries:
            if _is_ours(entry):
                yield from _check_entry(file, entry)


def _is_ours(entry: Entry) -> bool:
    said = entry.value.get("args")
    arguments = cast("list[object]", said) if isinstance(said, list) else []
    starts_us = any(_OURS.search(str(word)) for word in (entry.value.get("command"), *arguments))
    return starts_us or ("url" in entry.value and "memos" in entry.name.lower())


def _check_entry(file: HostFile, entry: Entry) -> Iterator[Finding]:
    where = f'in {file.path}, server "{entry.name}"'
    try:
        server = Server.model_validate(entry.value)
    except ValidationError as exc:
        fields = ", ".join(".".join(str(part) for part in error["loc"]) for error in exc.errors())
        yield Finding.wrong(
            file.host, f"{fields} not as it should be {where}", mend="Write texts in quotes, args as a list."
        )
        return
    if server.disabled:
        yield Finding.warning(file.host, f"switched off {where}", mend="Set disabled to false, or leave it out.")
        return
    found = [*_check_start(file, server, where), *_check_variables(file, server, where)]
    yield from (finding for finding in found if finding.level != "ok")
    if not any(finding.level == "wrong" for finding in found):
        yield Finding.ok(
            file.host, "; ".join(finding.found for finding in found if finding.level == "ok") + f" ({where})"
        )


def _check_start(file: HostFile, server: Server, where: str) -> Iterator[Finding]:
    if server.url and not server.command:
        yield Finding.ok(file.host, f"calls {host_of(server.url)}: `memos-mcp serve` has to run there")
        return
    command = _found(server)
    if command is None:
        mend = f"Write the full path there: {own_command()}"
        yield Finding.wrong(file.host, f"there is no command {server.command} ({where})", mend=mend)
        return
    if sys.platform == "darwin" and not Path(server.command).is_absolute():
        mend = f"If the server does not start, write the full path there: {own_command()}"
        yield Finding.warning(file.host, f"programs with windows may not find {server.command} ({where})", mend=mend)
    yield _check_version(file, server, command, where)


def _found(server: Server) -> str | None:
    """Find the command as a host would; one named by a path that depends on the current folder is not found."""
    path = Path(server.command)
    if len(path.parts) > 1 and not path.is_absolute():
        return None
    return shutil.which(server.command, path=server.env.get("PATH"))


def _check_version(file: HostFile, server: Server, command: str, where: str) -> Finding:
    if _OURS.search(server.command):
        asked = [command, "--version"]
    elif server.args[:2] == ("-m", "memos_mcp"):
        asked = [command, "-m", "memos_mcp", "--version"]
    else:  # another program starts ours, and may fetch it first
        return Finding.ok(file.host, f"starts memos-mcp by {server.command}")
    try:
        told = subprocess.run(  # noqa: S603  # what the host starts, with the one argument that does nothing
            asked, capture_output=True, text=True, timeout=PATIENCE, check=True, stdin=subprocess.DEVNULL
        )
    except (subprocess.SubprocessError, OSError):
        mend = f"Install memos-mcp again, or write the path of another there: {own_command()}"
        return Finding.wrong(file.host, f"{command} does not run ({where})", mend=mend)
    version = told.stdout.strip()[:40]
    if version != __version__:
        mend = f"Upgrade it, or write the path of this one there: {own_command()}"
        return Finding.warning(file.host, f"starts memos-mcp {version}, this is {__version__} ({where})", mend=mend)
    return Finding.ok(file.host, f"starts {command}")


def _check_variables(file: HostFile, server: Server, where: str) -> Iterator[Finding]:
    filled = {name: _FILLED_IN.sub("x", value) for name, value in server.env.items()}  # by the host, with what it likes
    known = {
        name: value for name, value in filled.items() if value == server.env[name] or not problems_of({name: value})
    }
    found = list(check_settings(known, about=file.host, where=where))
    yield from found
    if any(finding.level == "wrong" for finding in found) or server.url:
        return
    settings = read_settings(known)
    store = settings.base_url.host if backend_kind(settings) == "hosted" else settings.data_dir
    yield Finding.ok(file.host, f'user "{settings.user_id}" in {store}')
