"""Worth: does a sentence tell of somebody's life, plans and matters, or does it only react, wish, praise or advise?

Judged in English alone, where the words that say nothing are listed; what cannot be judged tells.
"""

import re
from collections.abc import Sequence

from memos_mcp.backends.local.text.speech import in_first_person
from memos_mcp.backends.local.text.words import content_words, extent, language_of, word_list

HOLLOW = word_list("hollow")
"""Words of feelings, praise and maxims, which tell nothing by themselves."""

LIGHT = word_list("light")
"""Words that stand beside what tells and beside what does not."""

ACKNOWLEDGING = word_list("acknowledging")
"""Words with which an assistant says that it has heard."""

_OWN = 2  # telling words of a sentence about its speaker
_OTHERS = 5  # telling words of one about others
_SPOKEN_TO = 4  # telling words of one that speaks to somebody
_REACTION = 6  # telling words of one that begins like a reaction
_FEW = {True: 1, False: 2}
_DENSE = {True: 0.6, False: 0.66}

_LATIN = re.compile(r"[a-zA-Z]")
_SECOND = re.compile(r"\b(?:you(?:['’](?:re|ve|d|ll))?|your|yours|yourself|let['’]s)\b", re.IGNORECASE)
_LED = re.compile(
    r"(?:[A-ZÀ-Þ][\w.'’-]*(?: [A-ZÀ-Þ][\w.'’-]*)?: )?(?:(?:\w+['’]?\w*|thank you|(?:hey|oh|wow|woah|yeah) \w+)[!,.] )*"
)
_UNSAID = re.compile(
    r"(?:\w+: )?(?:(?:and|but|also|just|still|plus|yeah|nope|only|never|recently|finally),? )*"
    r"(?:been|bought|found|going|got|had|made|met|planning|saw|started|took|trying|went|working)\b",
    re.IGNORECASE,
)
_REACTS = re.compile(
    r"(?:that|this|it)(?:['’]s| is) (?:such )?(?:an? )?(?:\w+ )?\w+ (?:idea|job|news|painting|photo|pic|picture|shot)\b"
    r"|(?:that|those|this|these|they|the \w+)(?: \w+)?(?:['’](?:s|re)| is| are| look| looks) (?:so |really |such )*"
    r"(?:amazing|awesome|beautiful|brilliant|bright|cute|gorgeous|great|incredible|intense|lovely|my fave|some of my)\b"
    r"|what an? (?:\w+ )?\w+ (?:family |group )?(?:idea|job|photo|pic|picture|shot)\b"
    r"|(?:thanks|thank you|congrats|congratulations|good luck|appreciate|count me in|I bet|must (?:be|have)|sorry|"
    r"(?:I['’]m |I am )?(?:so |really )?(?:glad|happy|sorry) (?:y['’]all|you|we|to hear|to see|that you|that we|for)|"
    r"I (?:\w+ |\d+% )?agree|I can (?:imagine|picture)|we all|we can|(?:if|when) we|together,|working together)\b",
    re.IGNORECASE,
)
_ASKED = re.compile(
    r"(?:please |just |then |and |so |but )*"
    r"(?:add|answer|believe|capture|check|convert|create|describe|draft|enjoy|explain|find|fix|give|help|hold|"
    r"imagine|keep|let|list|look|make|rewrite|run|send|show|sketch|summari[sz]e|take|tell|"
    r"translate|try|write)\b(?! (?:\w+ )?(?:is|are|was|were)\b)",
    re.IGNORECASE,
)
_STANDING = re.compile(
    r"(?:please )?(?:answer|keep|reply|respond|speak|talk|write)\b.{0,40}"
    r"\b(?:in (?-i:[A-Z])\w+|brief|concise|detailed|formal|informal|short|simple)\b",
    re.IGNORECASE,
)
_ADVISES = re.compile(
    r"\b(?:I['’]d|I (?:would|can|could|recommend|suggest|think|believe|hope|see|understand)|we (?:can|could|should))\b",
    re.IGNORECASE,
)
_DONE = re.compile(
    r"^(?:done: )?(?:(?:I|we)(?:['’]ve| have)? (?:now |just |already )?"
    r"|[\w ]{2,40} (?:(?:has|have) been|(?:is|are) now|was|were|is|are) )?"
    r"(?:booked|cancelled|canceled|confirmed|created|deleted|deployed|installed|merged|migrated|moved|ordered|paid|"
    r"renamed|reserved|saved|scheduled|sent|switched|updated)\b",
    re.IGNORECASE,
)
_STATES = re.compile(
    r"(?:my|our) [\w' -]{2,30} (?:is|are) (?!not\b)"
    r"|(?:I|we)(?:['’](?:m|re)| am| are) \w+ing (?:to|in|at|from|near) (?-i:[A-Z])",
    re.IGNORECASE,
)
"""What somebody has or does, by the form alone: then one word that tells is enough."""

_HEARD_CHINESE = re.compile(
    "(?:好的?|明白了?|收到|了解)?[,，。! ！]*我?(?:会|已经|都)?记(?:住|下|得)(?:了|来了|它|这一点)*[。!！]*"
)
_OWN_CHINESE = re.compile("我(?!建议|觉得|可以|推荐|会建议)")


def tells(sentence: str) -> bool:
    """Tell whether what a person says is worth remembering."""
    telling = content_words(sentence)
    if not telling or not _is_english(sentence):
        return bool(telling)
    if _STANDING.match(sentence):
        return True
    led = _LED.match(sentence)
    start = led.end() if led else 0
    if _ASKED.match(sentence, start) or (_REACTS.match(sentence, start) and _weight(telling) < _REACTION):
        return False
    return _weighs(sentence, telling)


def tells_of_itself(sentence: str) -> bool:
    """Tell whether what an assistant says is about what it does, did or will do, and no advice."""
    telling = content_words(sentence)
    if ACKNOWLEDGING.issuperset(telling) or _HEARD_CHINESE.fullmatch(sentence):
        return False
    if _DONE.match(sentence):
        return True
    if not _is_english(sentence):
        return bool(_OWN_CHINESE.search(sentence)) if not _LATIN.search(sentence) else in_first_person(sentence)
    return (
        in_first_person(sentence)
        and not _SECOND.search(sentence)
        and not _ADVISES.search(sentence)
        and _weighs(sentence, telling)
    )


def weight(text: str) -> float:
    """Weigh the words of a text that tell something."""
    return _weight(content_words(text))


def _weight(telling: Sequence[str]) -> float:
    return extent(word for word in telling if word not in HOLLOW)


def _is_english(sentence: str) -> bool:
    return bool(_LATIN.search(sentence)) and language_of(sentence) == "english"


def _weighs(sentence: str, telling: Sequence[str]) -> bool:
    """Weigh the words that tell: of oneself fewer are enough, and fewer in a sentence with nothing else in it."""
    told = _weight(telling)
    own = in_first_person(sentence) or _UNSAID.match(sentence) is not None
    if _SECOND.search(sentence):
        return own and told >= _SPOKEN_TO
    if own and told and _STATES.match(sentence):
        return True
    dense = told >= _FEW[own] and told >= _DENSE[own] * sum(word not in LIGHT for word in telling)
    return dense or told >= (_OWN if own else _OTHERS)
