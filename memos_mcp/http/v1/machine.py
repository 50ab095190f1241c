"""The routes about this machine, for the person at it alone: what is set, and the hosts that were found."""

from anyio.to_thread import run_sync

from memos_mcp.api_models import FoundHost, HostList, SettingList, ShownSetting
from memos_mcp.errors import InvalidRequest, NotFound, Unavailable
from memos_mcp.hosts.changes import chosen, installing
from memos_mcp.hosts.document import Document, NotChanged
from memos_mcp.hosts.entries import entries_in, own_command, starts_us
from memos_mcp.hosts.machine import Machine
from memos_mcp.hosts.table import HostFile, files_of
from memos_mcp.http.v1.operation import Call, Operation
from memos_mcp.relay.values import default_data_dir
from memos_mcp.setting_values import values_of
from memos_mcp.settings import Settings

BY_ITS_PLUGIN = "claude-code"
"""The host that is better given the plugin, which the command line installs."""


class OnThisMachine:
    """The routes over the settings of an engine, and the files of hosts."""

    def __init__(self, settings: Settings, machine: Machine) -> None:
        """Take both."""
        self._settings = settings
        self._machine = machine

    def operations(self) -> list[Operation]:
        """Give the routes."""
        return [
            Operation("GET", "/settings", self.settings, "Every setting and where it comes from", SettingList),
            Operation("GET", "/hosts", self.hosts, "The hosts that were found on this machine", HostList),
            Operation("POST", "/hosts/{key}", self.connect, "Have a host start this server", HostList),
        ]

    async def settings(self, call: Call) -> SettingList:
        """Show the settings; that of a key is not shown."""
        del call
        shown = (ShownSetting(**value.model_dump()) for value in values_of(self._settings))
        return SettingList(settings=tuple(shown))

    async def hosts(self, call: Call) -> HostList:
        """Show the hosts, and whether each has this server."""
        del call
        return await run_sync(self._hosts)

    async def connect(self, call: Call) -> HostList:
        """Write this server into a host's file."""
        return await run_sync(self._connect, call.path["key"])

    def _files(self, *keys: str) -> list[HostFile]:
        return [file for file in chosen(files_of(self._machine), keys, "user") if file.found]

    def _hosts(self) -> HostList:
        return HostList(hosts=tuple(_found(file) for file in self._files()))

    def _connect(self, key: str) -> HostList:
        files = self._files(key)
        if not files:
            raise NotFound(f'There is no host "{key[:60]}" on this machine.')
        if key == BY_ITS_PLUGIN:
            raise InvalidRequest("Run `memos-mcp install claude-code`: it gives Claude Code the plugin.")
        elsewhere = str(self._settings.data_dir)
        variables = {} if elsewhere == default_data_dir() else {"MEMOS_DATA_DIR": elsewhere}
        for file in files:
            try:
                installing(file, own_command(), variables).make()
            except NotChanged as exc:
                raise InvalidRequest(str(exc)) from exc
            except OSError as exc:
                raise Unavailable(f"{file.path} cannot be written ({exc.strerror}).") from exc
        return self._hosts()


def _found(file: HostFile) -> FoundHost:
    try:
        document = Document.read(file.path, comments=file.host.comments).parsed()
    except (OSError, ValueError):
        document = {}
    return FoundHost(
        key=file.host.key,
        name=file.host.name,
        file=str(file.path),
        configured=any(starts_us(entry) for entry in entries_in(document, file.table)),
        can_connect=file.host.key != BY_ITS_PLUGIN,
        then=file.host.then,
    )
