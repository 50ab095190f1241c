"""Gold answers that are dates: "7 May 2023", "The week before 9 June 2023", "The summer of 2022", "2019"."""

import re
from dataclasses import dataclass
from datetime import date, timedelta

from memos_mcp.backends.local.text.temporal.periods import Grain, Period, add_months, around

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_SEASONS = {"spring": 3, "summer": 6, "autumn": 9, "fall": 9, "winter": 12}

_MONTH = rf"(?P<month>{'|'.join(_MONTHS)})[a-z]*"
_YEAR = r"(?P<year>(?:19|20)\d\d)"
_DATES = (
    re.compile(rf"(?P<day>\d{{1,2}})\W? ?{_MONTH}[,.]? ?{_YEAR}"),
    re.compile(rf"{_MONTH} (?P<day>\d{{1,2}})(?:st|nd|rd|th)?,? {_YEAR}"),
    re.compile(rf"{_MONTH}[,.]? ?{_YEAR}"),
    re.compile(rf"(?P<season>{'|'.join(_SEASONS)})(?: of)? {_YEAR}"),
    re.compile(_YEAR),
)
_BESIDE = re.compile(rf"(?:(?P<two>two) )?(?P<what>weekend|week|{'|'.join(_WEEKDAYS)})s? (?P<side>before|after|of) ")
_EDGE = re.compile(r"(?P<edge>first|last) (?P<what>weekend|week) of ")

_WEEKS = {"before": (-13, -7), "of": (-6, 0), "after": (1, 7)}
_WEEKENDS = {"before": (-8, -2), "of": (-1, 5), "after": (0, 7)}


@dataclass(frozen=True, slots=True)
class Gold:
    """A dated answer: right is a time of this grain that begins between `first` and `last`, both included."""

    first: date
    last: date
    grain: Grain

    def matches(self, start: date, grain: Grain) -> bool:
        """Tell whether a time is the answer: of its grain, or within it where the answer is a month or a year."""
        within = {"month": ("day", "weekend", "week", "month"), "year": ("month", "season", "year")}
        return self.first <= start <= self.last and grain in within.get(self.grain, (self.grain,))


def gold(answer: str) -> Gold | None:
    """Read an answer; None where it is no date with a year."""
    text = answer.lower()
    found = next((match for pattern in _DATES if (match := pattern.search(text))), None)
    if found is None:
        return None
    period = _period(found.groupdict())
    beside, edge = _BESIDE.search(text), _EDGE.search(text)
    if beside is not None and period.grain == "day":
        return _beside(period.start, beside)
    if edge is not None:
        return _edge(period, edge)
    return Gold(period.start, period.end - timedelta(1), period.grain)


def _period(parts: dict[str, str | None]) -> Period:
    year = int(parts["year"] or 0)
    if season := parts.get("season"):
        return around(date(year, _SEASONS[season], 1), "season")
    if not (month := parts.get("month")):
        return around(date(year, 1, 1), "year")
    day = parts.get("day")
    return around(date(year, _MONTHS.index(month) + 1, int(day or 1)), "day" if day else "month")


def _beside(day: date, match: re.Match[str]) -> Gold:
    what, side = match["what"], match["side"]
    if what in _WEEKDAYS:
        start = day - timedelta((day.weekday() - _WEEKDAYS.index(what) - 1) % 7 + 1)
        return Gold(start, start, "day")
    shift = -7 if match["two"] else 0
    first, last = (_WEEKENDS if what == "weekend" else _WEEKS)[side]
    grain: Grain = "weekend" if what == "weekend" else "week"
    return Gold(day + timedelta(first + shift), day + timedelta(last + shift), grain)


def _edge(month: Period, match: re.Match[str]) -> Gold:
    grain: Grain = "weekend" if match["what"] == "weekend" else "week"
    if match["edge"] == "first":
        return Gold(month.start - timedelta(1), month.start + timedelta(6), grain)
    last = add_months(month.start, 1) - timedelta(1)
    return Gold(last - timedelta(9), last, grain)
