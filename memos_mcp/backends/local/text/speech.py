"""Speech: who speaks, whether a text asks, is about its writer, counts time from the day it was written, or holds a
number, a name or a place."""

import re

_REACH = 4_000  # characters of a text that are looked at
_TAIL = 200  # characters at its beginning and at its end

_SPEAKER = re.compile(r"\s*((?:[^\W\d_][\w.'’-]*[ ]?){1,3})[:：](?=\s|$)")
_LABEL_LIST = """
    answer assistant caution context description edit error example fact fixed hint human info input issue link notes
    note output problem question reason reminder result goal solution source status step subject summary system task
    tip title todo tool update user warning traceback exception warn debug fatal here steps options and but so then
    q a ps tldr fyi re fwd from to cc date time name email phone address http https
"""
_LABELS = frozenset(_LABEL_LIST.split())
_FIRST_PERSON = re.compile(
    r"\b(?:i|i'm|i've|i'd|i'll|me|my|mine|myself|we|our|us|ours|yo|mi|mis|me|nosotros|ich|mich|mir|mein|meine|wir|"
    r"je|moi|mon|ma|mes|nous|io|mio|mia|noi|eu|meu|minha|nós|я|меня|мне|мой|моя|мы)\b|我|私|僕|俺|나는|저는|내가|제가|ผม|ฉัน",
    re.IGNORECASE,
)
_QUESTION_END = re.compile(r"(?:[?？؟]|[吗呢吧か])[^\w?？؟]*(?:\[[^\]]*\]\s*)?$")
_WEEKDAY = r"(?:mon|tues|wednes|thurs|fri|satur|sun)day"
_RELATIVE_TIME = re.compile(
    r"\b(?:yesterday|today|tonight|tomorrow|ago|recently|lately|the other day|just (?:got|had|went|started|finished)|"
    rf"(?:last|next|this|past|coming) (?:{_WEEKDAY}|week|weekend|month|year|night|morning|afternoon|evening|spring|"
    r"summer|autumn|fall|winter|january|february|march|april|may|june|july|august|september|october|november|"
    r"december|few \w+|couple)|"
    r"ayer|anoche|hoy|mañana|(?:semana|mes|año) (?:pasad|que viene)\w*|hace \w+ (?:días|semanas|meses|años)|"
    r"gestern|vorgestern|heute|morgen|(?:letzte|nächste)\w* (?:woche|monat|jahr|mal)|vor \w+ (?:tagen|wochen|"
    r"monaten|jahren)|"
    r"hier|aujourd'hui|demain|(?:semaine|mois|année|an) (?:dernièr?e?|prochaine?)|il y a|"
    r"ieri|oggi|domani|ontem|hoje|amanhã|вчера|сегодня|завтра|назад)\b|"
    r"昨天|今天|明天|前天|后天|昨晚|今晚|去年|今年|明年|上周|下周|上个|下个|这周|刚才|刚刚|最近|昨日|今日|"
    r"明日|先週|来週|先月|来月|어제|오늘|내일|지난|เมื่อวาน|วันนี้|พรุ่งนี้",
    re.IGNORECASE,
)

_NUMBER = re.compile(
    r"\d|\b(?:[Oo]ne|[Tt]wo|[Tt]hree|[Ff]our|[Ff]ive|[Ss]ix|[Ss]even|[Ee]ight|[Nn]ine|[Tt]en|[Ee]leven|[Tt]welve|twenty|thirty|"
    r"forty|fifty|hundred|thousand|dozen|couple|few|several|[Tt]wice|[Oo]nce|half|dos|tres|cuatro|cinco|seis|siete|ocho|"
    r"nueve|diez|veinte|cien|mil|zwei|drei|vier|fünf|sechs|sieben|acht|neun|zehn|zwanzig|hundert|tausend|deux|trois|"
    r"quatre|cinq|sept|huit|neuf|dix)\b|[二三四五六七八九十百千万两]"
)
_NAME = re.compile(r"[a-zß-ÿ,;'’)] [A-ZÀ-Þ][^\W\d_]|[\"“«][A-ZÀ-Þ]")
_PLACE = re.compile(
    r"\b(?:in|at|to|from|near|on|around|en|de|desde|nach|aus|bei|à|dans) (?:(?:the|a|an|our|my|this|that|el|la|un|una|"
    r"der|dem|einer?m?|le)\b|[A-ZÀ-Þ])|[在到去从]"
)


def speaker_of(text: str) -> str:
    """Return the case-folded first name that a text begins with, as in "Name: text"; empty where there is none."""
    match = _SPEAKER.match(text, 0, _TAIL)
    if match is None:
        return ""
    name = match.group(1).strip()
    first = name.split()[0].casefold()
    if name[0].islower() or first in _LABELS or any(word[0].islower() for word in name.split()):
        return ""
    return first


def in_first_person(text: str) -> bool:
    """Tell whether the writer speaks of themselves."""
    return _FIRST_PERSON.search(text, 0, _REACH) is not None


def asks(text: str) -> bool:
    """Tell whether a text ends in a question; what follows in square brackets does not count."""
    return _QUESTION_END.search(text[-_TAIL:]) is not None


def holds_number(text: str) -> bool:
    """Tell whether a text holds a number, in digits or in words."""
    return _NUMBER.search(_told(text)) is not None


def holds_name(text: str) -> bool:
    """Tell whether a text holds what looks like a name: a capital within a sentence, or after a quotation mark.

    In a text without capitals any word may be one.
    """
    told = _told(text)
    return _NAME.search(told) is not None or told == told.lower()


def holds_place(text: str) -> bool:
    """Tell whether a text holds what looks like a place: a preposition of place before an article or a capital."""
    return _PLACE.search(_told(text)) is not None


def _told(text: str) -> str:
    """Return what is told after the name of the speaker."""
    speaker = _SPEAKER.match(text, 0, _TAIL)
    return text[speaker.end() if speaker else 0 : _REACH]


def speaks_of_relative_time(text: str) -> bool:
    """Tell whether a text counts time from when it was written ("yesterday", "last week")."""
    return _RELATIVE_TIME.search(text, 0, _REACH) is not None
