"""The routes about the machine, for the user whose it is: settings, and the hosts on it."""

from collections.abc import Callable
from typing import TypeVar

from anyio.to_thread import run_sync

from memos_mcp.api.v1.context import Machine
from memos_mcp.api.v1.operation import Call, Operation
from memos_mcp.core.api_models import DryRun, HostList, SettingList, ShownHost
from memos_mcp.core.errors import Forbidden, NotFound

Told = TypeVar("Told")


def machine_operations(known: Callable[[], Machine] | None) -> list[Operation]:
    """Return the routes over what the command line knows of the machine, where it is asked."""

    async def asked(call: Call, question: Callable[[Machine], Told]) -> Told:
        if not call.is_owner:
            raise Forbidden("The settings and hosts of this machine are for its own user alone.")
        if known is None:
            raise NotFound("Nothing is known of the machine here.")
        machine = known
        return await run_sync(lambda: question(machine()))

    async def settings(call: Call) -> SettingList:
        """Every setting and where it comes from."""
        return SettingList(settings=await asked(call, lambda machine: machine.settings()))

    async def hosts(call: Call) -> HostList:
        """The hosts of this machine, and which start us."""
        return HostList(hosts=await asked(call, lambda machine: machine.hosts()))

    async def install(call: Call) -> ShownHost:
        """Have a host start us."""
        name, dry_run = call.path["name"], call.query(DryRun).dry_run
        return await asked(call, lambda machine: machine.install(name, dry_run=dry_run))

    return [
        Operation("GET", "/settings", settings, SettingList),
        Operation("GET", "/hosts", hosts, HostList),
        Operation("POST", "/hosts/{name}/install", install, ShownHost, query=DryRun),
    ]
