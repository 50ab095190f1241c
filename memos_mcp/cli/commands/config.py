"""`memos-mcp config`: each setting, where it comes from, and writing those of the store into its `config.toml`."""

import json
import os
import re
from pathlib import Path

from pydantic import SecretStr
from rich.console import Console
from rich.table import Table
from rich.text import Text

from memos_mcp.cli.commands.whole_files import written_whole
from memos_mcp.cli.printing import say
from memos_mcp.core.api_models import ShownSetting
from memos_mcp.core.errors import InvalidRequest
from memos_mcp.core.settings import CONFIG_FILE, OF_THE_STORE, PREFIX, Settings, given_in, problems_of, stored_in
from memos_mcp.engine.client import ask
from memos_mcp.relay.environment import cleaned


def values_of(settings: Settings) -> list[ShownSetting]:
    """Return every setting and where it comes from."""
    given, stored = given_in(os.environ) | _data_dir_given(), stored_in(settings.data_dir)
    return [
        ShownSetting(
            name=f"{PREFIX}{name.upper()}",
            value=_shown(getattr(settings, name)),
            source="environment" if name in given else CONFIG_FILE if name in stored else "default",
        )
        for name in Settings.model_fields
    ]


def show(values: list[ShownSetting], console: Console) -> None:
    """Print them as a table."""
    table = Table("Setting", "Value", "From", box=None, pad_edge=False)
    for value in values:
        table.add_row(value.name, Text(value.value), value.source)
    console.print(table)


def write(settings: Settings, name: str, value: str, *, console: Console) -> None:
    """Write a setting of the store into its `config.toml`; an empty value takes it out."""
    key = name.strip().lower().removeprefix(PREFIX.lower())
    if key not in OF_THE_STORE:
        raise InvalidRequest(
            f"{name} is no setting of a store, and is set where the host starts memos-mcp. Those of a store are "
            f"{', '.join(OF_THE_STORE)}."
        )
    try:
        value = cleaned(key, value)
    except ValueError as exc:
        raise InvalidRequest(f"{exc}. Nothing was changed.") from exc
    if problems := problems_of({f"{PREFIX}{key.upper()}": value, f"{PREFIX}DATA_DIR": str(settings.data_dir)}):
        raise InvalidRequest(f"{problems[0]}. Nothing was changed.")
    path = settings.data_dir / CONFIG_FILE
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    _put(path, key, value)
    say(console, f"{key} is {'set' if value else 'taken out'} in {path}.")
    if key in given_in(os.environ):
        say(console, f"{PREFIX}{key.upper()} is set in this environment too, which comes first.")
    if ask(str(settings.data_dir), "ping") is not None:
        say(console, "The engine that runs takes it up when it starts anew: run `memos-mcp stop`.")


def _put(path: Path, key: str, value: str) -> None:
    """Change one line of the file and leave the others, comments among them, as they are."""
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    kept = [line for line in lines if not re.match(rf"\s*{key}\s*=", line)]
    with written_whole(path) as part:
        part.write_text("\n".join([*kept, *([f"{key} = {json.dumps(value)}"] if value else []), ""]), encoding="utf-8")


def _data_dir_given() -> dict[str, str]:
    return {"data_dir": "given"} if os.environ.get(f"{PREFIX}DATA_DIR", "").strip() else {}


def _shown(value: object) -> str:
    if isinstance(value, SecretStr):
        return "set, not shown" if value.get_secret_value() else ""
    return "" if value is None else str(value)
