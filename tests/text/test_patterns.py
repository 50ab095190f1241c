"""Patterns are compiled late: a wrong one must not wait for the text that it is meant for."""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass

from memos_mcp.backends.local.consolidation.grammar import LANGUAGES, grammar
from memos_mcp.backends.local.text.patterns import LazyPattern
from memos_mcp.backends.local.text.temporal.languages import languages


def patterns_in(value: object) -> Iterator[LazyPattern]:
    if isinstance(value, LazyPattern):
        yield value
    elif isinstance(value, dict | tuple):
        for part in value.values() if isinstance(value, dict) else value:
            yield from patterns_in(part)
    elif is_dataclass(value):
        for part in fields(value):
            yield from patterns_in(getattr(value, part.name))


def test_every_pattern_of_every_language_can_be_compiled() -> None:
    read = (*languages(), *map(grammar, LANGUAGES))

    assert len([pattern.compiled for one in read for pattern in patterns_in(one)]) > 500
