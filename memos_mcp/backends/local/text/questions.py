"""Questions: what is one, what a speaker states beside one, and what answers one."""

import re

from memos_mcp.backends.local.text.words import ANSWERS, content_words, extent, words

_SHORT_WORDS = 8  # words of a reply
_SHORT_CONTENT = 3  # content words of a reply

_ASKS = re.compile(r"[?？؟;¿](?![\w&=%-])[^\w]*$|[吗呢么嗎][^\w]*$")
_REQUEST = re.compile(r"(?:please )?(?:can|could|would|will|do|did|are|have) you\b", re.IGNORECASE)
_BOUNDARY = re.compile(r"\s*[,;:，；：]\s*|\s+[-–—]+\s+|\s+(?=(?:and|but|so|y|pero|und|aber|et|mais)\s)")
_OPENER = re.compile(
    r"""(?:and|but|so|or|y|pero|o|und|aber|oder|et|mais|ou|那|那么|所以|请问)?[\s,，]*(?:
        (?:can|could|would|will|do|does|did|is|are|was|were|have|has|what|which|who|whom|whose|where|when|why|how
        |should|shall)\b
      | (?:puedes?|podr[ií]as?|qu[eé]|cu[aá]l(?:es)?|d[oó]nde|cu[aá]ndo|c[oó]mo|por\ qu[eé]|qui[eé]n)\b
      | (?:kannst|k[oö]nntest|k[oö]nnen|was|wo|wie|wann|warum|wer|welche[rsn]?)\b
      | (?:peux|peut|pouvez|pourrais|pourriez|quoi|quels?|quelles?|o[uù]|comment|quand|pourquoi|est-ce)\b
      | ¿|你能|您能|你可以|能不能|可不可以|有没有|什么|哪|怎么|怎样|如何|为什么|是不是|谁
    )""",
    re.IGNORECASE | re.VERBOSE,
)
_TAG = re.compile(
    r"""(?:and\ |or\ |y\ |und\ |et\ )?(?:
        (?:any|right|correct|isn['’]t|don['’]t|doesn['’]t|aren['’]t|got|know|please\ (?:tell|recommend))\b
      | (?:hay|tienes|verdad|no|oder|hast|gibt|que|avez|as-tu|non)\b
      | 可以|能|有|对吗|好吗|行吗|几|多少|推荐|请
    )""",
    re.IGNORECASE | re.VERBOSE,
)
_FIRST_PERSON = re.compile(
    r"""\b(?:i|i['’]m|i['’]ve|i['’]d|i['’]ll|my|mine|me|we|our|us
        |yo|mi|mis|nosotros|nuestr[oa]s?|estoy|soy|tengo|quiero|vivo|voy|vamos|necesito|quisiera|me
        |ich|wir|mein\w*|unser\w*|mir|mich
        |je|j|nous|mon|ma|mes|notre|nos)\b|[我咱俺私僕]""",
    re.IGNORECASE | re.VERBOSE,
)
_CONDITION = re.compile(
    r"(?:if|when|whether|wenn|falls|si|cuando|quand|如果|要是|假如)(?:\b|(?=[\u4e00-\u9fff]))", re.IGNORECASE
)


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
