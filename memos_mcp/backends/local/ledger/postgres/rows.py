"""Rows that were read, by the names and the places of their columns."""

from collections.abc import Generator, Sequence
from typing import Any

from psycopg import Cursor
from psycopg.rows import RowMaker


class Row:
    """A row that was read."""

    __slots__ = ("_places", "_values")

    def __init__(self, values: Sequence[Any], places: dict[str, int]) -> None:
        """Take the values, and in which place each column is."""
        self._values = values
        self._places = places

    def __getitem__(self, key: int | str, /) -> Any:  # noqa: ANN401 - a column may hold anything
        """Return the value of a column."""
        return self._values[self._places[key] if isinstance(key, str) else key]

    def __iter__(self) -> Generator[Any]:
        """Return the values in order."""
        yield from self._values

    def keys(self) -> list[str]:
        """Return the names in order."""
        return list(self._places)


def as_rows(cursor: Cursor[Any]) -> RowMaker[Row]:
    """Make rows of what a cursor reads."""
    places = {column.name: place for place, column in enumerate(cursor.description or ())}
    return lambda values: Row(values, places)
