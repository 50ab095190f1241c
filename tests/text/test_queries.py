from datetime import UTC, datetime

import numpy as np
import pytest

from memos_mcp.backends.local.text.temporal.queries import nearness, spans
from memos_mcp.core.models import FIRST_MILLISECOND, LAST_MILLISECOND


def at(date: str) -> int:
    return int(datetime.fromisoformat(date).replace(tzinfo=UTC).timestamp() * 1000)


NOW = at("2023-11-14T22:13:20")
DAY = 86_400_000


def meant(text: str) -> list[tuple[str, str]]:
    found = spans(text, now=NOW, first=at("2022-07-01"), last=NOW)
    return [
        (
            str(datetime.fromtimestamp(span.start / 1000, UTC).date()),
            str(datetime.fromtimestamp(span.end / 1000, UTC).date()),
        )
        for span in found
    ]


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("what happened on 8 May 2023?", ("2023-05-08", "2023-05-09")),
        ("May 8th, 2023", ("2023-05-08", "2023-05-09")),
        ("on 2023-05-08", ("2023-05-08", "2023-05-09")),
        ("2023年5月8日", ("2023-05-08", "2023-05-09")),
        ("el 8 de mayo de 2023", ("2023-05-08", "2023-05-09")),
        ("am 8. Dezember 2022", ("2022-12-08", "2022-12-09")),
        ("in February 2023", ("2023-02-01", "2023-03-01")),
        ("yesterday", ("2023-11-13", "2023-11-14")),
        ("昨天", ("2023-11-13", "2023-11-14")),
        ("on 24.01.2023", ("2023-01-24", "2023-01-25")),
        ("on 01/24/2023", ("2023-01-24", "2023-01-25")),
        ("on 24/01/2023", ("2023-01-24", "2023-01-25")),
        ("Jan. 24, 2023", ("2023-01-24", "2023-01-25")),
        ("what did I buy on Sunday?", ("2023-11-12", "2023-11-13")),
        ("in the past two months", ("2023-09-14", "2023-11-15")),
        ("a few months ago", ("2023-08-01", "2023-09-01")),
        ("ten days ago", ("2023-11-04", "2023-11-05")),
        ("两周前", ("2023-10-30", "2023-11-06")),
        ("last week", ("2023-11-06", "2023-11-13")),
        ("last Friday", ("2023-11-10", "2023-11-11")),
        ("3 days ago", ("2023-11-11", "2023-11-12")),
        ("last year", ("2022-01-01", "2023-01-01")),
        ("去年", ("2022-01-01", "2023-01-01")),
    ],
)
def test_a_time_in_a_query_is_a_span(text: str, span: tuple[str, str]) -> None:
    assert meant(text) == [span]


@pytest.mark.parametrize(
    ("text", "day"), [("十月四号", 4), ("十月十号", 10), ("十月十二日", 12), ("十月二十号", 20), ("十月三十一号", 31)]
)
def test_days_are_read_in_chinese_numerals(text: str, day: int) -> None:
    assert meant(text)[-1][0] == f"2023-10-{day:02}"


def test_a_month_without_a_year_is_that_of_each_year_there_is() -> None:
    assert meant("in October") == [("2022-10-01", "2022-11-01"), ("2023-10-01", "2023-11-01")]


def test_a_day_of_the_week_in_a_query_is_the_one_before_unless_it_speaks_of_what_is_to_come() -> None:
    assert meant("on Monday") == [("2023-11-13", "2023-11-14")]
    assert meant("What will I do on Monday?") == [("2023-11-20", "2023-11-21")]


def test_a_word_of_two_languages_counts_in_its_own() -> None:
    assert meant("Qu'est-ce que j'ai acheté hier ?") == [("2023-11-13", "2023-11-14")]
    assert meant("Was gibt es hier zu essen?") == []


@pytest.mark.parametrize(
    "text",
    ["What may I eat?", "how many in a day?", "march on!", "version 2.2020.1", "on 31 February", "the second of it"],
)
def test_what_is_no_time_is_none(text: str) -> None:
    assert meant(text) == []


def test_times_at_the_ends_of_the_calendar_do_no_harm() -> None:
    for now in (FIRST_MILLISECOND, LAST_MILLISECOND):
        for text in ("last year", "next month", "999 years ago", "tomorrow", "in May"):
            spans(text, now=now, first=FIRST_MILLISECOND, last=LAST_MILLISECOND)


def test_the_nearer_to_a_span_the_better() -> None:
    found = spans("on 8 May 2023", now=NOW, first=NOW, last=NOW)
    day = at("2023-05-08")
    within, next_day, days_later, long_after = nearness(
        np.array([day, day + DAY, day + 5 * DAY, day + 60 * DAY]), found
    )
    assert within > next_day > days_later > long_after == 0
