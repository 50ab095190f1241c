"""TOML changed in place."""

from typing import Any, cast

import tomlkit
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import InlineTable


def parsed(text: str) -> Any:  # noqa: ANN401  # what TOML holds
    """Read a document."""
    try:
        return tomlkit.parse(text).unwrap()
    except TOMLKitError as exc:
        raise ValueError(str(exc)) from exc


def put(text: str, keys: tuple[str, ...], value: object) -> str:
    """Return the text with a value at the end of a way of keys, making the tables on the way."""
    document = tomlkit.parse(text)
    there = cast("dict[str, Any]", document)
    for key in keys[:-1]:
        if key not in there:
            there[key] = tomlkit.table(is_super_table=True)
        there = there[key]
    is_table = isinstance(value, dict) and not isinstance(there, InlineTable)
    there[keys[-1]] = _table(cast("dict[str, Any]", value)) if is_table else value
    changed = tomlkit.dumps(document)
    return changed[:-1] if changed.endswith("\n\n") and not text.endswith("\n\n") else changed


def _table(value: dict[str, Any]) -> Any:  # noqa: ANN401  # an item of TOML
    table = tomlkit.table()
    for key, inner in value.items():
        if isinstance(inner, dict):
            inline = tomlkit.inline_table()
            for name, one in cast("dict[str, Any]", inner).items():
                inline.add(name, one)
            table.add(key, inline)
        else:
            table.add(key, inner)
    table.add(tomlkit.nl())
    return table


def take(text: str, keys: tuple[str, ...]) -> str:
    """Return the text without the value at the end of a way of keys, which has to be there."""
    document = tomlkit.parse(text)
    there = cast("dict[str, Any]", document)
    for key in keys[:-1]:
        there = there[key]
    del there[keys[-1]]
    return tomlkit.dumps(document)
