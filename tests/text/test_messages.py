"""Times in words, resolved from the day they were said: Wednesday, 9 August 2023."""

from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memos_mcp.backends.local.extraction.base import Source
from memos_mcp.backends.local.extraction.rules import RulesExtractor
from memos_mcp.backends.local.text.temporal import resolve

SAID = datetime(2023, 8, 9, 10, 30, tzinfo=UTC)


def named(text: str, *, said: datetime = SAID) -> list[tuple[str, str]]:
    return [
        (datetime.fromtimestamp(time.start / 1000, said.tzinfo).date().isoformat(), time.grain)
        for time in resolve(text, said=said)
    ]


@pytest.mark.parametrize(
    ("text", "start", "grain"),
    [
        ("I saw her yesterday.", "2023-08-08", "day"),
        ("the day before yesterday", "2023-08-07", "day"),
        ("It was a blast last night!", "2023-08-08", "day"),
        ("See you tomorrow!", "2023-08-10", "day"),
        ("I ran last Friday.", "2023-08-04", "day"),
        ("last Wed", "2023-08-02", "day"),
        ("this past weekend", "2023-08-05", "weekend"),
        ("We met two weekends ago.", "2023-07-29", "weekend"),
        ("last week", "2023-07-31", "week"),
        ("two weeks ago", "2023-07-24", "week"),
        ("the week before last", "2023-07-24", "week"),
        ("a few days ago", "2023-07-31", "week"),
        ("next month", "2023-09-01", "month"),
        ("10 years ago", "2013-01-01", "year"),
        ("next summer we go to Rome", "2024-06-01", "season"),
        ("I want to travel during the summer vacation", "2023-06-01", "season"),
        ("last August", "2022-08-01", "month"),
        ("I moved there in 2019.", "2019-01-01", "year"),
        ("in the summer of 2022", "2022-06-01", "season"),
        ("I was born on May 7th.", "2023-05-07", "day"),
        ("The party is on May 7th.", "2024-05-07", "day"),
        ("on the 7th of May, 2021", "2021-05-07", "day"),
        ("On Friday I have a meeting.", "2023-08-11", "day"),
        ("On Friday I got great news.", "2023-08-04", "day"),
        ("I met them on the 15th.", "2023-07-15", "day"),
        ("I signed up for the marathon on 18 October.", "2023-10-18", "day"),
        ("We went to Rome in March.", "2023-03-01", "month"),
        ("We fly to Rome in March.", "2024-03-01", "month"),
        ("My knee hurts since Thursday.", "2023-08-03", "day"),
        ("It must be done by Friday.", "2023-08-11", "day"),
        ("Priya is on leave from September.", "2023-09-01", "month"),
        ("机票订好了，十月四号从成都飞阿姆斯特丹", "2023-10-04", "day"),
        ("next Friday", "2023-08-18", "day"),
        ("this coming Friday", "2023-08-11", "day"),
        ("I've been playing for about four months now.", "2023-04-01", "month"),
        ("released 2023-05-07", "2023-05-07", "day"),
        ("昨天我去了公园", "2023-08-08", "day"),
        ("上周五我搬到了北京", "2023-08-04", "day"),
        ("去年夏天", "2022-06-01", "season"),
        ("我去年毕业", "2022-01-01", "year"),
        ("去年五月", "2022-05-01", "month"),
        ("去年5月7日", "2022-05-07", "day"),
        ("下周三", "2023-08-16", "day"),
        ("We meet in three weeks.", "2023-08-28", "week"),
        ("5月7日我去了上海", "2023-05-07", "day"),
        ("2019年", "2019-01-01", "year"),
        ("三个月前", "2023-05-01", "month"),
        ("下个月", "2023-09-01", "month"),
        ("Ayer fui al cine", "2023-08-08", "day"),
        ("la semana pasada", "2023-07-31", "week"),
        ("el viernes pasado", "2023-08-04", "day"),
        ("hace dos semanas", "2023-07-24", "week"),
        ("el 7 de mayo de 2021", "2021-05-07", "day"),
        ("el próximo verano", "2024-06-01", "season"),
        ("Gestern war ich da", "2023-08-08", "day"),
        ("letzten Freitag", "2023-08-04", "day"),
        ("vor zwei Wochen", "2023-07-24", "week"),
        ("Ich wohne seit 2019 in Hamburg", "2019-01-01", "year"),
        ("la semaine dernière", "2023-07-31", "week"),
        ("il y a deux semaines", "2023-07-24", "week"),
        ("le 7 mai 2021", "2021-05-07", "day"),
    ],
)
def test_a_named_time_is_resolved_from_the_day_it_was_said(text: str, start: str, grain: str) -> None:
    assert named(text) == [(start, grain)]


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("The dentist moved my appointment: it's now on 2 December.", "2026-12-02"),
        ("The dentist moved my appointment to 5 January.", "2027-01-05"),
        ("We found a flat in Kiel, moving in on 15 February.", "2027-02-15"),
        ("I bought a present for Mum's birthday on 3 December.", "2026-12-03"),
        ("Der Termin wurde auf den 5. Januar verlegt.", "2027-01-05"),
        ("考试推迟了，HSK改到12月20日。", "2026-12-20"),
        ("考试推迟了,HSK改到1月20日。", "2027-01-20"),
        ("We moved from Rome to Kiel in March.", "2026-03-01"),
        ("I met her on 2 October.", "2026-10-02"),
        ("I had my party on 20 November last year.", "2025-11-20"),
        ("We marry in May of next year.", "2027-05-01"),
    ],
)
def test_a_past_verb_beside_an_arranged_day_does_not_put_it_a_year_back(text: str, start: str) -> None:
    assert [day for day, _ in named(text, said=datetime(2026, 11, 19, 10, 0, tzinfo=UTC))] == [start]


@pytest.mark.parametrize(
    "text",
    [
        "You may 7 times go", "the next day", "a few years ago", "since we last chatted", "I march on", "recently",
        "2023-02-31", "por la mañana corro", "am Morgen", "every day", "Feb 30", "version 2019.1", "on the 45th",
    ],
)  # fmt: skip
def test_what_names_no_time_is_left_alone(text: str) -> None:
    assert named(text) == []


def test_several_times_come_in_order_with_their_places() -> None:
    text = "Yesterday I booked a flight for next month."
    assert [text[slice(*time.span)] for time in resolve(text, said=SAID)] == ["Yesterday", "next month"]


def test_a_leap_day_finds_the_nearest_leap_year() -> None:
    assert named("The party is on February 29th.") == [("2024-02-29", "day")]


def test_a_day_begins_in_the_speakers_time_zone() -> None:
    (time,) = resolve("today", said=datetime(2023, 8, 9, 1, tzinfo=timezone(timedelta(hours=9))))

    assert datetime.fromtimestamp(time.start / 1000, UTC) == datetime(2023, 8, 8, 15, tzinfo=UTC)
    assert time.end - time.start == 86_400_000


def test_a_memory_has_the_time_that_its_sentence_names_from_the_day_of_its_message() -> None:
    said = int(SAID.timestamp() * 1000)
    first, second = RulesExtractor().extract(
        [Source(1, "user", "My sister's dog is called Bo. I moved to Berlin last Friday.", said)], before=[]
    )

    assert (first.memory_time, first.time_grain) == (None, None)
    assert second.memory_time == int(datetime(2023, 8, 4, tzinfo=UTC).timestamp() * 1000)
    assert second.time_grain == "day"


PAST = [
    "The boiler was serviced on 3 March.",
    "On 12 January I broke my arm.",
    "I broke my arm on 12 January.",
    "On 3 March the boiler was serviced.",
    "We met on 12 January, and will marry soon.",
    "She cut her hand and it hurt on 12 January",
    "Am 12. Januar habe ich mir den Arm gebrochen.",
    "Der Kessel wurde am 3. März gewartet.",
    "Ich habe die Wohnung am 3. März verkauft.",
    "El 12 de enero me rompí el brazo.",
    "Compré la casa el 3 de marzo.",
    "Le 12 janvier je me suis cassé le bras.",
    "La chaudière a été révisée le 3 mars.",
    "3月3日我参加了会议",
    "1月12日我摔断过胳膊",
]
COMING = [
    "The exam is on 3 March.",
    "On 3 March I have to see the dentist.",
    "My sister is getting married on 3 March.",
    "I heard that the exam is on 3 March.",
    "On 12 January I will go to Rome.",
    "I bought tickets for 12 January.",
    "The shop is closed on 3 March",
    "My birthday is 3 March.",
    "Die Prüfung ist am 3. März.",
    "Ich habe am 3. März Geburtstag.",
    "Am 3. März werde ich operiert.",
    "El examen es el 3 de marzo.",
    "El 3 de marzo voy a viajar a Roma.",
    "María llega el 3 de marzo.",
    "L'examen est le 3 mars.",
    "La fête a lieu le 3 mars.",
    "Le 3 mars je vais à Rome.",
    "3月3日我要去上海",
    "会议在3月3日",
]


@pytest.mark.parametrize(
    ("texts", "winter", "spring"), [(PAST, "2026-01-12", "2026-03-03"), (COMING, "2027-01-12", "2027-03-03")]
)
def test_a_date_without_a_year_goes_by_the_tense_of_its_clause(texts: list[str], winter: str, spring: str) -> None:
    said = datetime(2026, 11, 29, tzinfo=UTC)
    found = {text: named(text, said=said) for text in texts}

    assert found == {text: [(winter if "12" in text else spring, "day")] for text in texts}


PIECES = (
    "last", "next", "two", "999", "weeks", "ago", "in", "2019", "May", "31", "on", "the", "45th", "Feb", "30", "hace",
    "上", "周五", "99", "年前", "13月", "31日", "vor", "Jahren", "0", "years", "now", "for", "have", "il y a", "ans",
)  # fmt: skip


@given(
    st.one_of(st.text(max_size=80), st.lists(st.sampled_from(PIECES), max_size=12).map(" ".join)),
    st.datetimes(datetime(1970, 1, 2), datetime(9999, 12, 31)),  # noqa: DTZ001
)
def test_no_text_and_no_day_fails(text: str, said: datetime) -> None:
    times = resolve(text, said=said)

    assert all(time.start < time.end for time in times)
    assert all(0 <= time.span[0] < time.span[1] <= len(text) for time in times)
    assert all(first.span[1] <= second.span[0] for first, second in pairwise(times))
