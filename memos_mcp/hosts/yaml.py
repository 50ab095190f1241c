"""YAML changed in place, where its spelling is one that can be written back as it was."""

import io
from typing import Any, cast

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

_LAYOUTS = ((2, 0), (4, 2), (2, 2))
"""Indentations of lists, and of the dash within them, that are tried in turn."""


def parsed(text: str) -> Any:  # noqa: ANN401  # what YAML holds
    """Read a document; nothing at all is an empty one."""
    try:
        return YAML(typ="safe", pure=True).load(text) or {}  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    except YAMLError as exc:
        raise ValueError(" ".join(str(exc).split())) from exc


def put(text: str, keys: tuple[str, ...], value: object) -> str:
    """Return the text with a value at the end of a way of keys, making the mappings on the way."""
    if not text.strip():
        return _dumped(_writer(*_LAYOUTS[0]), _nested(keys, value))
    writer, document = _faithful(text)
    there = document
    for key in keys[:-1]:
        if there.get(key) is None:
            there[key] = {}
        there = there[key]
    there[keys[-1]] = value
    return _dumped(writer, document)


def take(text: str, keys: tuple[str, ...]) -> str:
    """Return the text without the value at the end of a way of keys, which has to be there."""
    writer, document = _faithful(text)
    there = document
    for key in keys[:-1]:
        there = there[key]
    del there[keys[-1]]
    return _dumped(writer, document)


def _nested(keys: tuple[str, ...], value: object) -> dict[str, Any]:
    for key in reversed(keys):
        value = {key: value}
    return cast("dict[str, Any]", value)


def _faithful(text: str) -> tuple[YAML, dict[str, Any]]:
    """Return a writer that writes this text back as it is, and the document."""
    for layout in _LAYOUTS:
        writer = _writer(*layout)
        document = writer.load(text)  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
        if not isinstance(document, dict):
            raise ValueError("there is no table where one is expected")  # noqa: TRY004
        found = cast("dict[str, Any]", document)
        if _dumped(writer, found) == text:
            return writer, cast("dict[str, Any]", writer.load(text))  # pyright: ignore[reportUnknownMemberType]
    raise ValueError("its indentation cannot be kept by a program")


def _writer(sequence: int, offset: int) -> YAML:
    writer = YAML(pure=True)
    writer.width = 1_000_000
    writer.preserve_quotes = True
    writer.indent(mapping=2, sequence=sequence, offset=offset)  # pyright: ignore[reportUnknownMemberType]
    return writer


def _dumped(writer: YAML, document: dict[str, Any]) -> str:
    out = io.StringIO()
    writer.dump(document, out)  # pyright: ignore[reportUnknownMemberType]
    return out.getvalue()
