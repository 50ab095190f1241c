"""Periods: a start and a grain, and the calendar's arithmetic on them. A week begins on Monday."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

Grain = Literal["day", "weekend", "week", "month", "season", "year"]

# How long each is, in days or in months.
_DAYS: dict[Grain, int] = {"day": 1, "weekend": 2, "week": 7}
_MONTHS: dict[Grain, int] = {"month": 1, "season": 3, "year": 12}


@dataclass(frozen=True, slots=True)
class Period:
    """A stretch of the calendar, whole in its grain."""

    start: date
    grain: Grain

    @property
    def end(self) -> date:
        """The first day after it."""
        if self.grain in _DAYS:
            return self.start + timedelta(_DAYS[self.grain])
        return add_months(self.start, _MONTHS[self.grain])


def around(day: date, grain: Grain) -> Period:
    """Return the period of a grain that a day lies in; its week's weekend, for a weekend."""
    monday = day - timedelta(day.weekday())
    match grain:
        case "day":
            start = day
        case "weekend":
            start = monday + timedelta(5)
        case "week":
            start = monday
        case "month":
            start = day.replace(day=1)
        case "season":
            start = add_months(day.replace(day=1), -(day.month % 3))
        case "year":
            start = date(day.year, 1, 1)
    return Period(start, grain)


def shifted(day: date, count: int, grain: Grain) -> Period:
    """Return the period of a grain that lies `count` such periods after the one around a day."""
    if grain in _MONTHS:
        return around(add_months(day.replace(day=1), count * _MONTHS[grain]), grain)
    return around(day + timedelta(count * (1 if grain == "day" else 7)), grain)


def add_months(day: date, count: int) -> date:
    """Move the first of a month by months."""
    months = day.year * 12 + day.month - 1 + count
    return date(months // 12, months % 12 + 1, day.day)
