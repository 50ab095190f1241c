"""Talking to the engine of a data directory, whichever process that is just now."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread
import httpx

from memos_mcp.backends.hosted.failures import CallFailed
from memos_mcp.backends.hosted.opening import connect
from memos_mcp.backends.hosted.service import Retry, Service
from memos_mcp.engine.address import Address, read_address
from memos_mcp.engine.starting import check_version, find_or_start
from memos_mcp.errors import MemosError, Unavailable
from memos_mcp.models import EngineStatus

ATTEMPTS = 5
"""Engines that a call is tried on: one that dies while it answers is replaced, and the call is made again."""

STOP = "engine/stop"
"""Asks an engine to finish; ours, not MemOS's."""

STATUS = "engine/status"
"""Asks an engine how it is; ours, not MemOS's."""


class EngineService:
    """What `Service` is to an address, this is to a data directory: its engine is found, started and replaced."""

    is_engine = True

    def __init__(self, data_dir: Path) -> None:
        """Take the data directory; nothing is looked for before the first call."""
        self._data_dir = data_dir
        self._address: Address | None = None
        self._client: httpx.AsyncClient | None = None
        self._finding = anyio.Lock()

    async def post(self, path: str, body: dict[str, Any], *, harmless: bool = True, key: str = "") -> dict[str, Any]:
        """Call the engine; where it is gone, start another and call that.

        Raises:
            CallFailed: the engine answered with an error, or none could be reached, or one went away over a call that
                must not be made twice.
        """
        failed: CallFailed | None = None
        for _ in range(ATTEMPTS):
            service, address = await self._connected()
            try:
                return await service.post_once(path, body, key=key)
            except CallFailed as exc:
                if service.is_engine and not isinstance(exc.__cause__, httpx.TransportError):
                    raise  # the engine's own answer, and not that of another program at its port
                failed = exc
                if exc.unsure and not harmless:
                    break
                await self._lose(address)
        raise CallFailed(
            Unavailable(
                "The engine went away while it worked on this call. Look whether it was done before you repeat it; "
                "`memos-mcp doctor` says what is wrong."
            )
        ) from failed

    async def reach(self) -> None:
        """Find or start the engine before the first call needs it; what goes wrong, that call will say."""
        with suppress(CallFailed):
            await self._connected()

    async def close(self) -> None:
        """Let go of the connection; the engine goes on."""
        if self._client is not None:
            await self._client.aclose()

    async def _connected(self) -> tuple[Service, Address]:
        async with self._finding:
            if self._address is None or self._client is None:
                await self._connect(gone=None)
            assert self._address is not None  # noqa: S101  # `_connect` gave both or raised
            assert self._client is not None  # noqa: S101
            return Service(self._client, retry=Retry(attempts=1)), self._address

    async def _lose(self, address: Address) -> None:
        """Find another engine, unless another call has done so already."""
        async with self._finding:
            if self._address == address:
                await self._connect(gone=address)

    async def _connect(self, *, gone: Address | None) -> None:
        try:
            address = await self._find(gone)
            if check_version(address) == "older":
                await _ask_to_finish(address)
                address = await self._find(address)
        except MemosError as exc:
            raise CallFailed(exc) from exc
        await self.close()
        self._client = connect(address.url, address.token.get_secret_value())
        self._address = address

    async def _find(self, gone: Address | None) -> Address:
        return await anyio.to_thread.run_sync(partial(find_or_start, self._data_dir, gone), abandon_on_cancel=True)


async def finish(data_dir: Path) -> Address | None:
    """Ask the engine of a data directory to finish, if there is one; it does when its open calls are answered."""
    address = read_address(data_dir)
    if address is not None:
        await _ask_to_finish(address)
    return address


async def ask_status(address: Address) -> EngineStatus | None:
    """Ask an engine how it is; None where nothing answers."""
    async with connect(address.url, address.token.get_secret_value()) as client:
        try:
            data = await Service(client, retry=Retry(attempts=1), is_engine=True).post_once(STATUS, {})
        except CallFailed:
            return None
    return EngineStatus.model_validate(data)


async def _ask_to_finish(address: Address) -> None:
    async with connect(address.url, address.token.get_secret_value()) as client:
        with suppress(CallFailed):
            await Service(client, retry=Retry(attempts=1), is_engine=True).post_once(STOP, {})


@asynccontextmanager
async def engine_service(data_dir: Path) -> AsyncGenerator[EngineService]:
    """Talk to the engine of a data directory while the block runs."""
    service = EngineService(data_dir)
    async with anyio.create_task_group() as group:
        group.start_soon(service.reach)
        try:
            yield service
        finally:
            group.cancel_scope.cancel()
            await service.close()
