"""Questions: what is one, what a speaker states beside one, and what answers one."""

import re

from memos_mcp.backends.local.text.language_files import pattern_of, words_pattern_of
from memos_mcp.backends.local.text.sentences import sentences
from memos_mcp.backends.local.text.words import ANSWERS, content_words, extent, words

_FEW_CHARACTERS = 300  # of a text that only asks: a longer one tells something beside its question
_SHORT_WORDS = 8  # words of a reply
_SHORT_CONTENT = 3  # content words of a reply

_ASKS = re.compile(rf"[?？؟;¿](?![\w&=%-])[^\w]*$|(?:{pattern_of('asks_at_end')})[^\w]*$")
_REQUEST = re.compile(pattern_of("requests"), re.IGNORECASE)
_BOUNDARY = re.compile(rf"\s*[,;:，；：]\s*|\s+[-–—]+\s+|\s+(?=(?:{pattern_of('and')})\s)")
_OPENER = re.compile(
    rf"(?:{pattern_of('and')}|{pattern_of('or')})?[\s,，]*"
    rf"(?:(?:{pattern_of('asks')})\b|{pattern_of('asks_unspaced')})",
    re.IGNORECASE,
)
_TAG = re.compile(
    rf"(?:(?:{pattern_of('and')}|{pattern_of('or')}) )?(?:(?:{pattern_of('tag')})\b|{pattern_of('tag_unspaced')})",
    re.IGNORECASE,
)
_FIRST_PERSON = re.compile(words_pattern_of("of_oneself"), re.IGNORECASE)
_CONDITION = re.compile(rf"(?:{pattern_of('condition')})(?:\b|(?=[\u4e00-\u9fff]))", re.IGNORECASE)


def is_question(sentence: str) -> bool:
    """Tell whether a sentence asks."""
    return bool(_ASKS.search(sentence) or _REQUEST.match(sentence))


def stated(sentence: str) -> str:
    """Return what a sentence states: all of it, or for a question what its speaker says of themselves before asking."""
    if not is_question(sentence):
        return sentence
    for boundary in _BOUNDARY.finditer(sentence):
        head, rest = sentence[: boundary.start()], sentence[boundary.end() :]
        if (_OPENER.match(rest) or _TAG.match(rest)) and _states(head):
            return head
    return ""


def only_asks(text: str) -> bool:
    """Tell whether a text of a few sentences asks and states nothing."""
    return len(text) <= _FEW_CHARACTERS and all(is_question(one) and not stated(one) for one in sentences(text))


def is_short_answer(text: str) -> bool:
    """Tell whether a whole reply says too little to stand without its question."""
    if extent(words(text)) > _SHORT_WORDS:
        return False
    content = content_words(text)
    return bool(content or ANSWERS.intersection(words(text))) and extent(content) <= _SHORT_CONTENT


def is_bare_answer(sentence: str) -> bool:
    """Tell whether a sentence is a yes or a no and nothing else."""
    return bool(ANSWERS.intersection(words(sentence))) and not content_words(sentence)


def _states(head: str) -> bool:
    return bool(_FIRST_PERSON.search(head) and content_words(head)) and not (
        _CONDITION.match(head) or _OPENER.match(head)
    )
