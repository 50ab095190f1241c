"""The routes about the machine, for the user whose it is: settings, and the hosts on it."""

from functools import partial

from anyio.to_thread import run_sync

from memos_mcp.api.v1.context import Machine
from memos_mcp.api.v1.operation import Call, Operation
from memos_mcp.core.api_models import DryRun, HostList, SettingList, ShownHost
from memos_mcp.core.errors import Forbidden, NotFound


def machine_operations(known: Machine | None) -> list[Operation]:
    """Return the routes over what the command line knows of the machine, where it is asked."""

    def machine(call: Call) -> Machine:
        if not call.is_owner:
            raise Forbidden("The settings and hosts of this machine are for its own user alone.")
        if known is None:
            raise NotFound("Nothing is known of the machine here.")
        return known

    async def settings(call: Call) -> SettingList:
        """Every setting and where it comes from."""
        return SettingList(settings=await run_sync(machine(call).settings))

    async def hosts(call: Call) -> HostList:
        """The hosts of this machine, and which start us."""
        return HostList(hosts=await run_sync(machine(call).hosts))

    async def install(call: Call) -> ShownHost:
        """Have a host start us."""
        here, dry_run = machine(call), call.query(DryRun).dry_run
        return await run_sync(partial(here.install, call.path["name"], dry_run=dry_run))

    return [
        Operation("GET", "/settings", settings, SettingList),
        Operation("GET", "/hosts", hosts, HostList),
        Operation("POST", "/hosts/{name}/install", install, ShownHost, query=DryRun),
    ]
