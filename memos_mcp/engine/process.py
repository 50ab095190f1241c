"""Being an engine: the process that a relay starts, and `memos-mcp serve`. It listens before it imports the rest."""

import logging
import os
import sys
from typing import TYPE_CHECKING

import anyio

from memos_mcp.core.errors import ConfigurationError, MemosError, Unavailable
from memos_mcp.engine.client import ask
from memos_mcp.engine.listener import EngineListener
from memos_mcp.relay.environment import data_dir_of
from memos_mcp.relay.launch import ENDED_BY_SETTINGS, ENDED_FOR_ANOTHER
from memos_mcp.relay.wire import Refused, engine_pid

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from memos_mcp.api.v1.context import Machine
    from memos_mcp.core.settings import Settings
    from memos_mcp.engine.http_server import HttpServer

PATIENCE = 10.0
"""Seconds that an engine waits for one that is just ending."""

PATIENCE_OF_A_SERVER = 30.0  # seconds in which an engine before it ends


def run_engine(machine: "Callable[[], Machine] | None" = None) -> int:
    """Run the shared engine of a data directory until nobody needs it; return the exit status.

    `machine` gives what shows the machine to its user; it is called when somebody asks.
    """
    os.umask(0o077)
    try:
        data_dir = data_dir_of(os.environ)
        door = EngineListener.open(data_dir, patience=PATIENCE)
    except ValueError as exc:
        return _ended(exc)
    except (OSError, Refused) as exc:
        return _ended(exc, status=1)
    return ENDED_FOR_ANOTHER if door is None else _run_at(door, machine)


def _run_at(door: EngineListener, machine: "Callable[[], Machine] | None") -> int:
    from memos_mcp.backends.selection import backend_kind  # noqa: PLC0415
    from memos_mcp.core.settings import read_settings  # noqa: PLC0415

    try:
        settings = read_settings()
        backend_kind(settings)
        logging.basicConfig(level=settings.log_level, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
        anyio.run(_run, door, settings, None, machine)
    except MemosError as exc:
        return _ended(exc)
    finally:
        door.unlock()
    return 0


def _ended(exc: Exception, *, status: int = ENDED_BY_SETTINGS) -> int:
    sys.stderr.write(f"memos-mcp: {exc}\n")
    return status


async def _run(
    door: EngineListener,
    settings: "Settings",
    server: "HttpServer | None" = None,
    machine: "Callable[[], Machine] | None" = None,
) -> None:
    """Run an engine and, where there is one, a server over HTTP beside it."""
    from memos_mcp.backends.changed_users import changed_users  # noqa: PLC0415  # it listens already
    from memos_mcp.engine.engine import Engine  # noqa: PLC0415
    from memos_mcp.engine.stores import holding  # noqa: PLC0415

    async with changed_users() as (tell, learnt), holding(tell) as stores:
        engine = Engine(door, settings, stores, url=server.url if server else "", machine=machine)
        async with anyio.create_task_group() as group:
            group.start_soon(engine.tell_of, learnt)
            async with anyio.create_task_group() as serving:
                if server is not None:
                    stores.observers.append(server.observe)
                    await stores.local()  # who starts a server is told at once what is wrong
                    serving.start_soon(server.run, engine, stores.local)
                await engine.run()
            group.cancel_scope.cancel()


def run_server(
    settings: "Settings",
    *,
    host: str,
    port: int,
    transports: frozenset[str],
    names: "Collection[str]" = (),
    machine: "Callable[[], Machine] | None" = None,
    oauth: bool = False,
    url: str = "",
) -> None:
    """Serve the store over HTTP to all who know the address, and to this machine's hosts, until a signal.

    A shared engine that runs hands over. `names` are further ones by which it may be called; `machine` shows
    the machine to its user. With `oauth` users sign in, at the address `url` that callers use.

    Raises:
        ConfigurationError: the backend or the address cannot be had, the address would be open to others, the tokens
            make no sense, or another `serve` has the store.
    """
    from memos_mcp.backends.selection import backend_kind  # noqa: PLC0415

    backend_kind(settings)
    from memos_mcp.engine.http_server import HttpServer  # noqa: PLC0415 - it needs what a store needs

    os.umask(0o077)
    logging.basicConfig(level=settings.log_level, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    server = HttpServer(settings, host=host, port=port, transports=transports, names=names, oauth=oauth, url=url)
    door = open_in_place(str(settings.data_dir))
    try:
        anyio.run(_run, door, settings, server, machine)
    finally:
        door.unlock()


def open_in_place(data_dir: str) -> EngineListener:
    """Open the door of a data directory, whose shared engine makes room."""
    found = ask(data_dir, "status")
    if found is not None and (url := found["status"]["url"]):
        raise ConfigurationError(
            f"memos-mcp serve (process {found['pid']}) serves this store at {url} already. End it first, or set "
            "MEMOS_DATA_DIR to another folder."
        )
    if found is not None:
        ask(data_dir, "stop")
    try:
        door = EngineListener.open(data_dir, patience=PATIENCE_OF_A_SERVER)
    except (OSError, Refused) as exc:
        raise Unavailable(f"{data_dir} cannot be used ({exc}). Check its owner, permissions and free space.") from exc
    if door is None:
        raise Unavailable(f"The engine that runs (process {engine_pid(data_dir)}) does not end. End it, then repeat.")
    return door
