"""The machine as the page shows it: the settings, and the hosts with whether they start us."""

import os
from pathlib import Path

from memos_mcp.cli.commands.config import values_of
from memos_mcp.cli.commands.install import install
from memos_mcp.core.api_models import ShownHost, ShownSetting
from memos_mcp.core.settings import read_settings
from memos_mcp.hosts import claude_plugin
from memos_mcp.hosts.changes import chosen, our_entries
from memos_mcp.hosts.config_file import NotChanged
from memos_mcp.hosts.hooks import why_no_hooks
from memos_mcp.hosts.machine import Machine
from memos_mcp.hosts.registry import HostFile, files_of

_WHICH_MEMORY = ("MEMOS_DATA_DIR", "MEMOS_USER_ID")


class ThisMachine:
    """Looks at the machine of this process, for its user."""

    def settings(self) -> tuple[ShownSetting, ...]:
        """Return every setting and where it comes from; keys are masked."""
        return tuple(values_of(read_settings()))

    def hosts(self) -> tuple[ShownHost, ...]:
        """Return the hosts that are here, and whether each starts us."""
        found: dict[str, ShownHost] = {}
        for file in chosen(files_of(_machine()), (), "user"):
            shown = _shown(file)
            if file.host.key not in found or shown.configured:
                found[file.host.key] = shown
        return tuple(found.values())

    def install(self, name: str, *, dry_run: bool) -> ShownHost:
        """Write us into a host's file, once it is proved that we answer, or in a dry run say what that would change.

        The host gets the store and the user of this process, where they are not the usual ones.
        """
        variables = {name: os.environ[name] for name in _WHICH_MEMORY if os.environ.get(name)}
        outcomes = install(_machine(), (name,), scope="user", variables=variables, dry_run=dry_run).hosts
        outcome = outcomes[0]
        return ShownHost(
            name=outcome.host,
            title=outcome.name,
            file=outcome.path,
            configured=outcome.what == "unchanged" or (outcome.what != "refused" and not dry_run),
            diff="\n".join(one.diff for one in outcomes if one.diff),
            refused=outcome.what == "refused",
            why=outcome.why,
            then=". ".join(dict.fromkeys(one.then for one in outcomes if one.then)),
            no_hooks=outcome.no_hooks,
        )


def _machine() -> Machine:
    return Machine.here(folder=Path.home())


def _shown(file: HostFile) -> ShownHost:
    configured, no_hooks = False, ""
    try:
        configured = bool(our_entries(file))
        no_hooks = why_no_hooks(file, _machine())
    except NotChanged:
        pass
    if not configured and file.host.key == claude_plugin.HOST:
        configured = claude_plugin.is_installed()
    return ShownHost(
        name=file.host.key, title=file.host.name, file=str(file.path), configured=configured, no_hooks=no_hooks
    )
