"""The proof that an entry works: the server is started once as a host starts it, and asked for its tools."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import IO, Any

import anyio
from anyio.abc import Process
from anyio.streams.buffered import BufferedByteReceiveStream

from memos_mcp import __version__
from memos_mcp.core.errors import MemosError
from memos_mcp.core.models import Frozen
from memos_mcp.hosts.entries import Server

PATIENCE = 60.0
"""Seconds in which a server has to answer: hosts have from five to sixty."""

LINE = 4_000_000  # bytes
PROTOCOL = "2025-06-18"

INHERITED = ("HOME", "LOGNAME", "PATH", "SHELL", "TERM", "USER", "LANG", "TMPDIR", "XDG_CONFIG_HOME", "XDG_DATA_HOME")
INHERITED_ON_WINDOWS = (
    "APPDATA", "HOMEDRIVE", "HOMEPATH", "LOCALAPPDATA", "PATH", "PATHEXT", "PROCESSOR_ARCHITECTURE", "SYSTEMDRIVE",
    "SYSTEMROOT", "TEMP", "USERNAME", "USERPROFILE",
)  # fmt: skip
"""What hosts pass on of their own environment; variables of the shell in which this runs are not among it."""


class NoAnswer(MemosError):
    """A server that does not start, or does not answer."""


class ServerAnswer(Frozen):
    """What a server said of itself."""

    name: str
    version: str
    tools: int


def environment(own: Mapping[str, str]) -> dict[str, str]:
    """Return the environment that a host gives to a server with these variables of its own."""
    inherited = INHERITED_ON_WINDOWS if sys.platform == "win32" else INHERITED
    return {name: os.environ[name] for name in inherited if name in os.environ} | dict(own)


def command_of(server: Server) -> str | None:
    """Find the command of an entry as a host would, which knows no path that depends on the current folder."""
    path = Path(server.command)
    if not server.command or (len(path.parts) > 1 and not path.is_absolute()):
        return None
    return shutil.which(server.command, path=server.env.get("PATH"))


def prove(server: Server, *, patience: float = PATIENCE) -> ServerAnswer:
    """Start a server as a host would, and ask who it is and which tools it has.

    Raises:
        NoAnswer: it does not start, or does not answer; the sentence says what it said last.
    """
    return anyio.run(_prove, server, patience)


async def _prove(server: Server, patience: float) -> ServerAnswer:
    command = command_of(server)
    if command is None:
        raise NoAnswer(f"there is no command {server.command or 'at all'}")
    with tempfile.TemporaryFile() as told, tempfile.TemporaryDirectory() as nowhere:
        try:
            with anyio.fail_after(patience):
                async with _started([command, *server.args], environment(server.env), told, nowhere) as process:
                    return await _asked(process)
        except TimeoutError:
            why = f"it does not answer within {patience:.0f} seconds"
        except OSError as exc:
            why = f"it does not run ({exc.strerror or exc})"
        except (anyio.EndOfStream, anyio.IncompleteRead, anyio.BrokenResourceError, anyio.ClosedResourceError):
            why = "it ends without an answer"
        except (ValueError, KeyError, TypeError, anyio.DelimiterNotFound):
            why = "it answers with something else than MCP"
        told.seek(0)
        last = (told.read().decode("utf-8", "replace").strip().splitlines() or [""])[-1][:300]
        raise NoAnswer(f"{server.command} was started, and {why}" + (f"; it said: {last}" if last else ""))


@asynccontextmanager
async def _started(
    command: list[str],
    variables: dict[str, str],
    told: IO[bytes],
    folder: str,
) -> AsyncGenerator[Process]:
    process = await anyio.open_process(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=told, env=variables, cwd=folder
    )
    try:
        yield process
    finally:
        with anyio.CancelScope(shield=True):
            assert process.stdin is not None  # noqa: S101  # it is a pipe
            with suppress(OSError, anyio.BrokenResourceError):
                await process.stdin.aclose()
            with anyio.move_on_after(2):
                await process.wait()
            if process.returncode is None:
                process.kill()
            await process.aclose()


async def _asked(process: Process) -> ServerAnswer:
    assert process.stdin is not None  # noqa: S101  # both are pipes
    assert process.stdout is not None  # noqa: S101
    lines = BufferedByteReceiveStream(process.stdout)

    async def say(message: dict[str, Any]) -> None:
        assert process.stdin is not None  # noqa: S101
        await process.stdin.send(json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n")

    async def ask(number: int, method: str, parameters: dict[str, Any]) -> dict[str, Any]:
        await say({"id": number, "method": method, "params": parameters})
        while True:
            message = json.loads(await lines.receive_until(b"\n", LINE))
            if message.get("id") == number and "method" not in message:
                return message["result"]

    client = {"name": "memos-mcp-proof", "version": __version__}
    hello = await ask(1, "initialize", {"protocolVersion": PROTOCOL, "capabilities": {}, "clientInfo": client})
    await say({"method": "notifications/initialized"})
    tools = await ask(2, "tools/list", {})
    info = hello["serverInfo"]
    return ServerAnswer(name=str(info["name"])[:40], version=str(info["version"])[:40], tools=len(tools["tools"]))
