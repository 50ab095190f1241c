"""Reading the time of a message as hosts, frameworks and people write it."""

import re
from datetime import UTC, datetime
from typing import Annotated

from dateutil import parser
from pydantic import BeforeValidator, Field

from memos_mcp.core.models import FIRST_MILLISECOND, LAST_MILLISECOND, epoch_milliseconds

_FORM = 'write it as "2025-09-12 08:00:00" or ISO 8601'
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_COMPACT = re.compile(r"((?:19|20)\d{2})(\d{2})(\d{2})(?:(\d{2})(\d{2})(\d{2}))?")
_EAST_ASIAN = re.compile(
    r"(?P<year>\d{4})[年년]\s*(?P<month>\d{1,2})[月월]\s*(?P<day>\d{1,2})[日号號일]?\s*(?:(?:星期|周|週).)?\s*"
    r"(?P<half>\w{2})??\s*"
    r"(?:(?P<hour>\d{1,2})(?:[点點时時시:：]\s*)(?:(?P<minute>\d{1,2})[分분:：]?|半)?\s*(?:(?P<second>\d{1,2})[秒초]?)?)?"
)
_AFTERNOON = frozenset({"下午", "晚上", "傍晚", "夜里", "午後", "오후", "夜晚"})
_MORNING = frozenset({"上午", "早上", "凌晨", "清晨", "午前", "오전", "中午"})
_NOON = "中午"

_UNITS = ((1e8, 1e11, 1_000), (1e11, 1e14, 1), (1e14, 1e17, 1e-3), (1e17, 1e20, 1e-6))
"""From, to, and what makes milliseconds of it: seconds, milliseconds, microseconds and nanoseconds from 1973 on."""


def read_time(value: object) -> object:
    """Return epoch milliseconds for a time, and None for one that is left out (null, an empty text or 0).

    Numbers are seconds, milliseconds, microseconds or nanoseconds, told apart by their size. A text may be ISO 8601, a
    number, a date in Chinese, Japanese or Korean, or another common form with year, month and day. Without a zone it is
    UTC.

    Raises:
        ValueError: it is no time, or could be read as two.
    """
    if isinstance(value, str):
        return _from_text(value.strip()) if value.strip() else None
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _from_number(value) if value else None
    if value is None:
        return None
    raise ValueError(_FORM)


_Moment = Annotated[int, Field(ge=FIRST_MILLISECOND, le=LAST_MILLISECOND)]
ChatTime = Annotated[_Moment | None, BeforeValidator(read_time)]
"""A time as it may be sent: epoch milliseconds once it is read."""


def _from_number(number: float) -> int:
    for low, high, factor in _UNITS:
        if low <= number < high:
            return int(number * factor)
    compact = _COMPACT.fullmatch(str(number))
    if compact is None:
        raise ValueError(_FORM)
    return _milliseconds(*(int(part) for part in compact.groups() if part))


def _from_text(text: str) -> int:
    if _COMPACT.fullmatch(text):
        return _from_number(int(text)) if len(text) == len("20250912") else _milliseconds(*_parts(text))
    if _NUMBER.fullmatch(text):
        number = float(text) if "." in text else int(text)
        return _from_number(number)
    if match := _EAST_ASIAN.fullmatch(text):
        return _east_asian(match)
    try:
        moment = epoch_milliseconds(text)
    except ValueError:
        moment = _other_form(text)
    assert isinstance(moment, int)  # noqa: S101  # a text gives a number or raises
    return moment


def _parts(text: str) -> list[int]:
    match = _COMPACT.fullmatch(text)
    return [int(part) for part in match.groups() if part] if match else []


def _east_asian(match: re.Match[str]) -> int:
    half = match["half"] or ""
    if half and half not in _AFTERNOON | _MORNING:
        raise ValueError(_FORM)
    year, month, day = (int(match[part]) for part in ("year", "month", "day"))
    hour = int(match["hour"] or 0)
    if hour < 12 and (half in _AFTERNOON or (half == _NOON and hour < 11)):
        hour += 12
    elif hour == 12 and half in _MORNING - {_NOON}:
        hour = 0
    minute = 30 if "半" in match[0] else int(match["minute"] or 0)
    return _milliseconds(year, month, day, hour, minute, int(match["second"] or 0))


def _milliseconds(year: int, month: int, day: int, hour: int = 0, minute: int = 0, second: int = 0) -> int:
    try:
        return int(datetime(year, month, day, hour, minute, second, tzinfo=UTC).timestamp() * 1000)
    except ValueError as exc:
        raise ValueError(_FORM) from exc


def _other_form(text: str) -> int:
    """Read a form of everyday use; what leaves the year, month or day open, or could be two days, is no time."""
    readings = {
        _parsed(text, default, day_first=day_first)
        for default in (datetime(2000, 1, 1), datetime(2004, 12, 31))  # noqa: DTZ001
        for day_first in ((False,) if text[:4].isdecimal() else (False, True))
    }
    if len(readings) != 1:
        raise ValueError(_FORM)
    (moment,) = readings
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)


def _parsed(text: str, default: datetime, *, day_first: bool) -> datetime:
    try:
        return parser.parse(  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
            text, default=default, dayfirst=day_first
        )
    except (ValueError, OverflowError) as exc:
        raise ValueError(_FORM) from exc
