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
    ("先週", "ja", WEDNESDAY, "2023-07-31", "2023-08-07"),
    ("一昨日", "ja", WEDNESDAY, "2023-08-07", "2023-08-08"),
    ("きのう", "ja", WEDNESDAY, "2023-08-08", "2023-08-09"),
    ("先々週", "ja", WEDNESDAY, "2023-07-24", "2023-07-31"),
    ("二週間前", "ja", WEDNESDAY, "2023-07-24", "2023-07-31"),
    ("10日前", "ja", WEDNESDAY, "2023-07-30", "2023-07-31"),
    ("数日前", "ja", WEDNESDAY, "2023-07-31", "2023-08-07"),
    ("先週の金曜日", "ja", WEDNESDAY, "2023-08-04", "2023-08-05"),
    ("先月", "ja", END_OF_JANUARY, "2023-12-01", "2024-01-01"),
    ("来月", "ja", END_OF_JANUARY, "2024-02-01", "2024-03-01"),
    ("再来週", "ja", WEDNESDAY, "2023-08-21", "2023-08-28"),
    ("来週の金曜日", "ja", WEDNESDAY, "2023-08-18", "2023-08-19"),
    ("去年の夏", "ja", WEDNESDAY, "2022-06-01", "2022-09-01"),
    ("昨年", "ja", WEDNESDAY, "2022-01-01", "2023-01-01"),
    ("2023年5月7日", "ja", WEDNESDAY, "2023-05-07", "2023-05-08"),
    ("２０２３年５月７日に行った", "ja", WEDNESDAY, "2023-05-07", "2023-05-08"),
    ("어제", "ko", WEDNESDAY, "2023-08-08", "2023-08-09"),
    ("그저께", "ko", WEDNESDAY, "2023-08-07", "2023-08-08"),
    ("지난주", "ko", WEDNESDAY, "2023-07-31", "2023-08-07"),
    ("지난주에 산 것", "ko", WEDNESDAY, "2023-07-31", "2023-08-07"),
    ("지지난 주", "ko", WEDNESDAY, "2023-07-24", "2023-07-31"),
    ("2주 전", "ko", WEDNESDAY, "2023-07-24", "2023-07-31"),
    ("두 주 전에", "ko", WEDNESDAY, "2023-07-24", "2023-07-31"),
    ("사흘 전", "ko", WEDNESDAY, "2023-08-06", "2023-08-07"),
    ("일주일 전", "ko", WEDNESDAY, "2023-07-31", "2023-08-07"),
    ("며칠 전", "ko", WEDNESDAY, "2023-07-31", "2023-08-07"),
    ("지난주 금요일", "ko", WEDNESDAY, "2023-08-04", "2023-08-05"),
    ("지난 주말", "ko", WEDNESDAY, "2023-08-05", "2023-08-07"),
    ("지난달", "ko", END_OF_JANUARY, "2023-12-01", "2024-01-01"),
    ("다음 달", "ko", END_OF_JANUARY, "2024-02-01", "2024-03-01"),
    ("다음 주 금요일", "ko", WEDNESDAY, "2023-08-18", "2023-08-19"),
    ("작년 여름", "ko", WEDNESDAY, "2022-06-01", "2022-09-01"),
    ("작년", "ko", WEDNESDAY, "2022-01-01", "2023-01-01"),
    ("2023년 5월 7일", "ko", WEDNESDAY, "2023-05-07", "2023-05-08"),
    ("월요일에 했던 일", "ko", WEDNESDAY, "2023-08-07", "2023-08-08"),
    ("أمس", "ar", WEDNESDAY, "2023-08-08", "2023-08-09"),
    ("بالأمس", "ar", WEDNESDAY, "2023-08-08", "2023-08-09"),
    ("أول أمس", "ar", WEDNESDAY, "2023-08-07", "2023-08-08"),
    ("الأسبوع الماضي", "ar", WEDNESDAY, "2023-07-31", "2023-08-07"),
    ("في الأسبوع الماضي", "ar", WEDNESDAY, "2023-07-31", "2023-08-07"),
    ("الأسبوع قبل الماضي", "ar", WEDNESDAY, "2023-07-24", "2023-07-31"),
    ("قبل أسبوعين", "ar", WEDNESDAY, "2023-07-24", "2023-07-31"),
    ("قبل أسبوع", "ar", WEDNESDAY, "2023-07-31", "2023-08-07"),
    ("قبل ثلاثة أيام", "ar", WEDNESDAY, "2023-08-06", "2023-08-07"),
    ("قبل ١٠ أيام", "ar", WEDNESDAY, "2023-07-30", "2023-07-31"),
    ("قبل أيام", "ar", WEDNESDAY, "2023-07-31", "2023-08-07"),
    ("يوم الجمعة الماضي", "ar", WEDNESDAY, "2023-08-04", "2023-08-05"),
    ("الجمعة القادمة", "ar", WEDNESDAY, "2023-08-11", "2023-08-12"),
    ("الشهر الماضي", "ar", END_OF_JANUARY, "2023-12-01", "2024-01-01"),
    ("الشهر القادم", "ar", END_OF_JANUARY, "2024-02-01", "2024-03-01"),
    ("الصيف الماضي", "ar", WEDNESDAY, "2022-06-01", "2022-09-01"),
    ("العام الماضي", "ar", WEDNESDAY, "2022-01-01", "2023-01-01"),
    ("في عام 2019", "ar", WEDNESDAY, "2019-01-01", "2020-01-01"),
    ("٧ مايو ٢٠٢١", "ar", WEDNESDAY, "2021-05-07", "2021-05-08"),
    ("7 أيار 2021", "ar", WEDNESDAY, "2021-05-07", "2021-05-08"),
    ("ما فعلته يوم الاثنين", "ar", WEDNESDAY, "2023-08-07", "2023-08-08"),
    ("कल मैंने क्या खाया था", "hi", WEDNESDAY, "2023-08-08", "2023-08-09"),
    ("कल मैं जाऊँगा", "hi", WEDNESDAY, "2023-08-10", "2023-08-11"),
    ("परसों गया था", "hi", WEDNESDAY, "2023-08-07", "2023-08-08"),
    ("पिछले हफ्ते", "hi", WEDNESDAY, "2023-07-31", "2023-08-07"),
    ("पिछले सप्ताह", "hi", WEDNESDAY, "2023-07-31", "2023-08-07"),
    ("दो हफ्ते पहले", "hi", WEDNESDAY, "2023-07-24", "2023-07-31"),
    ("१० दिन पहले", "hi", WEDNESDAY, "2023-07-30", "2023-07-31"),
    ("कुछ दिन पहले", "hi", WEDNESDAY, "2023-07-31", "2023-08-07"),
    ("पिछले शुक्रवार", "hi", WEDNESDAY, "2023-08-04", "2023-08-05"),
    ("अगले शुक्रवार", "hi", WEDNESDAY, "2023-08-11", "2023-08-12"),
    ("पिछले महीने", "hi", END_OF_JANUARY, "2023-12-01", "2024-01-01"),
    ("अगले महीने", "hi", END_OF_JANUARY, "2024-02-01", "2024-03-01"),
    ("पिछली गर्मियों", "hi", WEDNESDAY, "2022-06-01", "2022-09-01"),
    ("पिछले साल", "hi", WEDNESDAY, "2022-01-01", "2023-01-01"),
    ("साल 2019", "hi", WEDNESDAY, "2019-01-01", "2020-01-01"),
    ("७ मई २०२१", "hi", WEDNESDAY, "2021-05-07", "2021-05-08"),
    ("सोमवार को गया था", "hi", WEDNESDAY, "2023-08-07", "2023-08-08"),
    ("вчера", "ru", WEDNESDAY, "2023-08-08", "2023-08-09"),
    ("позавчера", "ru", WEDNESDAY, "2023-08-07", "2023-08-08"),
    ("на прошлой неделе", "ru", WEDNESDAY, "2023-07-31", "2023-08-07"),
    ("две недели назад", "ru", WEDNESDAY, "2023-07-24", "2023-07-31"),
    ("неделю назад", "ru", WEDNESDAY, "2023-07-31", "2023-08-07"),
    ("в прошлую пятницу", "ru", WEDNESDAY, "2023-08-04", "2023-08-05"),
    ("в прошлом месяце", "ru", END_OF_JANUARY, "2023-12-01", "2024-01-01"),
    ("в следующем месяце", "ru", END_OF_JANUARY, "2024-02-01", "2024-03-01"),
    ("в прошлом году", "ru", WEDNESDAY, "2022-01-01", "2023-01-01"),
    ("7 мая 2021 года", "ru", WEDNESDAY, "2021-05-07", "2021-05-08"),
    ("下下周", "zh", WEDNESDAY, "2023-08-21", "2023-08-28"),
    ("the week after next", "en", WEDNESDAY, "2023-08-21", "2023-08-28"),
    ("übernächste Woche", "de", WEDNESDAY, "2023-08-21", "2023-08-28"),
    ("月曜日にしたこと", "ja", WEDNESDAY, "2023-08-07", "2023-08-08"),
    ("прошлым летом", "ru", WEDNESDAY, "2022-06-01", "2022-09-01"),
]


NOT_TIMES = ["कला सीखना", "毎週金曜日", "매주 금요일", "كل يوم جمعة", "каждую пятницу", "제일 좋아하는 것"]


def milliseconds(day: str) -> int:
    return int(datetime.combine(date.fromisoformat(day), time(), UTC).timestamp()) * 1000


@pytest.mark.parametrize(
    ("phrase", "today", "start", "end"),
    [pytest.param(phrase, *days, id=f"{language or 'numerals'} {phrase}") for phrase, language, *days in TABLE],
)
def test_a_phrase_names_the_same_days_in_a_message_and_in_a_query(
    phrase: str, today: str, start: str, end: str
) -> None:
    noon = datetime.combine(date.fromisoformat(today), time(12), UTC)
    now = int(noon.timestamp()) * 1000
    past = int((noon - timedelta(days=900)).timestamp()) * 1000
    meant = (milliseconds(start), milliseconds(end))

    assert [(mention.start, mention.end) for mention in resolve(phrase, said=noon)] == [meant]
    assert [(span.start, span.end) for span in spans(phrase, now=now, first=past, last=now)] == [meant]


@pytest.mark.parametrize("phrase", NOT_TIMES)
def test_what_only_looks_like_a_day_names_none(phrase: str) -> None:
    assert resolve(phrase, said=datetime(2023, 8, 9, 12, tzinfo=UTC)) == []
