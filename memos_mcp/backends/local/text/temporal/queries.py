"""Queries: the times that a query names, as soft ranges, and how near to them a text was written."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from memos_mcp.backends.local.text.temporal.periods import Grain, Period
from memos_mcp.backends.local.text.temporal.recognition import TimeWords, wordings
from memos_mcp.backends.local.text.temporal.resolution import Named, of_year, period

_DAY = 86_400_000  # milliseconds
_LONGEST_LIFE = 50  # years before and after today in which a day without a year is looked for
# By grain: the days before and after within which a text still counts in part, and what a text within gains. Those of
# days, weeks, months and years were tuned with the ranker's weights; weekends and seasons lie between their neighbours.
_Softness = dict[Grain, tuple[int, float]]
_NAMED: _Softness = {
    "day": (7, 3.0),
    "weekend": (7, 2.0),
    "week": (7, 2.0),
    "month": (21, 2.0),
    "season": (30, 2.0),
    "year": (60, 1.0),
}
_COUNTED: _Softness = {**_NAMED, "day": (3, 2.0), "month": (30, 2.0)}
# "Two weeks ago" is rarely meant to the week: twice the unit, before and after.
_LOOSELY: _Softness = {
    "day": (2, 2.0),
    "weekend": (14, 2.0),
    "week": (14, 2.0),
    "month": (60, 2.0),
    "season": (180, 2.0),
    "year": (730, 2.0),
}
_LOOSE_MEANINGS = frozenset(("ago", "since", "roughly_ago", "ahead"))
_OF_THE_CALENDAR = frozenset(("date", "month", "season"))


@dataclass(frozen=True, slots=True)
class Span:
    """A time that a query means, from `start` to before `end` in epoch milliseconds.

    `near` is how long before and after it a text still counts in part, `weight` what a text within it gains.
    """

    start: int
    end: int
    near: int
    weight: float


def named_times(text: str) -> str:
    """Return the words by which a query names a time."""
    return " ".join(text[slice(*_words(wording))] for wording in _meant(text))


def spans(text: str, *, now: int, first: int, last: int) -> list[Span]:
    """Find the times that a query names.

    `now` is what relative ones count from; `first` and `last` are the times of the earliest and the latest text
    there is: a day, month or season without a year is that of each year between, within fifty years of now.
    """
    today = _date(now)
    years = range(
        max(_date(first).year, today.year - _LONGEST_LIFE), min(_date(last).year, today.year + _LONGEST_LIFE) + 1
    )
    return [span for wording in _meant(text) for span in _spans(Named(wording, today.date(), asked=True), years)]


def nearness(times: NDArray[np.int64], meant: Sequence[Span]) -> NDArray[np.float64]:
    """Score times against spans: the weight within one, half of it and less nearby, 0 elsewhere; the best counts."""
    best = np.zeros(len(times))
    for span in meant:
        distance = np.maximum(span.start - times, times - span.end + 1).clip(min=0)
        fall = np.where(distance == 0, 1.0, 0.5 * (1 - distance / span.near).clip(min=0))
        np.maximum(best, span.weight * fall, out=best)
    return best


def _words(wording: TimeWords) -> tuple[int, int]:
    """Return the place of the words without what leads to a date: "May" of "in May"."""
    start, stop = wording.span
    if wording.meaning not in _OF_THE_CALENDAR | {"year"}:
        return start, stop
    kinds = wording.match.re.groupindex.keys() - {"time", "sep"}
    return min(place for kind in kinds if (place := wording.match.start(kind)) >= 0), stop


def _date(milliseconds: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=milliseconds)


@lru_cache(maxsize=16)  # asked for by the words of the query and by its times, for messages and for memories
def _meant(text: str) -> tuple[TimeWords, ...]:
    return tuple(wording for wording in wordings(text, asked=True) if wording.meaning != "ignored")


def _spans(named: Named, years: Sequence[int]) -> Iterator[Span]:
    meaning = named.wording.meaning
    if meaning in _OF_THE_CALENDAR and not named.has("year"):
        for year in years:
            with suppress(ValueError):  # 29 February
                yield _soft(of_year(named, year), meaning)
        return
    with suppress(ValueError, OverflowError):  # before the year 1, or after 9999
        meant = period(named)
        if meaning == "lasting" and meant is not None:
            days = (named.said - meant.start).days
            yield _span(meant.start, days + 1, near=max(1, days // 4), weight=1.0)
        elif meant is not None:
            yield _soft(meant, meaning)


def _soft(meant: Period, meaning: str) -> Span:
    if meaning in _LOOSE_MEANINGS:
        softness = _LOOSELY
    else:
        softness = _NAMED if meaning in _OF_THE_CALENDAR or meaning == "year" else _COUNTED
    near, weight = softness[meant.grain]
    return _span(meant.start, (meant.end - meant.start).days, near=near, weight=weight)


def _span(start: date, days: int, *, near: int, weight: float) -> Span:
    begin = int(datetime.combine(start, time(), UTC).timestamp()) * 1000
    return Span(begin, begin + days * _DAY, near * _DAY, weight)
