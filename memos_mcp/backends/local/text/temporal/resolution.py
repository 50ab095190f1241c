"""Meanings: what a named time comes to, seen from the day on which it was said."""

from calendar import isleap
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from dateutil.relativedelta import relativedelta

from memos_mcp.backends.local.text.temporal.periods import Grain, Period, add_months, around, shifted
from memos_mcp.backends.local.text.temporal.recognition import TimeWords

_FARTHER = 3
_MUCH_FARTHER = 10
"""How many times as far away as another a day may be to be meant: by the tense of another clause, and of its own."""

_COARSER: dict[str, Grain] = {"day": "week", "week": "month"}


@dataclass(frozen=True, slots=True)
class Named:
    """A time as it was named, and the day on which it was said; `asked` in a query, which is mostly about the past."""

    wording: TimeWords
    said: date
    asked: bool = False

    def has(self, kind: str) -> bool:
        """Tell whether a word of this kind was used."""
        return self.wording.has(kind)

    def is_past(self, *, gone: int, ahead: int) -> bool:
        """Choose between a day so many days ago and one so many ahead, by what the clause or the sentence is about.

        The tense of another clause of the sentence does not reach for the day that is much farther away, and a past
        tense in no case for one of almost a year ago where the same day is near ("I got a ticket for 2 December").
        """
        past, future = self._tense(self.wording.clause)
        if not (past or future):
            past, future = self._tense(self.wording.sentence)
            past, future = past and gone <= _FARTHER * ahead, future and ahead <= _FARTHER * gone
        past = past and gone <= _MUCH_FARTHER * ahead
        if self.asked:
            return past or not future
        return not future and (past or _FARTHER * gone < ahead)

    @property
    def has_tense(self) -> bool:
        """Whether the sentence is about the past or about what is to come."""
        return any(self._tense(self.wording.sentence))

    def _tense(self, part: str) -> tuple[bool, bool]:
        """Tell whether a part of the text is about the past, and about what is to come."""
        language = self.wording.language
        return language.past.search(part) is not None, language.future.search(part) is not None

    @property
    def count(self) -> int:
        """How many units were named; one where no number was."""
        return self.number("n") if self.has("n") else 1

    def number(self, kind: str) -> int:
        """Return the value of the word or numeral of this kind."""
        text = self.wording.match[kind].lower()
        value = self.wording.language.words.get(kind, {}).get(text)
        return int(text if value is None else value)

    @property
    def month(self) -> int:
        """The month that was named, in a word or a numeral; the first of a season."""
        return self.number(next(kind for kind in ("month", "month_number", "season") if self.has(kind)))

    @property
    def grain(self) -> Grain:
        """The unit that was used."""
        words = self.wording.language.words["unit"]
        unit: Grain = words[self.wording.match["unit"].lower()]  # pyright: ignore[reportAssignmentType]
        return unit


def period(named: Named) -> Period | None:
    """Resolve a named time; None for what names none.

    Raises:
        ValueError, OverflowError: there is no such day.
    """
    return _MEANINGS[named.wording.meaning](named)


def of_year(named: Named, year: int) -> Period:
    """Return the day, month, season or year that was named, in this year.

    Raises:
        ValueError: there is no such day in it.
    """
    if named.has("day"):
        return around(date(year, named.month, named.number("day")), "day")
    if named.has("season"):
        return around(date(year, named.month, 1), "season")
    if named.has("month") or named.has("month_number"):
        return around(date(year, named.month, 1), "month")
    return around(date(year, 1, 1), "year")


def _lasting(named: Named) -> Period:
    """Return the first day of a stretch that lasts until it was said; of three units where no number is named."""
    units = {f"{named.grain}s": named.number("n") if named.has("n") else 3}
    return around(named.said - relativedelta(**units), "day")  # pyright: ignore[reportArgumentType]


def _days(named: Named) -> Period:
    return around(named.said + timedelta(named.number("day_word")), "day")


def _days_apart(named: Named) -> Period:
    """Return the day so many days before or after today, in a language with one word for both."""
    days = named.number("day_apart")
    return around(named.said + timedelta(-days if named.is_past(gone=days, ahead=days) else days), "day")


def _ago(named: Named) -> Period:
    return shifted(named.said, -named.count, named.grain)


def _ahead(named: Named) -> Period:
    return shifted(named.said, named.count, named.grain)


def _roughly_ago(named: Named) -> Period | None:
    """Return the coarser unit around three units ago; of months and years, which are vague, only in a query."""
    period = shifted(named.said, -3, named.grain)
    if named.grain in _COARSER:
        return around(period.start, _COARSER[named.grain])
    return period if named.asked else None


def _before_last(named: Named) -> Period:
    return shifted(named.said, -2, named.grain)


def _after_next(named: Named) -> Period:
    return shifted(named.said, 2, named.grain)


def _last(named: Named) -> Period | None:
    return _relative(named, -1)


def _this(named: Named) -> Period | None:
    return _relative(named, 0)


def _next(named: Named) -> Period | None:
    return _relative(named, 1)


def _relative(named: Named, step: int) -> Period | None:
    """Return the last (-1), this (0) or next (1) unit, weekday, month or season."""
    said = named.said
    if named.has("unit"):
        return shifted(said, step, named.grain)
    if named.has("weekday"):
        if step < 0:
            return around(_weekday_before(said, named.number("weekday")), "day")
        return _weekday_of(shifted(said, step, "week"), named.number("weekday"))
    grain: Grain = "month" if named.has("month") else "season"
    month = named.number(grain)
    return _of_a_year(said, month, grain, step) if step else _bare(named, month, grain)


def _last_week(named: Named) -> Period:
    return _weekday_of(shifted(named.said, -1, "week"), named.number("weekday"))


def _coming(named: Named) -> Period | None:
    if named.has("weekday"):
        ahead = (named.number("weekday") - named.said.weekday() - 1) % 7 + 1
        return around(named.said + timedelta(ahead), "day")
    return _relative(named, 1)


def _on(named: Named) -> Period:
    weekday = named.number("weekday")
    coming = named.said + timedelta((weekday - named.said.weekday()) % 7)
    return around(_weekday_before(named.said, weekday) if named.is_past(gone=7, ahead=7) else coming, "day")


def _date(named: Named) -> Period:
    if named.has("year"):
        return of_year(named, named.number("year"))
    month, day = named.month, named.number("day")
    leap = date(2000, month, day) == date(2000, 2, 29)
    years = range(named.said.year - 8, named.said.year + 9)
    return around(_nearest([date(year, month, day) for year in years if isleap(year) or not leap], named), "day")


def _day(named: Named) -> Period:
    first = named.said.replace(day=1)
    day = named.number("day")
    months = [month for step in (-2, -1, 0, 1, 2) if day <= _length(month := add_months(first, step))]
    days = [month.replace(day=day) for month in months]
    before, after = _beside(days, named.said)
    return around(before if named.is_past(gone=1, ahead=1) else after, "day")


def _month(named: Named) -> Period | None:
    return _bare(named, named.month, "month")


def _season(named: Named) -> Period | None:
    return _bare(named, named.number("season"), "season")


def _year(named: Named) -> Period:
    return of_year(named, named.number("year"))


def _in_year(named: Named) -> Period:
    return of_year(named, named.said.year + named.number("named_year"))


def _ignored(_: Named) -> None:
    return None


_MEANINGS: Mapping[str, Callable[[Named], Period | None]] = {
    "days": _days,
    "days_apart": _days_apart,
    "ago": _ago,
    "since": _ago,
    "ahead": _ahead,
    "lasting": _lasting,
    "roughly_ago": _roughly_ago,
    "before_last": _before_last,
    "last": _last,
    "last_week": _last_week,
    "this": _this,
    "next": _next,
    "after_next": _after_next,
    "coming": _coming,
    "on": _on,
    "date": _date,
    "day": _day,
    "month": _month,
    "season": _season,
    "year": _year,
    "in_year": _in_year,
    "ignored": _ignored,
}


def _weekday_before(said: date, weekday: int) -> date:
    return said - timedelta((said.weekday() - weekday - 1) % 7 + 1)


def _weekday_of(week: Period, weekday: int) -> Period:
    return around(week.start + timedelta(weekday), "day")


def _of_a_year(said: date, month: int, grain: Grain, step: int) -> Period:
    """Return the last one that is over, or the first to begin, of the periods that begin in a month."""
    years = [around(date(year, month, 1), grain) for year in range(said.year - 2, said.year + 3)]
    if step < 0:
        return [found for found in years if found.end <= said][-1]
    return _first_after(years, said)


def _bare(named: Named, month: int, grain: Grain) -> Period | None:
    """Return the month or season that a sentence speaks of; a season outside of it needs a sentence with a tense."""
    if named.has("year"):
        return of_year(named, named.number("year"))
    years = [around(date(year, month, 1), grain) for year in range(named.said.year - 2, named.said.year + 2)]
    begun, coming = [found for found in years if found.start <= named.said][-1], _first_after(years, named.said)
    if begun.end > named.said:
        return begun
    if grain == "season" and not named.has_tense:
        return None
    past = named.is_past(gone=(named.said - begun.end).days + 1, ahead=(coming.start - named.said).days)
    return begun if past else coming


def _first_after(periods: list[Period], day: date) -> Period:
    return next(found for found in periods if found.start > day)


def _nearest(days: list[date], named: Named) -> date:
    before, after = _beside(days, named.said)
    return before if named.is_past(gone=(named.said - before).days, ahead=(after - named.said).days) else after


def _beside(days: list[date], said: date) -> tuple[date, date]:
    return [day for day in days if day <= said][-1], next(day for day in days if day >= said)


def _length(month: date) -> int:
    return (add_months(month, 1) - month).days
