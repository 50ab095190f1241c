"""Temporal expressions: the times that a text names, resolved from the day on which it was said or asked.

"yesterday", "last Friday", "two weeks ago", "next summer", "in 2019" in each language with a `times.toml`, and dates in
numerals. What is vague ("recently", "a few years ago") is left alone. `resolve` reads messages,
`queries.py` reads queries; both find the same words and resolve them by the same meanings.
"""

from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, time

from memos_mcp.backends.local.text.temporal.periods import Grain
from memos_mcp.backends.local.text.temporal.recognition import wordings
from memos_mcp.backends.local.text.temporal.resolution import Named, period

__all__ = ["Grain", "TimeMention", "resolve"]


@dataclass(frozen=True, slots=True)
class TimeMention:
    """A time that a text names: `start` and `end` (the first moment after it) in epoch milliseconds.

    `grain` is the unit in which it is whole, `span` the place of its words in the text.
    """

    start: int
    end: int
    grain: Grain
    span: tuple[int, int]


def resolve(text: str, *, said: datetime) -> list[TimeMention]:
    """Find the times that a text names, in order; days begin in the time zone of `said`, UTC if it has none."""
    zone = said.tzinfo or UTC
    mentions: list[TimeMention] = []
    for wording in wordings(text):
        with suppress(ValueError, OverflowError):  # there is no such day
            named = period(Named(wording, said.date()))
            if named is not None:
                days = (named.start, named.end)
                first, after = (int(datetime.combine(day, time(), zone).timestamp()) * 1000 for day in days)
                mentions.append(TimeMention(first, after, named.grain, wording.span))
    return mentions
