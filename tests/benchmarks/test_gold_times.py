"""The measure of dates reads an answer as a person would, and is strict."""

from datetime import date

import pytest

from benchmarks.quality.gold_times import Gold, gold


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("7 May 2023", Gold(date(2023, 5, 7), date(2023, 5, 7), "day")),
        ("July 2, 2023", Gold(date(2023, 7, 2), date(2023, 7, 2), "day")),
        ("The friday before 15 July 2023", Gold(date(2023, 7, 14), date(2023, 7, 14), "day")),
        ("The week before 9 June 2023", Gold(date(2023, 5, 27), date(2023, 6, 2), "week")),
        ("April.2023", Gold(date(2023, 4, 1), date(2023, 4, 30), "month")),
        ("The summer of 2022", Gold(date(2022, 6, 1), date(2022, 8, 31), "season")),
        ("Since 2016", Gold(date(2016, 1, 1), date(2016, 12, 31), "year")),
        ("four months", None),
        ("13 August", None),
    ],
)
def test_an_answer_is_read_as_a_date_and_its_grain(answer: str, expected: Gold | None) -> None:
    assert gold(answer) == expected


def test_a_day_is_no_week_and_a_week_no_day() -> None:
    week = gold("The week before 9 June 2023")

    assert week is not None
    assert week.matches(date(2023, 5, 29), "week")
    assert not week.matches(date(2023, 5, 29), "day")
    assert not week.matches(date(2023, 6, 5), "week")
