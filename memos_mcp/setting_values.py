"""The value of each setting, and where it comes from."""

import os
from typing import Literal

from pydantic import SecretStr

from memos_mcp.models import Frozen
from memos_mcp.settings import CONFIG_FILE, PREFIX, Settings, given_in, stored_in


class Value(Frozen):
    """A setting as it is; that of a key is not shown."""

    name: str
    value: str
    source: Literal["environment", "config.toml", "default"]


def values_of(settings: Settings) -> list[Value]:
    """Return every setting and where it comes from."""
    given, stored = given_in(os.environ) | _data_dir_given(), stored_in(settings.data_dir)
    return [
        Value(
            name=f"{PREFIX}{name.upper()}",
            value=_shown(getattr(settings, name)),
            source="environment" if name in given else CONFIG_FILE if name in stored else "default",
        )
        for name in Settings.model_fields
    ]


def _data_dir_given() -> dict[str, str]:
    return {"data_dir": "given"} if os.environ.get(f"{PREFIX}DATA_DIR", "").strip() else {}


def _shown(value: object) -> str:
    if isinstance(value, SecretStr):
        return "set, not shown" if value.get_secret_value() else ""
    return "" if value is None else str(value)
