"""The routes about the machine, for the user whose it is: settings, and the hosts on it."""

from functools import partial

from anyio.to_thread import run_sync

from memos_mcp.api.v1.context import Context, Machine
from memos_mcp.api.v1.operation import Call, Operation
from memos_mcp.core.api_models import HostList, InstallQuery, SettingList, ShownHost
from memos_mcp.core.errors import Forbidden, NotFound


class MachineRoutes:
    """The routes over what the command line knows of the machine."""

    def __init__(self, surroundings: Context) -> None:
        """Take what looks at the machine, where there is something."""
        self._surroundings = surroundings

    def operations(self) -> list[Operation]:
        """Return the routes."""
        return [
            Operation("GET", "/settings", self.settings, "Every setting and where it comes from", SettingList),
            Operation("GET", "/hosts", self.hosts, "The hosts of this machine, and which start us", HostList),
            Operation(
                "POST", "/hosts/{name}/install", self.install, "Have a host start us", ShownHost, query=InstallQuery
            ),
        ]

    async def settings(self, call: Call) -> SettingList:
        """Show the settings."""
        return SettingList(settings=await run_sync(self._machine(call).settings))

    async def hosts(self, call: Call) -> HostList:
        """Show the hosts."""
        return HostList(hosts=await run_sync(self._machine(call).hosts))

    async def install(self, call: Call) -> ShownHost:
        """Write us into a host's file, or show what that would change in it."""
        machine, dry_run = self._machine(call), call.query(InstallQuery).dry_run
        return await run_sync(partial(machine.install, call.path["name"], dry_run=dry_run))

    def _machine(self, call: Call) -> Machine:
        if not call.is_owner:
            raise Forbidden("The settings and hosts of this machine are for its own user alone.")
        if self._surroundings.machine is None:
            raise NotFound("Nothing is known of the machine here.")
        return self._surroundings.machine
