"""When: the dates that a query names, and how near to them a text was written."""

import re
from calendar import monthrange
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

_DAY = 86_400_000
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "january jan enero janvier januar gennaio janeiro января январь",
            "february feb febrero février februar febbraio fevereiro февраля февраль",
            "march mar marzo mars märz março марта март",
            "april apr abril avril aprile апреля апрель",
            "may mayo mai maggio maio мая май",
            "june jun junio juin juni giugno junho июня июнь",
            "july jul julio juillet juli luglio julho июля июль",
            "august aug agosto août августа август",
            "september sep sept septiembre septembre settembre setembro сентября сентябрь",
            "october oct octubre octobre oktober ottobre outubro октября октябрь",
            "november nov noviembre novembre novembro ноября ноябрь",
            "december dec diciembre décembre dezember dicembre dezembro декабря декабрь",
        ),
        start=1,
    )
    for name in names.split()
}
_MONTH = "|".join(sorted(_MONTHS, key=len, reverse=True))
_WORDS_TOO = frozenset(("may", "march", "mar", "mars", "mai", "jan", "dec"))
_BEFORE_A_MONTH = re.compile(
    r"\b(?:in|of|by|for|since|until|during|last|this|next|early|late|mid|before|after|en|im|de|del|em) $", re.IGNORECASE
)
_YEAR = r"(?:19|20)\d\d"
_DAY_NUMBER = r"[0-3]?\d(?:st|nd|rd|th|\.)?"
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_NUMBERS = {
    "a": 1,
    "an": 1,
    "one": 1,
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "seven": 7,
    "eight": 8,
    "nine": 9,
    "ten": 10,
    "eleven": 11,
    "twelve": 12,
    "a few": 3,
    "few": 3,
    "a couple of": 2,
    "couple of": 2,
    "两": 2,
}

_HAN_DIGITS = "一二三四五六七八九"
_HAN_NUMBER = rf"(?:[二三]?十[{_HAN_DIGITS}]?|[{_HAN_DIGITS}])"

_COUNT = rf"\d{{1,3}}|{'|'.join(sorted(filter(str.isascii, _NUMBERS), key=len, reverse=True))}"

_DATES = re.compile(
    rf"(?<![\w.])(?P<y1>{_YEAR})[-/.年](?P<m1>[01]?\d)(?:[-/.月](?P<d1>[0-3]?\d)日?|月)?"
    rf"|(?<![\w./])(?P<d7>[0-3]?\d)\.(?P<m7>[01]?\d)\.(?P<y7>{_YEAR})\b"
    rf"|(?<![\w./])(?P<m8>[0-3]?\d)/(?P<d8>[0-3]?\d)/(?P<y8>{_YEAR})\b"
    rf"|\b(?P<d2>{_DAY_NUMBER})(?: of| de| di)?\s?(?P<m2>{_MONTH})\b(?:,? (?:de |of )?(?P<y2>{_YEAR}))?"
    rf"|\b(?P<m3>{_MONTH})\b\.?(?: (?P<d3>{_DAY_NUMBER})(?!\d))?(?:,? (?:de |of )?(?P<y3>{_YEAR}))?"
    rf"|(?P<m4>[01]?\d)月(?:(?P<d4>[0-3]?\d)[日号])?"
    rf"|(?P<m6>{_HAN_NUMBER})月(?:(?P<d6>{_HAN_NUMBER})[日号])?"
    rf"|(?<![\w.])(?P<y5>{_YEAR})(?![\w.]\w)",
    re.IGNORECASE,
)
_RELATIVE = re.compile(
    r"\b(?P<day>today|yesterday|tomorrow)\b|今天|昨天|明天"
    r"|\b(?P<which>last|this|next|past) (?P<unit>night|week|weekend|month|year|" + "|".join(_WEEKDAYS) + r")\b"
    rf"|\b(?P<count>{_COUNT}) (?P<ago>day|week|month|year)s? ago\b"
    rf"|\b(?:past|last|previous) (?:(?P<lasting>{_COUNT}) )?(?P<since>day|week|month|year)s\b"
    r"|\bon (?P<weekday>" + "|".join(_WEEKDAYS) + r")\b"
    rf"|(?P<han_count>\d{{1,3}}|两|{_HAN_NUMBER})个?(?P<han_ago>[天周年]|星期|月)之?前"
    r"|(?P<han>上周|上个月|去年|这周|今年|这个月)",
    re.IGNORECASE,
)
_HAN = {
    "上周": ("last", "week"),
    "上个月": ("last", "month"),
    "去年": ("last", "year"),
    "这周": ("this", "week"),
    "今年": ("this", "year"),
    "这个月": ("this", "month"),
}
_HAN_UNITS = {"天": "day", "周": "week", "星期": "week", "月": "month", "年": "year"}
_LENGTHS = {"night": 1, "day": 1, "weekend": 7, "week": 7, "month": 30, "year": 365}


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
    """Give the words by which a query may name a time."""
    found = (match for pattern in (_DATES, _RELATIVE) for match in pattern.finditer(text))
    return " ".join(match.group() for match in found if _is_date(match))


def spans(text: str, *, now: int, first: int, last: int) -> list[Span]:
    """Find the times that a query names.

    `now` is what relative ones count from; `first` and `last` are the times of the earliest and the latest text
    there is: a month without a year is that month of each year between, as far as they are within a life of now.
    """
    today = _date(now)
    years = range(max(_date(first).year, today.year - 50), min(_date(last).year, today.year + 50) + 1)
    found = [span for match in _DATES.finditer(text) if _is_date(match) for span in _calendar(match, years)]
    for match in _RELATIVE.finditer(text):
        with suppress(OverflowError, ValueError):  # before the year 1, or after 9999
            found.append(_relative(match, today))
    return found


def nearness(times: NDArray[np.int64], meant: Sequence[Span]) -> NDArray[np.float64]:
    """Score times against spans: the weight within one, half of it and less nearby, 0 elsewhere; the best counts."""
    best = np.zeros(len(times))
    for span in meant:
        distance = np.maximum(span.start - times, times - span.end + 1).clip(min=0)
        fall = np.where(distance == 0, 1.0, 0.5 * (1 - distance / span.near).clip(min=0))
        np.maximum(best, span.weight * fall, out=best)
    return best


def _date(milliseconds: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=milliseconds)


def _is_date(match: re.Match[str]) -> bool:
    """Tell "in May" from "may I"."""
    if match.group().casefold() not in _WORDS_TOO:
        return True
    return _BEFORE_A_MONTH.search(match.string, max(0, match.start() - 12), match.start()) is not None


def _calendar(match: re.Match[str], years: Sequence[int]) -> Iterator[Span]:
    found = {name[0]: value for name, value in match.groupdict().items() if value}
    day = _number(found["d"]) if "d" in found else None
    month = None
    if "m" in found:
        month = _MONTHS.get(found["m"].casefold()) or _number(found["m"])
    if "/" in match.group() and month and day and month > 12:  # the day is written first
        month, day = day, month
    for year in [int(found["y"])] if "y" in found else years:
        span = _span(year, month, day)
        if span is not None:
            yield span


def _number(text: str) -> int:
    if text[0] not in _HAN_DIGITS + "十":
        return int(re.sub(r"\D", "", text))
    tens, ten, ones = text.rpartition("十")
    return (_HAN_DIGITS.index(tens) + 1 if tens else 1) * 10 * bool(ten) + (_HAN_DIGITS.index(ones) + 1 if ones else 0)


def _count(text: str) -> int:
    return _NUMBERS.get(text.casefold()) or _number(text)


def _span(year: int, month: int | None, day: int | None) -> Span | None:
    if not 1 <= (month or 1) <= 12 or not 1 <= (day or 1) <= monthrange(year, month or 1)[1]:
        return None
    start = datetime(year, month or 1, day or 1, tzinfo=UTC)
    if day is not None:
        return _around(start, days=1, near=7, weight=3.0)
    if month is not None:
        return _around(start, days=monthrange(year, month)[1], near=21, weight=2.0)
    return _around(start, days=366, near=60, weight=1.0)


def _around(start: datetime, *, days: int, near: int, weight: float) -> Span:
    begin = int(start.timestamp()) * 1000
    return Span(begin, begin + days * _DAY, near * _DAY, weight)


def _relative(match: re.Match[str], now: datetime) -> Span:
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    if match["count"] or match["han_count"]:
        count = match["count"] or match["han_count"]
        length = _LENGTHS[_HAN_UNITS[match["han_ago"]] if match["han_ago"] else match["ago"].casefold()]
        middle = today - timedelta(days=_count(count) * length)
        return _around(middle - timedelta(days=length // 2), days=length, near=2 * length, weight=2.0)
    if match["since"]:
        days = _count(match["lasting"] or "few") * _LENGTHS[match["since"].casefold()]
        return _around(today - timedelta(days=days), days=days + 1, near=max(1, days // 4), weight=1.0)
    if match["weekday"]:
        return _unit("last", match["weekday"].casefold(), today)
    if match["unit"] or match["han"]:
        which, unit = _HAN[match["han"]] if match["han"] else (match["which"].casefold(), match["unit"].casefold())
        return _unit(which, unit, today)
    offset = {"yesterday": -1, "昨天": -1, "tomorrow": 1, "明天": 1}.get(match.group().casefold(), 0)
    return _around(today + timedelta(days=offset), days=1, near=3, weight=2.0)


def _unit(which: str, unit: str, today: datetime) -> Span:
    sign = {"this": 0, "next": 1}.get(which, -1)
    if unit in _WEEKDAYS:
        ahead = (_WEEKDAYS.index(unit) - today.weekday()) % 7
        return _around(today + timedelta(days=ahead if sign == 1 else ahead - 7), days=1, near=3, weight=2.0)
    length = _LENGTHS[unit]
    start = today - timedelta(days={"week": today.weekday(), "month": today.day - 1}.get(unit, 0))
    if unit == "year":
        return _around(today.replace(month=1, day=1, year=today.year + sign), days=365, near=60, weight=1.0)
    return _around(start + timedelta(days=sign * length), days=length, near=length, weight=2.0)
