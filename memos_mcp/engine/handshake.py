"""The hello of a process that comes to the engine, and its answer: a JSON line each way."""

import asyncio
import json
import os
import socket
from typing import Annotated, Any, Literal, Self

import anyio
from packaging.version import InvalidVersion, Version
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from memos_mcp import __version__
from memos_mcp.engine.listener import EngineListener
from memos_mcp.relay import wire

LONGEST = 1 << 20  # bytes of a first line: settings and a conversation are a few kB


class HookHandshake(BaseModel):
    """Which hook of which host it is, and the folder that the host names to its processes."""

    model_config = ConfigDict(frozen=True)

    event: str = ""
    host: str = ""
    folder: str = ""


class Handshake(BaseModel):
    """What a relay, a hook or a command says first. `settings` are the `MEMOS_` variables of its process."""

    model_config = ConfigDict(frozen=True)

    memos: int
    version: str
    role: Annotated[Literal["host", "hook", "operator"], Field(alias="as")]
    conversation: str = ""
    settings: dict[str, str] = {}
    hook: HookHandshake = HookHandshake()
    ask: Literal["", "ping", "status", "stop", "pause", "open"] = ""

    def is_newer(self) -> bool:
        """Say whether the other process is of a newer version than this engine."""
        try:
            return Version(self.version) > Version(__version__)
        except InvalidVersion:
            return False


class Visitor:
    """A connection to the engine whose other end has proved that it is this user's."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take the two streams of the connection."""
        self._reader = reader
        self._writer = writer

    @classmethod
    async def receive(cls, connection: socket.socket, door: EngineListener) -> Self | None:
        """Let a process in; None where it is not this user's, or does not know the secret."""
        if wire.IS_UNIX and not wire.is_of_this_user(connection):
            connection.close()
            return None
        visitor = cls(*await asyncio.open_connection(sock=connection, limit=LONGEST))
        if wire.IS_UNIX or await visitor._proves(door.secret):
            return visitor
        await visitor.leave()
        return None

    async def _proves(self, secret: bytes) -> bool:
        with anyio.move_on_after(wire.PATIENCE):
            theirs, ours = await self._reader.readexactly(wire.NONCE_BYTES), os.urandom(wire.NONCE_BYTES)
            self._writer.write(wire.prove(secret, b"engine", theirs) + ours)
            return wire.proves(await self._reader.readexactly(wire.NONCE_BYTES), secret, b"relay", ours)
        return False

    async def hello(self) -> Handshake | None:
        """Read what the other process says first; answer it and return None where that makes no sense."""
        line = b""
        with anyio.move_on_after(wire.PATIENCE):
            line = await self._reader.readline()
        try:
            hello = Handshake.model_validate_json(line)
        except ValidationError:
            hello = None
        if hello is None or hello.memos != wire.PROTOCOL:
            await self.answer(refused=f"The engine is memos-mcp {__version__}, of another kind: restart this host.")
            return None
        return hello

    async def answer(self, **fields: Any) -> None:  # noqa: ANN401 - JSON
        """Answer the hello."""
        told = {"memos": wire.PROTOCOL, "version": __version__} | fields
        await self.send(json.dumps(told).encode() + b"\n")

    async def read(self) -> bytes:
        """Return the next bytes, none at the end."""
        return await self._reader.read(1 << 16)

    async def read_all(self, longest: int) -> bytes:
        """Return all that comes until the other end has said everything; nothing where that is too long."""
        told = bytearray()
        while piece := await self.read():
            told += piece
            if len(told) > longest:
                return b""
        return bytes(told)

    async def send(self, line: bytes) -> None:
        """Send a line.

        Raises:
            OSError: the other process is gone.
        """
        self._writer.write(line)
        await self._writer.drain()

    async def leave(self) -> None:
        """Close the connection."""
        self._writer.close()
        with anyio.move_on_after(1, shield=True):
            try:
                await self._writer.wait_closed()
            except OSError:
                return
