"""One table of what phrases mean: a message and a query that say them name the same days."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from memos_mcp.backends.local.text.temporal import resolve
from memos_mcp.backends.local.text.temporal.queries import spans

WEDNESDAY = "2023-08-09"
END_OF_JANUARY = "2024-01-30"

TABLE = [
    ("the day before yesterday", "en", WEDNESDAY, "2023-08-07", "2023-08-08"),
    ("yesterday", "en", WEDNESDAY, "2023-08-08", "2023-08-09"),
    ("last night", "en", WEDNESDAY, "2023-08-08", "2023-08-09"),
    ("last week", "en", WEDNESDAY, "2023-07-31", "2023-08-07"),
    ("the week before last", "en", WEDNESDAY, "2023-07-24", "2023-07-31"),
    ("two weeks ago", "en", WEDNESDAY, "2023-07-24", "2023-07-31"),
    ("a few days ago", "en", WEDNESDAY, "2023-07-31", "2023-08-07"),
    ("last weekend", "en", WEDNESDAY, "2023-08-05", "2023-08-07"),
    ("last month", "en", WEDNESDAY, "2023-07-01", "2023-08-01"),
    ("last month", "en", END_OF_JANUARY, "2023-12-01", "2024-01-01"),
    ("next month", "en", END_OF_JANUARY, "2024-02-01", "2024-03-01"),
    ("last spring", "en", WEDNESDAY, "2023-03-01", "2023-06-01"),
    ("next summer", "en", WEDNESDAY, "2024-06-01", "2024-09-01"),
    ("what I did on Monday", "en", WEDNESDAY, "2023-08-07", "2023-08-08"),
    ("what I will do on Monday", "en", WEDNESDAY, "2023-08-14", "2023-08-15"),
    ("last Friday", "en", WEDNESDAY, "2023-08-04", "2023-08-05"),
    ("next Friday", "en", WEDNESDAY, "2023-08-18", "2023-08-19"),
    ("last year", "en", WEDNESDAY, "2022-01-01", "2023-01-01"),
    ("in 2019", "en", WEDNESDAY, "2019-01-01", "2020-01-01"),
    ("in the summer of 2022", "en", WEDNESDAY, "2022-06-01", "2022-09-01"),
    ("7 May 2021", "en", WEDNESDAY, "2021-05-07", "2021-05-08"),
    ("2021-05-07", "", WEDNESDAY, "2021-05-07", "2021-05-08"),
    ("昨天", "zh", WEDNESDAY, "2023-08-08", "2023-08-09"),
    ("前天", "zh", WEDNESDAY, "2023-08-07", "2023-08-08"),
    ("上周", "zh", WEDNESDAY, "2023-07-31", "2023-08-07"),
    ("上上周", "zh", WEDNESDAY, "2023-07-24", "2023-07-31"),
    ("上周五", "zh", WEDNESDAY, "2023-08-04", "2023-08-05"),
    ("上个月", "zh", END_OF_JANUARY, "2023-12-01", "2024-01-01"),
    ("两周前", "zh", WEDNESDAY, "2023-07-24", "2023-07-31"),
    ("去年夏天", "zh", WEDNESDAY, "2022-06-01", "2022-09-01"),
    ("2023年5月7日", "zh", WEDNESDAY, "2023-05-07", "2023-05-08"),
    ("gestern", "de", WEDNESDAY, "2023-08-08", "2023-08-09"),
    ("vorgestern", "de", WEDNESDAY, "2023-08-07", "2023-08-08"),
    ("letzte Woche", "de", WEDNESDAY, "2023-07-31", "2023-08-07"),
    ("vor zwei Wochen", "de", WEDNESDAY, "2023-07-24", "2023-07-31"),
    ("letzten Monat", "de", END_OF_JANUARY, "2023-12-01", "2024-01-01"),
    ("ayer", "es", WEDNESDAY, "2023-08-08", "2023-08-09"),
    ("hace dos semanas", "es", WEDNESDAY, "2023-07-24", "2023-07-31"),
    ("la semana pasada", "es", WEDNESDAY, "2023-07-31", "2023-08-07"),
    ("el mes pasado", "es", END_OF_JANUARY, "2023-12-01", "2024-01-01"),
    ("el viernes de la semana que viene", "es", WEDNESDAY, "2023-08-18", "2023-08-19"),
    ("hier", "fr", WEDNESDAY, "2023-08-08", "2023-08-09"),
    ("avant-hier", "fr", WEDNESDAY, "2023-08-07", "2023-08-08"),
    ("la semaine dernière", "fr", WEDNESDAY, "2023-07-31", "2023-08-07"),
    ("il y a deux semaines", "fr", WEDNESDAY, "2023-07-24", "2023-07-31"),
]


def milliseconds(day: str) -> int:
    return int(datetime.combine(date.fromisoformat(day), time(), UTC).timestamp()) * 1000


@pytest.mark.parametrize(("phrase", "language", "today", "start", "end"), TABLE)
def test_a_phrase_names_the_same_days_in_a_message_and_in_a_query(
    phrase: str, language: str, today: str, start: str, end: str
) -> None:
    noon = datetime.combine(date.fromisoformat(today), time(12), UTC)
    now = int(noon.timestamp()) * 1000
    past = int((noon - timedelta(days=900)).timestamp()) * 1000
    meant = (milliseconds(start), milliseconds(end))

    assert [(mention.start, mention.end) for mention in resolve(phrase, said=noon)] == [meant]
    assert [(span.start, span.end) for span in spans(phrase, now=now, first=past, last=now)] == [meant]
